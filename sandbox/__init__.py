"""A real Saleor on a bare machine: `python3 -m sandbox help`. Standard library, Python 3.8 up."""
