"""
Where the test database comes from.

The sandbox makes a template that holds the host's tables; each test process copies it in a
tenth of a second and applies the plugin's migrations only.
"""

import os

TEMPLATE = os.environ.get("AFTERSALE_TEST_TEMPLATE")


class OnlyOurMigrations(dict):
    """``MIGRATION_MODULES`` that says of every other app: its tables are there already."""

    def __contains__(self, label):
        return label != "saleor_aftersale"

    def __getitem__(self, label):
        return None


def migration_modules():
    """For ``MIGRATION_MODULES``; without a template every app migrates, which takes minutes."""
    return OnlyOurMigrations() if TEMPLATE else {}


def databases(host_databases):
    """The host's ``DATABASES`` with the template for the default one; replicas mirror it."""
    if TEMPLATE:
        host_databases["default"].setdefault("TEST", {})["TEMPLATE"] = TEMPLATE
    return host_databases
