"""The plugin Saleor loads: each hook is one call."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from . import config
from .events import OrderChanged, publish
from .host import hooks
from .views import urls


class AftersalePlugin(hooks.HostPlugin):
    """After-sales service: tracking, return requests, follow-up mail."""

    PLUGIN_ID = config.PLUGIN_ID
    PLUGIN_NAME = "After-sales service"
    PLUGIN_DESCRIPTION = (
        "Tracking timeline, return requests and follow-up mail, inside your own shop."
    )
    DEFAULT_ACTIVE = False
    DEFAULT_CONFIGURATION = config.default_configuration()
    CONFIG_STRUCTURE = config.structure(hooks.ConfigurationTypeField)

    check = staticmethod(config.check)

    def on_order(self, order_ref: str) -> None:
        publish(OrderChanged(order_ref))

    def on_request(self, request: HttpRequest, path: str, channel: str) -> HttpResponse:
        # Saleor's legacy plugin URL asks inactive plugins too.
        if not self.active:
            return HttpResponseNotFound()
        return urls.respond(request, path, channel)
