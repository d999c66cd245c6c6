"""Settings on top of the host's, for a Celery that passes messages through files."""

import importlib
import os

globals().update(vars(importlib.import_module(os.environ["AFTERSALE_BASE_SETTINGS"])))

_folder = os.environ["AFTERSALE_MESSAGES"]
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": os.path.join(_folder, "messages"),
    "data_folder_out": os.path.join(_folder, "messages"),
    "processed_folder": os.path.join(_folder, "processed"),
    "control_folder": os.path.join(_folder, "messages"),
}
