"""URLs of Saleor 2.10.1 with ours before them: this host gives plugins no endpoint."""

from django.http import HttpResponseNotFound
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from saleor.plugins.manager import get_plugins_manager

from .orders import CHANNEL


@csrf_exempt
def plugin_page(request, plugin_id, page_path):
    """What 3.x does for every plugin: ask it, if it is there and switched on."""
    plugin = get_plugins_manager().get_plugin(plugin_id)
    if plugin is None or not plugin.active or not hasattr(plugin, "on_request"):
        return HttpResponseNotFound()
    return plugin.on_request(request, page_path, CHANNEL)


urlpatterns = [
    path("plugins/<str:plugin_id>/<path:page_path>", plugin_page),
    path("", include("saleor.urls")),
]
