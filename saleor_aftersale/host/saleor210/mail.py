"""Mail settings of Saleor 2.10.1: Django's, from ``EMAIL_URL``."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, Callable, Tuple

from django.contrib.sites.models import Site
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from ...values import AftersaleError


class MailNotConfigured(AftersaleError):
    """The shop has no mail settings; mails wait until it has."""

    code = "MAIL_NOT_CONFIGURED"


#: Seconds a mail server may take to answer.
TIMEOUT = 10


def account(channel: str) -> Tuple[str, str, Callable[[], Any]]:
    """See ``ports.Mail.account``."""
    site = Site.objects.get_current()
    try:
        name, address = parseaddr(site.settings.default_from_email)
    except ImproperlyConfigured as fault:
        raise MailNotConfigured(str(fault)) from fault
    return name or site.name, address, lambda: get_connection(timeout=TIMEOUT)
