"""
Every test here has a database with a site in it.

Transactional tests empty all tables at their end, so the site is looked up each time instead
of lying in the template.
"""

import django.test
import pytest
from django.conf import settings
from django.contrib.sites.models import Site
from django.core import mail as django_mail
from django.core.cache import cache
from saleor.site.models import SiteSettings

from saleor_aftersale.host import mail
from tests import gateway

# The replica of Saleor 3.x, made usable in tests as Saleor's own conftest does.
if hasattr(settings, "DATABASE_CONNECTION_REPLICA_NAME"):
    from saleor.tests.utils import prepare_test_db_connections

    ALIASES = {
        settings.DATABASE_CONNECTION_DEFAULT_NAME,
        settings.DATABASE_CONNECTION_REPLICA_NAME,
    }
    django.test.TransactionTestCase.databases = ALIASES
    django.test.TestCase.databases = ALIASES
    prepare_test_db_connections()


@pytest.fixture(autouse=True)
def site(db):
    """The shop's site with its settings; without it the API answers nothing."""
    Site.objects.clear_cache()
    site, _ = Site.objects.get_or_create(
        pk=settings.SITE_ID, defaults={"domain": "example.com", "name": "Example"}
    )
    SiteSettings.objects.get_or_create(site=site)
    return site


@pytest.fixture(autouse=True)
def clean_slate():
    """Nothing is left of an earlier test outside the database."""
    cache.clear()
    gateway.refunds.clear()
    gateway.answers.clear()


@pytest.fixture
def mailbox(monkeypatch):
    """Mails that went out. The transport is Django's own fake one, whatever the host has."""
    backend = "django.core.mail.backends.locmem.EmailBackend"
    account = ("Example", "shop@example.com", lambda: django_mail.get_connection(backend))
    monkeypatch.setattr(mail, "account", lambda channel: account)
    django_mail.outbox = []
    return django_mail.outbox
