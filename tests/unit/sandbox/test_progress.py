"""Lines a person sees, without a terminal."""

import io

import pytest

from sandbox import progress
from sandbox.progress import Progress


def test_step_is_silent_when_it_is_short():
    stream = io.StringIO()

    with Progress(stream).step("Starting"):
        pass

    assert stream.getvalue() == ""


def test_step_says_title_detail_and_time_when_it_takes_long(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0)
    stream = io.StringIO()

    with Progress(stream).step("Migrating") as step:
        step.note("3 of 4")

    assert stream.getvalue().splitlines()[-1] == "✓ Migrating · 3 of 4 · 0 s"


def test_step_says_that_it_failed():
    stream = io.StringIO()

    with pytest.raises(ValueError, match="no"), Progress(stream).step("Migrating"):
        raise ValueError("no")

    assert stream.getvalue() == "✗ Migrating · 0 s\n"
