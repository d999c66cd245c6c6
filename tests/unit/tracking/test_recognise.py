"""Carriers by number and by link: every sample of the table, and what must never be guessed."""

import json
import string
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale.tracking.carriers import recognise
from saleor_aftersale.tracking.carriers.recognise import Candidate

TABLE = json.loads(Path(recognise.__file__).with_name("numbers.json").read_text(encoding="utf-8"))

#: Carrier code and format, as in the file.
FORMATS = [
    (code, row) for code, carrier in TABLE["carriers"].items() for row in carrier.get("formats", ())
]
VALID = [(code, row, number) for code, row in FORMATS for number in row["valid"]]
INVALID = [(code, row, number) for code, row in FORMATS for number in row["invalid"]]
VALID_S10 = TABLE["s10"]["valid"]
CHECKED = [(row, number) for _, row, number in VALID if row["checksum"]]
CHECKED += [(TABLE["s10"], number) for number in VALID_S10]

LINKS = [
    link
    for carrier in TABLE["carriers"].values()
    for link in [carrier["link"], *carrier.get("links", {}).values()]
]
LINKS += [post[2] for post in TABLE["posts"].values() if len(post) == 3 and post[2]]

#: Countries that decide about numbers of bare digits.
COUNTRIES = ["", "US", "RU", "PL", "DE", "FR"]

UPS = "1Z5R89390357567127"


def fits(row, number):
    return recognise._read_format(row).fits(number)


def codes(number):
    return [candidate.carrier for candidate in recognise.candidates(number)]


# The table.


@pytest.mark.parametrize(("code", "row", "number"), VALID)
def test_candidates_have_the_carrier_when_the_number_is_its_valid_sample(code, row, number):
    found = [one for one in recognise.candidates(number) if one.carrier == code]

    assert fits(row, number)
    assert [one.carrier for one in found] == [code]
    assert found[0].is_verified or row["checksum"] is None


@pytest.mark.parametrize(("code", "row", "number"), INVALID)
def test_format_does_not_fit_when_the_number_is_its_invalid_sample(code, row, number):
    assert not fits(row, number)


@pytest.mark.parametrize(("code", "row", "number"), VALID)
def test_recognise_names_no_other_carrier_when_a_sample_is_given(code, row, number):
    is_certain = row["checksum"] and "certain_in" not in row

    assert recognise.recognise(number) == (code if is_certain else None)


@pytest.mark.parametrize("number", VALID_S10)
def test_recognise_names_the_post_of_the_country_when_an_s10_number_is_right(number):
    post = TABLE["posts"][number[-2:]][0]

    assert recognise.recognise(number) == post
    assert recognise.candidates(number)[0] == Candidate(post, True)


@pytest.mark.parametrize("number", [*TABLE["s10"]["invalid"], "RB123456785XX"])
def test_candidates_are_empty_when_an_s10_number_is_wrong(number):
    assert recognise.candidates(number) == []


def test_every_format_has_samples_and_a_source():
    rows = [row for _, row in FORMATS] + [TABLE["s10"]]

    assert [row for row in rows if not (row["source"] and row["valid"] and row["invalid"])] == []


def test_every_format_of_bare_digits_is_certain_in_named_countries_only():
    bare = [row for _, row in FORMATS if row["checksum"] and row["pattern"].startswith(r"\d{1")]

    assert len(bare) == 4
    assert all("certain_in" in row for row in bare)


def test_every_country_of_the_upu_has_one_post():
    posts = TABLE["posts"]

    assert len(posts) >= 190
    assert all(len(country) == 2 and country.isupper() for country in posts)
    assert all(len(row) == 3 or row[0] in TABLE["carriers"] for row in posts.values())
    assert all(recognise.name_of(row[0]) for row in posts.values())


def test_every_alias_and_host_belongs_to_one_carrier():
    carriers = TABLE["carriers"].values()
    aliases = [alias for carrier in carriers for alias in carrier.get("aliases", ())]
    hosts = [host for carrier in carriers for host in carrier.get("hosts", ())]

    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(TABLE["carriers"])
    assert len(set(hosts)) == len(hosts)


# Check digits.


@pytest.mark.parametrize(("row", "number"), CHECKED)
def test_format_does_not_fit_when_the_check_digit_is_another(row, number):
    place = -3 if row is TABLE["s10"] else -1
    after = "" if place == -1 else number[place + 1 :]
    other = [
        number[:place] + sign + after
        for sign in string.digits + string.ascii_uppercase
        if sign != number[place]
    ]

    assert [wrong for wrong in other if fits(row, wrong)] == []


@pytest.mark.parametrize(
    # Modulo 11 with a remainder written as another's digit misses some: S10 and FedEx.
    ("row", "number"),
    [(row, number) for row, number in CHECKED if row["checksum"] not in ("s10", "fedex")],
)
def test_format_does_not_fit_when_a_checked_digit_is_one_more(row, number):
    match = recognise._read_format(row).pattern.fullmatch(number)
    first, end = match.span("checked" if "checked" in match.re.groupindex else 0)
    changed = [
        number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        for place in range(first, end)
        if number[place].isdigit()
    ]

    assert [wrong for wrong in changed if fits(row, wrong)] == []


@given(st.text(string.digits, min_size=1, max_size=40), st.sampled_from(COUNTRIES))
def test_recognise_gives_a_carrier_only_when_a_check_digit_of_it_is_right(number, country):
    rows = [(code, row) for code, row in FORMATS if row["checksum"] and fits(row, number)]

    verified = {one.carrier for one in recognise.candidates(number) if one.is_verified}

    assert verified == {code for code, _ in rows}
    assert recognise.recognise(number, country=country) in (verified if rows else {None}) | {None}


@given(st.text(max_size=60))
def test_recognise_never_fails_when_any_text_is_given(text):
    assert recognise.recognise(text) is None or recognise.candidates(text)[0].is_verified
    assert recognise.carrier_of_url(text) is None
    recognise.name_of(text)
    assert recognise.tracking_url("no-such-carrier", text) == ""


# Never a guess.


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("10272483975", ["gls", "speedy", "cdek"]),
        ("123416227171", ["dhl-parcel-de", "gls"]),
        ("986578788855", ["fedex", "gls"]),
        ("3318810025", ["dhl-express", "cdek"]),
        ("10204289519872", ["pochta", "dpd"]),
        ("01196812014637L", ["dpd", "la-poste"]),
        ("JVGL0999999990", ["dhl-express", "dhl-ecommerce"]),
        ("3SBCC000123456", ["dhl-ecommerce", "postnl"]),
        ("201298452277", ["fedex", "dhl-parcel-de", "gls"]),
    ],
)
def test_recognise_gives_none_when_several_carriers_may_have_the_number(number, expected):
    assert codes(number) == expected
    assert recognise.recognise(number) is None


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("986578788855", "US", "fedex"),
        ("986578788855", "us", "fedex"),
        ("986578788855", "DE", None),
        ("10204289519872", "RU", "pochta"),
        ("10204289519872", "PL", None),
        ("01196812014637L", "DE", "dpd"),
        ("01196812014637L", "US", None),
        # Two check digits are right.
        ("201298452277", "US", None),
        # Never by a check digit modulo 7 alone.
        ("3318810025", "DE", None),
    ],
)
def test_recognise_depends_on_the_country_when_the_format_is_not_anyone_s_own(
    number, country, expected
):
    assert recognise.recognise(number, country=country) == expected


def test_recognise_gives_none_when_the_only_candidate_is_unchecked():
    number = "642600027844200234823732"

    assert recognise.candidates(number) == [Candidate("inpost", False)]
    assert recognise.recognise(number) is None


@pytest.mark.parametrize("written", [" 1z 5r8 939 03 5756 7127 ", "1Z-5R8939-03-57567127"])
def test_recognise_ignores_spaces_dashes_and_case(written):
    assert recognise.recognise(written) == "ups"


@pytest.mark.parametrize(
    "number", ["", " ", "?", "1" * 41, "１２３", "1Z5R89390357567127\n;", "ßßß"]
)
def test_candidates_are_empty_when_it_is_no_number(number):
    assert recognise.candidates(number) == []


def test_recognise_is_quick_when_the_table_is_read():
    numbers = [number for _, _, number in VALID]
    recognise.recognise(UPS)

    begin = time.perf_counter()
    for number in numbers:
        recognise.recognise(number)

    # 20 microseconds on an idle machine.
    assert (time.perf_counter() - begin) / len(numbers) < 0.001


@pytest.mark.parametrize(
    ("number", "carrier", "expected"),
    [
        ("642600027844200234823732", "inpost", True),
        ("642600027844200234823732", "inpost_paczkomaty", True),
        ("642600027844200234823732", "ups", False),
        ("642600027844200234823732", "own-courier", True),
        ("RB123456785CV", "s10-cv", True),
    ],
)
def test_number_may_be_of_a_carrier_when_it_has_its_format(number, carrier, expected):
    assert recognise.may_be_of(number, carrier) is expected


# Links and names.


@pytest.mark.parametrize("link", LINKS)
def test_every_link_is_https_with_one_place_for_the_number(link):
    parts = urlsplit(link)

    assert (parts.scheme, link.count("{number}")) == ("https", 1)
    assert "." in parts.hostname


@pytest.mark.parametrize(
    ("carrier", "number", "country", "expected"),
    [
        ("ups", UPS, "", f"https://www.ups.com/track?tracknum={UPS}"),
        ("UPS", "1z 5r89390357567127", "", f"https://www.ups.com/track?tracknum={UPS}"),
        ("ups", "a&b=/c#d", "", "https://www.ups.com/track?tracknum=A%26B%3D%2FC%23D"),
        ("russian_post", "1", "", "https://www.pochta.ru/tracking?barcode=1"),
        (
            "dpd",
            "02655043535547",
            "PL",
            "https://tracktrace.dpd.com.pl/parcelDetails?p1=02655043535547",
        ),
        # The page wants the number without its check character, or without the label's rest.
        (
            "dpd",
            "01196812014637L",
            "",
            "https://tracking.dpd.de/status/en_US/parcel/01196812014637",
        ),
        (
            "dpd",
            "008182709980000020033350276C",
            "",
            "https://tracking.dpd.de/status/en_US/parcel/09980000020033",
        ),
        (
            "usps",
            "420787459400111206206406260787",
            "",
            "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400111206206406260787",
        ),
        ("china-post", "RP325552475CN", "", ""),
        ("own-courier", "1", "", ""),
        ("", "1", "", ""),
        ("ups", " ", "", ""),
    ],
)
def test_tracking_url_is_the_carrier_s_page(carrier, number, country, expected):
    assert recognise.tracking_url(carrier, number, country=country) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ups", "UPS"),
        ("inpost", "InPost"),
        ("poczta-polska", "Poczta Polska"),
        ("poczta_polska", "Poczta Polska"),
        ("dhl-germany", "DHL"),
        ("s10-cv", "Correios de Cabo Verde"),
        ("own", "OWN"),
        ("own-courier", "OWN Courier"),
        ("", ""),
    ],
)
def test_name_is_what_people_know(code, expected):
    assert recognise.name_of(code) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"https://www.ups.com/track?loc=pl_PL&tracknum={UPS}", ("ups", UPS)),
        (f"http://wwwapps.ups.com/WebTracking/track?trackNums={UPS}", ("ups", UPS)),
        (
            "https://inpost.pl/sledzenie-przesylek?number=520000012680041086770098",
            ("inpost", "520000012680041086770098"),
        ),
        ("https://www.econt.com/services/track-shipment/1055123456789", ("econt", "1055123456789")),
        # Short numbers are taken where the carrier's own link has them.
        ("https://www.speedy.bg/en/track-shipment?shipmentNumber=299", ("speedy", "")),
        ("https://www.speedy.bg/bg/x?shipmentNumber=29912", ("speedy", "29912")),
        ("https://www.pochta.ru/tracking#80110885894666", ("pochta", "80110885894666")),
        (
            "https://www.dhl.com/en/express/tracking.html?AWB=3318810025",
            ("dhl-express", "3318810025"),
        ),
        (
            "https://www.dhl.com/track?tracking-id=JVGL0999999990&brand=DHL",
            ("dhl", "JVGL0999999990"),
        ),
        (
            "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=RA123456785DE",
            ("deutsche-post", "RA123456785DE"),
        ),
        ("https://gls-group.eu/track/YO0IZ8BX", ("gls", "YO0IZ8BX")),
        ("https://inpost.pl/", ("inpost", "")),
        # Somebody else's host or scheme.
        (f"https://www.ups.com.evil.example/track?tracknum={UPS}", None),
        (f"https://notups.com/track?tracknum={UPS}", None),
        (f"https://shop.example/?u=https://www.ups.com/track?tracknum={UPS}", None),
        (f"javascript://www.ups.com/{UPS}", None),
        ("https://[bad", None),
        ("", None),
    ],
)
def test_carrier_of_url_is_the_host_s_with_its_number(url, expected):
    assert recognise.carrier_of_url(url) == expected


@pytest.mark.parametrize(("code", "row", "number"), VALID)
def test_carrier_of_url_reads_the_links_we_build(code, row, number):
    found = recognise.carrier_of_url(recognise.tracking_url(code, number))

    assert found is not None
    assert found[1] and found[1] in number
    assert found[0] == code or found[0] == "dhl"
