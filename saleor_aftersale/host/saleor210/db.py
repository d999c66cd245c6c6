"""Database layer of Saleor 2.10.1: one connection, JSON from PostgreSQL's own module."""

from contextlib import contextmanager

from django.contrib.postgres.fields import JSONField

__all__ = ["JSONField", "allow_writer"]


@contextmanager
def allow_writer():
    """Nothing to permit: this host has one connection."""
    yield
