"""Finders ask in order: what the environment names, what the machine has, then a wheel."""

import pytest

from sandbox import find


def program(path, body):
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    return path


def python(path, version):
    """An executable that answers like an interpreter of that version."""
    return program(path, f'case "$2" in *version_info*) echo {version};; *) echo "$0";; esac')


def postgres(folder, version="15.18", extensions=find.EXTENSIONS):
    """A folder of server programs with its extensions beside it."""
    for name in find.POSTGRES_PROGRAMS:
        program(folder / name, f'echo "{name} (PostgreSQL) {version}"')
    share = folder.parent / "share" / "extension"
    share.mkdir(parents=True)
    for name in extensions:
        (share / f"{name}.control").touch()
    return folder


def environ(tmp_path, **more):
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin"), **more}


def no_uv():
    return None


def no_wheel():
    raise AssertionError("asked for a wheel")


def test_python_is_the_named_one_when_named(tmp_path):
    named = python(tmp_path / "elsewhere" / "python", "3.9")
    python(tmp_path / "bin" / "python3.8", "3.8")

    found = find.find_python(environ(tmp_path, AFTERSALE_PYTHON38=str(named)), no_wheel)

    assert found == named


def test_python_is_refused_when_the_named_one_is_another_version(tmp_path):
    named = python(tmp_path / "python", "3.12")
    python(tmp_path / "bin" / "python3.8", "3.8")

    with pytest.raises(find.NotFound) as error:
        find.find_python(environ(tmp_path, AFTERSALE_PYTHON38=str(named)), no_uv)

    assert str(error.value) == (
        f"AFTERSALE_PYTHON38 names {named}, which doesn't run as Python 3.8 or 3.9."
    )


def test_python_passes_over_a_shim_that_fails(tmp_path):
    program(tmp_path / "shims" / "python3.8", "exit 127")
    real = python(tmp_path / "bin" / "python3.8", "3.8")
    path = f"{tmp_path / 'shims'}:{tmp_path / 'bin'}"

    assert find.find_python({"HOME": "/nowhere", "PATH": path}, no_wheel) == real


def test_python_comes_from_pyenv_when_path_has_none(tmp_path):
    real = python(tmp_path / "versions" / "3.8.18" / "bin" / "python3.8", "3.8")
    program(tmp_path / "bin" / "pyenv", f'[ "$2" = 3.8 ] && echo {tmp_path}/versions/3.8.18')

    assert find.find_python(environ(tmp_path), no_wheel) == real


def test_python_comes_from_pyenvs_folder_when_pyenv_is_not_on_path(tmp_path):
    real = python(tmp_path / "home/.pyenv/versions/3.8.18/bin/python3.8", "3.8")

    assert find.find_python(environ(tmp_path), no_wheel) == real


def test_python_comes_from_uv_when_pyenv_has_none(tmp_path):
    real = python(tmp_path / "managed" / "python3.8", "3.8")
    uv = program(tmp_path / "uv", f'[ "$2 $4" = "find 3.8" ] && echo {real}')

    assert find.find_python(environ(tmp_path), lambda: uv) == real


def test_python_is_3_9_when_no_3_8_is_anywhere(tmp_path):
    newer = python(tmp_path / "bin" / "python3.9", "3.9")

    assert find.find_python(environ(tmp_path), no_uv) == newer


def test_python_not_found_names_what_was_tried(tmp_path):
    shim = program(tmp_path / "bin" / "python3.8", "exit 127")

    with pytest.raises(find.NotFound) as error:
        find.find_python(environ(tmp_path), no_uv)

    assert str(error.value).splitlines() == [
        "Saleor 2.10.1 needs Python 3.8 (3.9 works too), and none was found. Tried:",
        f"  python3.8 on PATH: {shim}",
        "  uv: nothing",
        "  uv: nothing",
        "Install one (`pyenv install 3.8`, `uv python install 3.8`, your system's packages)",
        "and put it on PATH, or name it: AFTERSALE_PYTHON38=/path/to/python3.8",
    ]


def test_postgres_is_the_one_on_path(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "DEBIAN_POSTGRES", postgres(tmp_path / "debian/17/bin").parents[1])
    mine = postgres(tmp_path / "pg" / "bin")

    assert find.find_postgres({"PATH": str(mine)}, no_wheel) == mine


def test_postgres_is_debians_newest_when_path_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "DEBIAN_POSTGRES", tmp_path / "debian")
    postgres(tmp_path / "debian" / "9" / "bin", "9.6")
    newest = postgres(tmp_path / "debian" / "16" / "bin", "16.4")
    postgres(tmp_path / "debian" / "15" / "bin")

    assert find.find_postgres({"PATH": ""}, no_wheel) == newest


@pytest.mark.parametrize("fault", [{"version": "13.2"}, {"extensions": ("hstore", "pg_trgm")}])
def test_postgres_is_the_wheel_when_the_machines_own_will_not_do(tmp_path, monkeypatch, fault):
    monkeypatch.setattr(find, "DEBIAN_POSTGRES", tmp_path / "none")
    poor = postgres(tmp_path / "poor" / "bin", **fault)
    wheel = postgres(tmp_path / "wheel" / "bin")

    assert find.find_postgres({"PATH": str(poor)}, lambda: wheel) == wheel


def test_postgres_is_the_wheel_when_told_so(tmp_path):
    mine, wheel = postgres(tmp_path / "pg" / "bin"), postgres(tmp_path / "wheel" / "bin")

    found = find.find_postgres({"PATH": str(mine), "AFTERSALE_POSTGRES": "wheel"}, lambda: wheel)

    assert found == wheel


def test_postgres_is_refused_when_the_named_one_lacks_something(tmp_path):
    poor = postgres(tmp_path / "pg" / "bin", extensions=("hstore", "pg_trgm", "btree_gin"))

    with pytest.raises(find.NotFound) as error:
        find.find_postgres({"PATH": "", "AFTERSALE_POSTGRES": str(poor)}, no_wheel)

    assert str(error.value) == f"AFTERSALE_POSTGRES names {poor}, which lacks extension pgcrypto."


def test_broker_is_valkey_before_redis(tmp_path):
    program(tmp_path / "a" / "redis-server", "echo Redis")
    valkey = program(tmp_path / "b" / "valkey-server", "echo Valkey")

    assert find.find_redis({"PATH": f"{tmp_path}/a:{tmp_path}/b"}, no_wheel) == valkey


def test_broker_passes_over_a_program_that_fails(tmp_path):
    program(tmp_path / "bin" / "redis-server", "exit 1")

    assert find.find_redis(environ(tmp_path), lambda: tmp_path / "wheel") == tmp_path / "wheel"


def test_broker_is_none_when_files_are_asked_for(tmp_path):
    program(tmp_path / "bin" / "redis-server", "echo Redis")

    assert find.find_redis(environ(tmp_path, AFTERSALE_BROKER="files"), no_wheel) is None
