"""Run folders: made, removed, and cleared after a launcher that was killed."""

import subprocess
import sys

import pytest

from sandbox import processes, runs


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AFTERSALE_CACHE", str(tmp_path))
    return tmp_path


def test_run_folder_is_private_and_goes_away():
    with runs.run_folder("test") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700

    assert not folder.exists()


def test_run_folder_of_a_living_launcher_stays():
    with runs.run_folder("test") as folder:
        assert runs.clear_dead_runs() == 0
        assert folder.exists()


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs /proc to tell processes apart"
)
def test_run_of_a_dead_launcher_is_ended_and_removed():
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    folder = runs.runs_folder() / "demo-1"
    folder.mkdir(parents=True)
    (folder / "launcher").write_text("1 0")
    (folder / "web.pid").write_text(f"{child.pid} {processes.birth_of(child.pid)}")

    assert runs.clear_dead_runs() == 1
    assert child.wait(5) == -9
    assert not folder.exists()


def test_environment_of_a_host_has_nothing_of_another_project():
    environ = {
        "PATH": "/bin",
        "DJANGO_SETTINGS_MODULE": "x",
        "PYTHONPATH": "y",
        "CELERY_BROKER_URL": "z",
    }

    assert processes.clean_environment(environ) == {"PATH": "/bin"}
