"""The list of Saleor 3.x environments for CI."""

import pytest

from sandbox import environments3
from sandbox.environments3 import Environment3


@pytest.fixture
def saleor(tmp_path):
    (tmp_path / "python").touch()
    (tmp_path / "saleor").mkdir()
    (tmp_path / "saleor" / "settings.py").touch()
    return tmp_path


def test_list_comes_from_the_variable_with_comments_and_blank_lines(saleor):
    text = f"# mine\n\n  {saleor}/python:{saleor}  # the newest\n"

    usable, problems = environments3.named({"AFTERSALE_SALEOR3": text})

    assert usable == [Environment3(saleor / "python", saleor)]
    assert problems == []


def test_list_comes_from_the_file_when_there_is_no_variable(saleor):
    file = saleor / ".config" / "saleor-aftersale" / "saleor3"
    file.parent.mkdir(parents=True)
    file.write_text(f"{saleor}/python:{saleor}\n")

    assert environments3.named({"HOME": str(saleor)}) == (
        [Environment3(saleor / "python", saleor)],
        [],
    )


def test_list_is_empty_when_nothing_is_named(tmp_path):
    assert environments3.named({"HOME": str(tmp_path)}) == ([], [])


def test_list_reports_each_line_that_names_no_environment(saleor):
    text = (
        f"{saleor}/python\n/gone/python:{saleor}\n{saleor}/python:/gone\n{saleor}/python:{saleor}"
    )

    usable, problems = environments3.named({"AFTERSALE_SALEOR3": text})

    assert usable == [Environment3(saleor / "python", saleor)]
    assert problems == [
        f"AFTERSALE_SALEOR3, line 1: {saleor}/python: it should read interpreter:checkout",
        f"AFTERSALE_SALEOR3, line 2: /gone/python:{saleor}: /gone/python doesn't exist",
        f"AFTERSALE_SALEOR3, line 3: {saleor}/python:/gone: /gone is no checkout of Saleor",
    ]
