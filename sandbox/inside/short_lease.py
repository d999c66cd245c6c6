"""Settings on top of the host's: what a dead worker held is free after seconds, not minutes."""

import importlib
import os
from datetime import timedelta

from saleor_aftersale.followups import schedule

globals().update(vars(importlib.import_module(os.environ["AFTERSALE_LEASE_SETTINGS"])))

# Before anything reads it: rules import no Django, so settings may import them.
schedule.LEASE = timedelta(seconds=float(os.environ["AFTERSALE_LEASE_SECONDS"]))
