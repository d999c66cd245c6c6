"""Asking each vendor's interface: what goes out, how recorded answers and bad ones are taken."""

import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from saleor_aftersale.tracking import poll_keys
from saleor_aftersale.tracking.carriers import payloads, polls, registry
from saleor_aftersale.tracking.carriers.base import identity_hash
from saleor_aftersale.tracking.carriers.polls import Asked, PollFailed, RequestRefused, Told
from tests.network import Network, Sent
from tests.provider_cases import written

CARRIERS = Path(__file__).parents[3] / "carriers"
RECORDED = sorted(CARRIERS.glob("*/polls/*.json"))

KEYS = {
    "aftership": "asat_0123456789",
    "easypost": "EZAK0123456789",
    "17track": "0123456789ABCDEF",
    "karrio": "https://karrio.example|key_0123456789",
    "inpost": "token_0123456789",
}


@pytest.fixture
def network(monkeypatch):
    return Network(monkeypatch)


def vendor(name):
    return polls.poller(name)


def ask(name, *numbers, carrier=""):
    asked = [Asked(number, carrier) for number in numbers or ("1Z999",)]
    return vendor(name).ask(asked, KEYS[name])


def register(name, number="1Z999", carrier=""):
    return vendor(name).register([Asked(number, carrier)], KEYS[name])


def recording(name):
    (file,) = (CARRIERS / name / "polls").glob("*.json")
    return json.loads(file.read_text(encoding="utf-8"))


# What goes out


@pytest.mark.parametrize(
    "name, sent",
    [
        (
            "aftership",
            Sent(
                "GET",
                "https://api.aftership.com/tracking/2025-07/trackings"
                "?tracking_numbers=1Z999&limit=200",
                {"Accept": "application/json", "as-api-key": "asat_0123456789"},
                None,
            ),
        ),
        (
            "easypost",
            Sent(
                "POST",
                "https://api.easypost.com/v2/trackers/batch",
                {
                    "Accept": "application/json",
                    "Authorization": "Basic RVpBSzAxMjM0NTY3ODk6",
                    "Content-Type": "application/json",
                },
                {"tracking_codes": ["1Z999"]},
            ),
        ),
        (
            "17track",
            Sent(
                "POST",
                "https://api.17track.net/track/v2.2/gettrackinfo",
                {
                    "Accept": "application/json",
                    "17token": "0123456789ABCDEF",
                    "Content-Type": "application/json",
                },
                [{"number": "1Z999"}],
            ),
        ),
        (
            "karrio",
            Sent(
                "GET",
                "https://karrio.example/v1/trackers/1Z999",
                {"Accept": "application/json", "Authorization": "Token key_0123456789"},
                None,
            ),
        ),
        (
            "inpost",
            Sent(
                "GET",
                "https://api-shipx-pl.easypack24.net/v1/tracking/1Z999",
                {"Accept": "application/json", "Authorization": "Bearer token_0123456789"},
                None,
            ),
        ),
    ],
)
def test_one_request_goes_out_when_a_vendor_is_asked(network, name, sent):
    network.answer(status=404)

    # Where the address names the parcel, it is the parcel that isn't there.
    with nullcontext() if name in ("karrio", "inpost") else pytest.raises(PollFailed):
        assert ask(name) == {}

    assert network.sent == [sent]


def test_inpost_is_asked_without_a_key_when_the_merchant_has_none(network):
    network.answer(status=404)

    vendor("inpost").ask([Asked("1Z999", "inpost")], poll_keys.PUBLIC)

    assert network.sent[0].headers == {"Accept": "application/json"}


@pytest.mark.parametrize("name", ["karrio", "inpost"])
def test_number_is_quoted_when_it_is_part_of_the_address(network, name):
    network.answer(status=404)

    ask(name, "A/../B?C")

    assert network.sent[0].url.endswith("/A%2F..%2FB%3FC")


@pytest.mark.parametrize(
    "name, carrier, content",
    [
        ("aftership", "", {"tracking_number": "1Z999"}),
        ("aftership", "inpost", {"tracking_number": "1Z999", "slug": "inpost-paczkomaty"}),
        ("easypost", "", {"tracker": {"tracking_code": "1Z999"}}),
        ("17track", "", [{"number": "1Z999", "auto_detection": True}]),
        ("karrio", "dhl-express", {"tracking_number": "1Z999", "carrier_name": "dhl_express"}),
        ("karrio", "dhl", {"tracking_number": "1Z999", "carrier_name": "dhl_universal"}),
    ],
)
def test_number_is_made_known_in_one_request_when_it_is_registered(network, name, carrier, content):
    network.answer({"code": 0})

    register(name, carrier=carrier)

    assert [(sent.method, sent.content) for sent in network.sent] == [("POST", content)]


@pytest.mark.parametrize("name", ["karrio", "inpost"])
def test_nothing_goes_out_when_there_is_nothing_to_register(network, name):
    assert register(name) == {}
    assert network.sent == []


@pytest.mark.parametrize(
    "name, answer, known",
    [
        ("aftership", {"data": {"id": "1"}}, {"1Z999": Told(())}),
        ("easypost", {"tracking_code": "1Z999", "tracking_details": []}, {"1Z999": Told(())}),
        ("17track", {"code": 0, "data": {"accepted": [{"number": "1Z999"}]}}, {"1Z999": Told(())}),
        ("17track", {"code": 0, "data": {"accepted": [], "rejected": [{}]}}, {}),
        ("karrio", {"tracking_number": "1Z999", "events": []}, {"1Z999": Told(())}),
    ],
)
def test_number_is_known_without_news_when_it_was_registered(network, name, answer, known):
    network.answer(answer, status=201)

    assert register(name, carrier="ups") == known


@pytest.mark.parametrize("name", ["aftership", "easypost", "karrio"])
def test_number_stays_unknown_when_its_registration_is_refused(network, name):
    network.answer({"meta": {"code": 4005}}, status=400)

    assert register(name, carrier="ups") == {}


# What comes back


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.parts[-3])
def test_recorded_answers_give_the_expected_news(network, file):
    recorded = json.loads(file.read_text(encoding="utf-8"))
    name = file.parts[-3]
    network.answer(recorded["answer"])

    answer = ask(name, *recorded["numbers"])

    assert recorded["source"]
    assert {number: told.fault for number, told in answer.items()} == dict.fromkeys(
        recorded["expected"], ""
    )
    assert {
        number: [written(update) for update in told.updates] for number, told in answer.items()
    } == recorded["expected"]


def test_every_vendor_has_a_recorded_answer_and_a_name_in_the_settings():
    assert sorted(polls.POLLERS) == sorted(poll_keys.POLLED) == sorted(KEYS)
    assert {file.parts[-3] for file in RECORDED} == set(polls.POLLERS)


def pushed(name):
    """The object of a vendor's recorded answer, as the vendor would push it."""
    answer = recording(name)["answer"]
    return {
        "aftership": lambda: {
            "event": "tracking_update",
            "ts": 1534482646,
            "msg": answer["data"]["trackings"][0],
        },
        "easypost": lambda: {"description": "tracker.updated", "result": answer["trackers"][0]},
        "17track": lambda: {"event": "TRACKING_UPDATED", "data": answer["data"]["accepted"][0]},
        "karrio": lambda: {"event": "tracker_updated", "data": answer},
        "inpost": lambda: json.loads((CARRIERS / "inpost/delivered.json").read_text())["payload"],
    }[name]()


@pytest.mark.parametrize("name", KEYS)
def test_news_has_the_same_identity_when_it_is_pushed_and_polled(network, name):
    recorded = recording(name)
    network.answer(recorded["answer"])

    polled = ask(name, *recorded["numbers"])[recorded["numbers"][0]].updates
    told = registry.provider(name).parse(json.dumps(pushed(name)).encode())

    assert vendor(name).PROVIDER == registry.provider(name).PROVIDER == name
    assert told
    assert {identity_hash(name, update) for update in told} <= {
        identity_hash(name, update) for update in polled
    }


def test_unknown_code_is_kept_raw_when_polled(network):
    payloads._log_unknown.cache_clear()
    answer = recording("inpost")["answer"]
    answer["tracking_details"][0]["status"] = "left_with_the_stork"
    network.answer(answer)

    updates = ask("inpost", answer["tracking_number"])[answer["tracking_number"]].updates

    assert (updates[-1].status.value, updates[-1].raw_code) == ("UNKNOWN", "left_with_the_stork")
    assert updates[-1].payload == answer["tracking_details"][0]


def trackers(*rows):
    return {"trackers": list(rows)}


def tracker(number, **more):
    detail = {"datetime": "2026-06-01T12:00:00Z", "status": "in_transit", "message": ""}
    return {"tracking_code": number, "carrier": "UPS", "tracking_details": [detail], **more}


def test_other_parcels_are_told_when_one_of_them_cannot_be_read(network):
    broken = tracker("2Z", tracking_details=[{"datetime": "yesterday", "status": "in_transit"}])
    network.answer(trackers(tracker("1Z"), broken))

    answer = ask("easypost", "1Z", "2Z", "3Z")

    assert sorted(answer) == ["1Z", "2Z"]
    assert [update.raw_code for update in answer["1Z"].updates] == ["in_transit"]
    place = "result.tracking_details[0].datetime"
    assert answer["2Z"] == Told((), f"{place}: Write a time in ISO 8601.")


def test_what_nobody_asked_for_is_left_out(network):
    network.answer(trackers(tracker("2Z"), {}, {"tracking_code": 17}))

    assert ask("easypost", "1Z") == {}


def test_number_is_told_by_all_its_carriers_when_it_has_several(network):
    network.answer(trackers(tracker(" 1z-"), tracker("1Z", carrier="USPS")))

    assert [update.carrier for update in ask("easypost", "1Z")["1Z"].updates] == ["ups", "usps"]


@pytest.mark.parametrize("value", ["\x00", "\ud800", 1e999, "[" * 400], ids=repr)
def test_parcel_cannot_be_read_when_it_holds_what_cannot_be_kept(network, value):
    value = [[[[[[[[[[[[[[[[[[17]]]]]]]]]]]]]]]]]] if value == "[" * 400 else value
    answer = recording("inpost")["answer"]
    answer["tracking_details"][1]["agency"] = value
    network.answer(answer)

    told = ask("inpost", answer["tracking_number"])[answer["tracking_number"]]

    assert told == Told((), "tracking_details: This holds a value that can't be stored.")


# Bad answers


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("status", [401, 402, 403])
def test_failure_is_permanent_when_the_key_is_refused(network, name, status):
    network.answer({"error": KEYS[name]}, status=status)

    with pytest.raises(PollFailed) as failed:
        ask(name)

    assert (failed.value.permanent, failed.value.retry_after) == (True, None)
    assert failed.value.message == f"HTTP {status}: the key or its account is refused."


@pytest.mark.parametrize(
    "headers, pause",
    [
        ({"retry_after": "120"}, timedelta(minutes=2)),
        (
            {
                "retry_after": "Mon, 01 Jun 2026 12:10:00 GMT",
                "date": "Mon, 01 Jun 2026 12:00:00 GMT",
            },
            timedelta(minutes=10),
        ),
        ({"retry_after": "Mon, 01 Jun 2026 12:10:00 GMT"}, timedelta(minutes=1)),
        ({"retry_after": "soon"}, timedelta(minutes=1)),
        ({"retry_after": "-5"}, timedelta(minutes=1)),
        ({"retry_after": "9" * 5000}, timedelta(minutes=1)),
        ({}, timedelta(minutes=1)),
    ],
)
def test_failure_names_the_pause_when_there_were_too_many_requests(network, headers, pause):
    network.answer({}, status=429, **headers)

    with pytest.raises(PollFailed) as failed:
        ask("aftership")

    assert (failed.value.permanent, failed.value.retry_after) == (False, pause)


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("status", [301, 302, 500, 502, 503])
def test_failure_is_temporary_when_the_interface_is_down(network, name, status):
    network.answer(status=status, body=b"<html>")

    with pytest.raises(PollFailed) as failed:
        ask(name)

    assert (failed.value.permanent, failed.value.message) == (False, f"HTTP {status}.")


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("status", [400, 422])
def test_request_is_told_from_the_interface_when_it_is_refused(network, name, status):
    network.answer({}, status=status)

    with pytest.raises(RequestRefused):
        ask(name)


@pytest.mark.parametrize("name", KEYS)
def test_failure_is_temporary_when_no_answer_comes(network, name):
    network.fail()

    with pytest.raises(PollFailed) as failed:
        ask(name)

    assert failed.value.message == "No answer came: ReadTimeout."
    assert not failed.value.permanent


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b"17", b'{"a":' * 50000])
def test_failure_is_temporary_when_the_answer_is_no_json_object(network, name, body):
    network.answer(body=body)

    with pytest.raises(PollFailed) as failed:
        ask(name)

    assert failed.value.message == "The answer is not a JSON object."


@pytest.mark.parametrize(
    "name, answer",
    [
        ("aftership", {"data": {"trackings": {}}}),
        ("aftership", {"data": []}),
        ("easypost", {"trackers": ["x"]}),
        ("17track", {"code": 0, "data": {"accepted": 17}}),
        ("17track", {}),
        ("17track", {"code": "0"}),
    ],
)
def test_failure_is_temporary_when_the_answer_is_of_another_form(network, name, answer):
    network.answer(answer)

    with pytest.raises(PollFailed) as failed:
        ask(name)

    assert type(failed.value) is PollFailed
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "code, kind, permanent",
    [
        (-18010002, PollFailed, True),
        (-18010004, PollFailed, True),
        (-18010003, PollFailed, False),
        (-18010014, RequestRefused, False),
        (-18010013, RequestRefused, False),
    ],
)
def test_code_of_17track_tells_who_is_to_blame(network, code, kind, permanent):
    network.answer({"code": code, "data": {"errors": []}})

    with pytest.raises(PollFailed) as failed:
        ask("17track")

    assert (type(failed.value), failed.value.permanent) == (kind, permanent)
