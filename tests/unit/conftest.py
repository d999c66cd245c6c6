"""Property tests are the same on every run and short."""

from hypothesis import settings

settings.register_profile("unit", derandomize=True, max_examples=100, deadline=None, database=None)
settings.load_profile("unit")
