"""Serves Saleor 2.10.1 on 127.0.0.1, one thread a request; the port is the argument."""

import sys

from django.conf import settings

# Each request has its own thread, whose connection nobody would use again.
settings.DATABASES["default"]["CONN_MAX_AGE"] = 0

from django.core.servers.basehttp import run  # noqa: E402 -- settings first
from saleor.wsgi import application  # noqa: E402 -- settings first

run("127.0.0.1", int(sys.argv[1]), application, threading=True)
