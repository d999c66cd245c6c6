"""Requirements as written in setup.cfg."""

import pytest

from sandbox import distribution


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("pybars3>=0.9.7,<0.10", "pybars3"),
        ("Py_Meta.3", "py-meta-3"),
        ("pytest-django >=4 ; python_version < '4'", "pytest-django"),
        ("holidays[extra]>=1", "holidays"),
    ],
)
def test_name_is_normalised(requirement, name):
    assert distribution.name_of(requirement) == name


def test_requirements_are_those_of_setup_cfg(tmp_path, monkeypatch):
    (tmp_path / "setup.cfg").write_text(
        "[options]\ninstall_requires =\n    segno>=1.6\n    pybars3\n"
    )
    monkeypatch.setattr(distribution, "ROOT", tmp_path)

    assert distribution.requirements() == ["segno>=1.6", "pybars3"]
