"""The schema we add: as written down, added once, and never too late."""

import subprocess
import sys

import pytest
import saleor.graphql.api  # noqa: F401 -- from here on it is built
from django.core.exceptions import ImproperlyConfigured

from saleor_aftersale.graphql import errors, schema
from tests import write_schema


def test_added_schema_is_the_one_written_down():
    assert write_schema.added_schema() == write_schema.FILE.read_text(encoding="utf-8")


def test_install_refuses_when_schema_is_built_already():
    with pytest.raises(ImproperlyConfigured, match="was built before this app was ready"):
        schema.install()


def test_schema_is_not_built_by_starting_the_shop():
    program = (
        "import sys, django; django.setup();"
        "print('saleor.graphql.api' in sys.modules, 'saleor.urls' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], stdout=subprocess.PIPE, check=True
    )

    assert done.stdout.decode().split("\n")[-2] == "False False"


def test_every_error_code_is_in_the_schema():
    written = write_schema.FILE.read_text(encoding="utf-8")
    listed = written.split("enum AftersaleErrorCode {")[1].split("}")[0].split()

    assert listed == list(errors.CODES)
