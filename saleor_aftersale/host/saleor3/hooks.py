"""The plugin base class on Saleor 3.x, where hooks run after commit."""

from __future__ import annotations

import json
import logging
from typing import Any, Callable, Dict

from django.core.exceptions import ValidationError
from saleor.core.utils import build_absolute_uri
from saleor.plugins.base_plugin import BasePlugin, ConfigurationTypeField
from saleor.plugins.error_codes import PluginErrorCode
from saleor.plugins.models import PluginConfiguration

from ...values import StoredSettings
from ..rows import Reading, Trip

__all__ = ["ConfigurationTypeField", "HostPlugin", "ask_settings", "page_path", "page_url"]

logger = logging.getLogger(__name__)


class HostPlugin(BasePlugin):
    """Turns Saleor's hooks into ``on_order(order_ref)``; a hook never raises."""

    CONFIGURATION_PER_CHANNEL = True

    def on_order(self, order_ref: str) -> None:
        """Something happened to an order and is committed."""
        raise NotImplementedError

    def on_request(self, request: Any, path: str, channel: str) -> Any:
        """A request to one of our URLs; gives a response."""
        raise NotImplementedError

    @classmethod
    def check(cls, values: Dict[str, Any]) -> Dict[str, str]:
        """What is wrong with raw settings, by field name."""
        raise NotImplementedError

    def _announce(self, order_pk: Any, previous_value: Any) -> Any:
        try:
            self.on_order(str(order_pk))
        except Exception:
            logger.exception("Order %s: its change could not be announced.", order_pk)
        return previous_value

    def order_created(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._announce(order.pk, previous_value)

    # Called with every change: shipped, tracking number, returned, cancelled, refunded, paid.
    # Fulfillments have hooks of their own, but never without this one.
    def order_updated(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._announce(order.pk, previous_value)

    def webhook(self, request: Any, path: str, previous_value: Any) -> Any:
        return self.on_request(request, path.lstrip("/"), self.channel.slug)

    @classmethod
    def validate_plugin_configuration(cls, plugin_configuration: Any, **kwargs: Any) -> None:
        values = {item["name"]: item["value"] for item in plugin_configuration.configuration}
        faults = cls.check(values)
        if faults:
            raise ValidationError(
                {
                    name: ValidationError(fault, code=PluginErrorCode.INVALID.value)
                    for name, fault in faults.items()
                }
            )


#: The configuration comes as PostgreSQL writes it.
_read_settings = Reading(
    lambda ids: PluginConfiguration.objects.filter(identifier__in=ids, channel__isnull=False),
    {"channel": "channel__slug", "is_active": "active", "configuration": "configuration"},
    keys=str,
)


def ask_settings(plugin_id: str, trip: Trip) -> Callable[[], Dict[str, StoredSettings]]:
    """See ``ports.Hooks.ask_settings``."""
    rows = trip.ask(_read_settings.statement([plugin_id]))
    return lambda: {
        channel: StoredSettings(
            is_active=active,
            values={item["name"]: item["value"] for item in json.loads(configuration or "[]")},
        )
        for channel, active, configuration in rows()
    }


def page_path(plugin_id: str, channel: str, path: str) -> str:
    """See ``ports.Hooks.page_path``."""
    return f"/plugins/channel/{channel}/{plugin_id}/{path}"


def page_url(plugin_id: str, channel: str, path: str) -> str:
    """See ``ports.Hooks.page_url``."""
    return build_absolute_uri(page_path(plugin_id, channel, path))
