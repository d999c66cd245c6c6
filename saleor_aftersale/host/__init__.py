"""Picks the host once: ``from saleor_aftersale.host import orders`` gives the right module."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

#: Modules that both hosts export, see ``ports.py`` for their signatures.
MODULES = (
    "db",
    "giftcards",
    "graphql",
    "hooks",
    "http",
    "lines",
    "mail",
    "metadata",
    "orders",
    "payments",
    "products",
    "replacements",
    "vouchers",
)

#: ``saleor.permission`` came with 3.x.
PACKAGE = "saleor3" if find_spec("saleor.permission") else "saleor210"


def __getattr__(name: str) -> ModuleType:
    if name in MODULES:
        return import_module(f"{__name__}.{PACKAGE}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
