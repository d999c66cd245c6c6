"""After-sales service for Saleor: tracking, return requests, follow-up mail."""

__version__ = "0.1.0"
