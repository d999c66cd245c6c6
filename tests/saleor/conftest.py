"""
Every test here has a database with a site in it.

Transactional tests empty all tables at their end, so the site is looked up each time instead
of lying in the template.
"""

import django.test
import pytest
from django.conf import settings
from django.contrib.sites.models import Site
from saleor.site.models import SiteSettings

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
