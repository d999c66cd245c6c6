"""`make pages`: every kind of tracking page in a real browser."""
