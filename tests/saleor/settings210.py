"""Settings of the integration tests inside Saleor 2.10.1."""

from saleor_aftersale.host.saleor210.settings import *  # noqa: F403
from tests.saleor import template

MIGRATION_MODULES = template.migration_modules()
DATABASES = template.databases(DATABASES)  # noqa: F405

PLUGINS = [name for name in PLUGINS if "dummy" not in name]  # noqa: F405
PLUGINS.append("tests.gateway.GatewayPlugin")

CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
