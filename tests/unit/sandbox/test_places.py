"""The cache: where it is, what changes a key, what an interrupted build leaves."""

from pathlib import Path

import pytest

from sandbox import places


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AFTERSALE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_cache_folder_is_the_named_one():
    environ = {"AFTERSALE_CACHE": "/named", "XDG_CACHE_HOME": "/xdg"}

    assert places.cache_folder(environ) == Path("/named")


def test_cache_folder_follows_xdg():
    assert places.cache_folder({"XDG_CACHE_HOME": "/xdg"}) == Path("/xdg/saleor-aftersale")


def test_cache_folder_is_in_the_home_when_nothing_is_named():
    assert places.cache_folder({}) == Path("~/.cache/saleor-aftersale").expanduser()


def test_key_is_the_same_for_the_same_parts(tmp_path):
    (tmp_path / "file").write_text("pins")

    assert places.key_of("3.8", tmp_path / "file") == places.key_of("3.8", tmp_path / "file")
    assert len(places.key_of("3.8")) == 16


def test_key_changes_with_text_content_name_and_border(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = places.key_of("3.8", tmp_path)
    (tmp_path / "a.py").write_text("2")
    content = places.key_of("3.8", tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    name = places.key_of("3.8", tmp_path)

    keys = {
        first,
        content,
        name,
        places.key_of("3.9", tmp_path),
        places.key_of("3.8", tmp_path / "no"),
    }
    assert len(keys) == 5
    assert places.key_of("ab", "c") != places.key_of("a", "bc")


def test_build_runs_once(cache):
    built = []

    for _ in range(2):
        folder = places.built_once(cache / "thing", built.append)

    assert built == [cache / "thing"]
    assert folder == cache / "thing"


def test_build_starts_afresh_when_it_was_interrupted(cache):
    def interrupted(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        places.built_once(cache / "thing", interrupted)

    places.built_once(cache / "thing", lambda folder: (folder / "whole").touch())

    assert sorted(file.name for file in (cache / "thing").iterdir()) == [".complete", "whole"]


def test_cache_is_emptied_of_our_things_only(cache):
    (cache / "wheels" / "uv").mkdir(parents=True)
    (cache / "photos").mkdir()

    places.empty_cache()

    assert [file.name for file in cache.iterdir()] == ["photos"]
