"""Settings of the integration tests inside Saleor 3.x: Saleor's own, and our plugin."""

from saleor.tests.settings import *  # noqa: F403

from tests.saleor import template

MIGRATION_MODULES = template.migration_modules()
DATABASES = template.databases(DATABASES)  # noqa: F405

# The entry point has already put the app into INSTALLED_APPS; Saleor's test settings empty PLUGINS.
PLUGINS = [
    "saleor_aftersale.plugin.AftersalePlugin",
    "saleor.plugins.user_email.plugin.UserEmailPlugin",
    "tests.gateway.GatewayPlugin",
]

CELERY_TASK_EAGER_PROPAGATES = True
