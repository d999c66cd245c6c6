"""Database layer of Saleor 3.x: a writer that must be asked for, and a replica."""

from django.db.models import JSONField
from saleor.core.db.connection import allow_writer

__all__ = ["JSONField", "allow_writer"]
