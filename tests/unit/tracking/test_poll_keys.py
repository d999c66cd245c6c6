"""The merchant's keys for polling, and who is asked about a parcel."""

import pytest

from saleor_aftersale.tracking import poll_keys

KEY = "0123456789abcdef"


def test_keys_are_read_in_the_merchants_order():
    value = f" easypost = EZ{KEY}==\n\naftership=asat_{KEY}, inpost=public\r\n"

    keys = poll_keys.parse(value + f"karrio=https://karrio.example:8443/api/|key_{KEY}")

    assert list(keys.items()) == [
        ("easypost", f"EZ{KEY}=="),
        ("aftership", f"asat_{KEY}"),
        ("inpost", "public"),
        ("karrio", f"https://karrio.example:8443/api|key_{KEY}"),
    ]
    assert poll_keys.parse("") == {}


@pytest.mark.parametrize("host", ["localhost", "localhost:5002", "127.0.0.1:5002"])
def test_karrio_may_be_without_encryption_when_it_is_on_the_same_machine(host):
    assert poll_keys.parse(f"karrio=http://{host}|{KEY}") == {"karrio": f"http://{host}|{KEY}"}


LENGTH = "must have 8 to 500 letters, digits or signs, without spaces."
SCHEME = "The address of karrio must start with https:// and a host name."


@pytest.mark.parametrize(
    "value, complaint",
    [
        ("aftership", "Write one provider=key per line, as aftership=asat_3f9c…"),
        (
            f"shippo={KEY}",
            "Nothing here polls by that name. Known: aftership, easypost, 17track, karrio, inpost.",
        ),
        (f"easypost={KEY}\neasypost={KEY}", "Write one key only for easypost."),
        ("easypost=short", f"The key of easypost {LENGTH}"),
        ("easypost=", f"The key of easypost {LENGTH}"),
        ("easypost=public", f"The key of easypost {LENGTH}"),
        (f"easypost={KEY} {KEY}", f"The key of easypost {LENGTH}"),
        (f"easypost={KEY}ż", f"The key of easypost {LENGTH}"),
        ("easypost=" + "x" * 501, f"The key of easypost {LENGTH}"),
        ("karrio=https://karrio.example", "Write karrio=https://host|token."),
        (f"karrio=http://karrio.example|{KEY}", SCHEME),
        (f"karrio=http://localhost.example|{KEY}", SCHEME),
        (f"karrio=http://10.0.0.1|{KEY}", SCHEME),
        (f"karrio=karrio.example|{KEY}", SCHEME),
        (f"karrio=file:///etc/passwd|{KEY}", SCHEME),
        (f"karrio=https://|{KEY}", SCHEME),
        (
            f"karrio=https://me:secret@karrio.example|{KEY}",
            "The address of karrio must hold neither a login nor ? or #.",
        ),
        (
            f"karrio=https://karrio.example/?x=|{KEY}",
            "The address of karrio must hold neither a login nor ? or #.",
        ),
        (
            f"karrio=https://karrio.example:x|{KEY}",
            "The address of karrio must be a URL, as https://karrio.example.",
        ),
        (f"karrio=https://karrio .example|{KEY}", "The address of karrio must not hold spaces."),
        ("karrio=https://karrio.example|x", f"The key of karrio {LENGTH}"),
    ],
)
def test_keys_are_refused_with_what_to_write_when_they_are_wrong(value, complaint):
    with pytest.raises(ValueError) as refused:
        poll_keys.parse(value)

    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    "providers, carrier, expected",
    [
        ([], "inpost", None),
        (["inpost"], "inpost", "inpost"),
        (["inpost"], "dhl", None),
        (["inpost"], "", None),
        (["aftership", "inpost"], "inpost", "inpost"),
        (["aftership", "inpost"], "dhl", "aftership"),
        (["17track", "aftership"], "dhl", "17track"),
        (["karrio"], "inpost", "karrio"),
        (["easypost"], "", "easypost"),
    ],
)
def test_parcel_is_asked_for_at_its_carrier_else_at_the_first_listed(providers, carrier, expected):
    assert poll_keys.provider_for(dict.fromkeys(providers, KEY), carrier) == expected
