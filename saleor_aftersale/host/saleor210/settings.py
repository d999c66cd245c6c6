"""Settings overlay of Saleor 2.10.1: the whole installation there is naming this module."""

from saleor.settings import *  # noqa: F403
from saleor.settings import INSTALLED_APPS, PLUGINS

INSTALLED_APPS = INSTALLED_APPS + ["saleor_aftersale.apps.AftersaleConfig"]
PLUGINS = PLUGINS + ["saleor_aftersale.plugin.AftersalePlugin"]
ROOT_URLCONF = "saleor_aftersale.host.saleor210.urls"

# Saleor 2.10.1 has America/Chicago here; dates in mails and pages are meant for everybody.
TIME_ZONE = "UTC"

# Filled by the app when it starts; this Saleor has none of its own.
CELERY_BEAT_SCHEDULE: dict = {}
