"""Mail settings of Saleor 3.x: the channel's user_email plugin, else the deployment's."""

from __future__ import annotations

from dataclasses import asdict
from email.utils import parseaddr
from functools import partial
from typing import Any, Callable, Dict, Tuple

from django.conf import settings
from django.contrib.sites.models import Site
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from saleor.plugins.manager import get_plugins_manager
from saleor.plugins.user_email.constants import PLUGIN_ID
from saleor.plugins.user_email.plugin import UserEmailPlugin

from ...values import AftersaleError


class MailNotConfigured(AftersaleError):
    """The shop has no mail settings for that channel; mails wait until it has."""

    code = "MAIL_NOT_CONFIGURED"


#: Seconds a mail server may take to answer.
TIMEOUT = 10


def account(channel: str) -> Tuple[str, str, Callable[[], Any]]:
    """See ``ports.Mail.account``."""
    config = _config_of(channel)
    site = Site.objects.get_current()
    default_name, default_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = config.get("sender_name") or site.settings.default_mail_sender_name
    address = config.get("sender_address") or site.settings.default_mail_sender_address
    if config.get("host"):
        connect: Callable[[], Any] = partial(
            EmailBackend,
            host=config["host"],
            port=config["port"],
            username=config["username"],
            password=config["password"],
            use_tls=config["use_tls"],
            use_ssl=config["use_ssl"],
            timeout=TIMEOUT,
        )
    elif settings.EMAIL_URL:
        connect = partial(get_connection, timeout=TIMEOUT)
    else:
        raise MailNotConfigured(
            f"Channel {channel}: switch on the plugin 'User emails' or set USER_EMAIL_URL."
        )
    return name or default_name or site.name, address or default_address, connect


def _config_of(channel: str) -> Dict[str, Any]:
    """What the channel's mail plugin would use itself; without it, USER_EMAIL_URL."""
    manager = get_plugins_manager(allow_replica=False)
    plugin = manager.get_plugin(PLUGIN_ID, channel_slug=channel)
    names = ("host", "port", "username", "password", "use_tls", "use_ssl")
    config: Dict[str, Any] = dict.fromkeys(names)
    if plugin is not None and plugin.active:
        # A copy: the plugin empties its settings when it is collected.
        config.update(asdict(plugin.config))
    UserEmailPlugin._add_missing_configuration(config)
    return config
