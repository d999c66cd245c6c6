"""The plugin base class on Saleor 2.10.1, where hooks run inside the transaction."""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import Any, Callable, Dict

from django.core.exceptions import ValidationError
from saleor.core.utils import build_absolute_uri
from saleor.plugins.base_plugin import BasePlugin, ConfigurationTypeField
from saleor.plugins.error_codes import PluginErrorCode
from saleor.plugins.models import PluginConfiguration

from ...values import StoredSettings
from ..rows import Reading, Trip
from .orders import CHANNEL

__all__ = ["ConfigurationTypeField", "HostPlugin", "ask_settings", "page_path", "page_url"]

logger = logging.getLogger(__name__)


class HostPlugin(BasePlugin):
    """
    Turns Saleor's hooks into ``on_order(order_ref)``; a hook never raises.

    This Saleor calls hooks of inactive plugins too, and it edits the configuration list
    of the class in place when an API lists the plugin: a copy is given out.
    """

    def __init__(self, *, configuration: Any, active: bool):
        super().__init__(configuration=self._complete(configuration), active=active)

    @classmethod
    def _complete(cls, configuration: Any) -> Any:
        """A copy with every setting: a row stored by an older release lacks newer ones."""
        stored = {item["name"]: item for item in configuration or ()}
        return [
            deepcopy(stored.get(default["name"], default)) for default in cls.DEFAULT_CONFIGURATION
        ]

    @classmethod
    def save_plugin_configuration(cls, plugin_configuration: Any, cleaned_data: Any) -> Any:
        # This Saleor drops, without a word, what the stored row doesn't hold yet.
        plugin_configuration.configuration = cls._complete(plugin_configuration.configuration)
        return super().save_plugin_configuration(plugin_configuration, cleaned_data)

    def on_order(self, order_ref: str) -> None:
        """Something happened to an order; called inside the shop's transaction."""
        raise NotImplementedError

    def on_request(self, request: Any, path: str, channel: str) -> Any:
        """A request to one of our URLs; gives a response."""
        raise NotImplementedError

    @classmethod
    def check(cls, values: Dict[str, Any]) -> Dict[str, str]:
        """What is wrong with raw settings, by field name."""
        raise NotImplementedError

    def _announce(self, order: Any, previous_value: Any) -> Any:
        if self.active:
            try:
                self.on_order(str(order.pk))
            except Exception:
                logger.exception("Order %s: its change could not be announced.", order.pk)
        return previous_value

    def order_created(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._announce(order, previous_value)

    # Called with every change: shipped, tracking number, cancelled, refunded, paid.
    def order_updated(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._announce(order, previous_value)

    @classmethod
    def validate_plugin_configuration(cls, plugin_configuration: Any) -> None:
        values = {item["name"]: item["value"] for item in plugin_configuration.configuration}
        faults = cls.check(values)
        if faults:
            raise ValidationError(
                {
                    name: ValidationError(fault, code=PluginErrorCode.INVALID)
                    for name, fault in faults.items()
                }
            )


_read_settings = Reading(
    lambda ids: PluginConfiguration.objects.filter(identifier__in=ids),
    {"is_active": "active", "configuration": "configuration"},
    keys=str,
)


def ask_settings(plugin_id: str, trip: Trip) -> Callable[[], Dict[str, StoredSettings]]:
    """See ``ports.Hooks.ask_settings``."""
    rows = trip.ask(_read_settings.statement([plugin_id]))

    def told() -> Dict[str, StoredSettings]:
        if not rows():
            return {}
        (is_active, configuration), *_others = rows()
        values = {item["name"]: item["value"] for item in configuration or ()}
        return {CHANNEL: StoredSettings(is_active=is_active, values=values)}

    return told


def page_path(plugin_id: str, channel: str, path: str) -> str:
    """See ``ports.Hooks.page_path``."""
    return f"/plugins/{plugin_id}/{path}"


def page_url(plugin_id: str, channel: str, path: str) -> str:
    """See ``ports.Hooks.page_url``."""
    return build_absolute_uri(page_path(plugin_id, channel, path))
