"""Marketing mail in the API: what customers choose, what is recorded, the list of staff."""

from datetime import timedelta

import pytest
from django.utils import timezone

from saleor_aftersale.config import settings_of
from saleor_aftersale.consents import actions, links, preferences, queries, suppressing
from saleor_aftersale.consents.actions import Proof, Source
from saleor_aftersale.consents.mailboxes import mailbox_of
from saleor_aftersale.consents.models import ConsentDecision, Suppression
from saleor_aftersale.consents.suppressions import Cause
from saleor_aftersale.consents.topics import TOPICS, Topic
from saleor_aftersale.tracking.statuses import ShipmentStatus
from tests import factories
from tests.factories import CHANNEL, IS_3, NOON, Api, global_id, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

ANNA = "anna@example.com"

PREFERENCES = """
query ($token: String, $channel: String, $language: String) {
  mailPreferences(accessToken: $token, channel: $channel, language: $language) {
    isSuppressed topics { topic label standing isWanted }
  }
}
"""

UPDATE = """
mutation ($input: MailPreferencesInput!, $token: String, $channel: String) {
  mailPreferencesUpdate(input: $input, accessToken: $token, channel: $channel) {
    mailPreferences { topics { topic standing } }
    errors { field code message }
  }
}
"""

RECORD = """
mutation ($input: MarketingConsentInput!) {
  marketingConsentRecord(input: $input) {
    mailPreferences { topics { topic standing } }
    errors { field code message }
  }
}
"""

LIST = """
query ($filter: MailSuppressionFilterInput) {
  mailSuppressions(first: 10, filter: $filter) {
    totalCount
    edges { node { id email cause detail times author liftedAt liftedBy } }
  }
}
"""

ADD = """
mutation ($email: String!, $note: String) {
  mailSuppressionAdd(email: $email, note: $note) {
    mailSuppression { email cause detail author }
    errors { field code message }
  }
}
"""

LIFT = """
mutation ($id: ID!) {
  mailSuppressionLift(id: $id) {
    mailSuppression { email liftedBy }
    errors { field code message }
  }
}
"""

FOLLOW_UPS = "{ followUps(first: 10) { edges { node { recipient recipientBounced } } } }"


@pytest.fixture(autouse=True)
def order():
    """Anna has an account and bought something in Bulgaria; sales are a basis there."""
    factories.activate(soft_opt_in="true")
    user = factories.make_customer(ANNA)
    made = factories.make_order(user=user, country="BG")
    factories.keep(made)
    factories.commit()
    return made


@pytest.fixture
def anna(order):
    return Api(order.user)


@pytest.fixture
def staff():
    return Api(factories.make_staff())


@pytest.fixture
def stranger():
    return Api(factories.make_customer("boris@example.com"))


def standings(email=ANNA):
    settings = settings_of(CHANNEL)
    return {
        topic.value: queries.standing_of(email, topic.value, settings=settings).value
        for topic in TOPICS
    }


def told(found):
    return {one["topic"]: one["standing"] for one in found["topics"]}


def code_of(answer):
    """The code of a refused query."""
    return answer["errors"][0]["extensions"]["exception"]["code"]


SOFT = dict.fromkeys(["FEEDBACK", "CARE", "OFFERS"], "SOFT_OPT_IN")


# Preferences


def token_of_mail(order):
    return links.preferences_token(ANNA, CHANNEL, "en")


@pytest.mark.parametrize("make_token", [token_of_mail, factories.token_of])
def test_who_holds_a_link_sees_and_changes_preferences(order, make_token):
    guest, token = Api(), make_token(order)
    wish = {"topics": ["CARE", "FEEDBACK"], "wording": "Yes, please."}

    seen = guest.post(PREFERENCES, token=token)["mailPreferences"]
    changed = guest.post(UPDATE, token=token, input=wish)["mailPreferencesUpdate"]

    assert (told(seen), seen["isSuppressed"]) == (SOFT, False)
    assert changed["errors"] == []
    assert told(changed["mailPreferences"]) == {**SOFT, "OFFERS": "OBJECTED"}
    assert standings() == {**SOFT, "OFFERS": "OBJECTED"}


def test_signed_in_customer_sees_own_preferences_in_words(anna):
    found = anna.post(PREFERENCES, channel=CHANNEL, language="en")["mailPreferences"]

    assert found["topics"][2] == {
        "topic": "OFFERS",
        "label": "Offers: matching goods, refills, vouchers",
        "standing": "SOFT_OPT_IN",
        "isWanted": True,
    }


def test_customer_in_poland_gets_nothing_for_having_bought(anna, order):
    factories.keep(factories.make_order(user=order.user, country="PL"))

    found = anna.post(PREFERENCES, channel=CHANNEL)["mailPreferences"]

    assert [one["isWanted"] for one in found["topics"]] == [False] * 3


def test_signed_in_customer_changes_only_the_own_mailbox(stranger):
    wish = {"topics": [], "wording": ""}

    stranger.post(UPDATE, channel=CHANNEL, input=wish)

    assert standings() == SOFT
    assert set(standings("boris@example.com").values()) == {"OBJECTED"}
    assert ConsentDecision.objects.get().topic == ""


def test_yes_is_kept_with_what_was_read(anna):
    actions.object_to_all(mailbox_of(ANNA), Proof(Source.API), NOON)
    wish = {"topics": ["OFFERS"], "wording": "Ja, bitte.", "language": "de"}

    anna.post(UPDATE, channel=CHANNEL, input=wish)

    row = ConsentDecision.objects.get(decision="OPT_IN")
    assert (row.topic, row.wording, row.language, row.source, row.channel) == (
        "OFFERS",
        "Ja, bitte.",
        "de",
        "PAGE",
        CHANNEL,
    )


def test_box_left_ticked_in_the_shops_own_form_is_no_consent(anna):
    actions.object_to_all(mailbox_of(ANNA), Proof(Source.API), NOON)
    wish = {"topics": ["OFFERS"], "shown": ["OFFERS"], "wording": "Yes."}

    with nothing_changed():
        anna.post(UPDATE, channel=CHANNEL, input=wish)


@pytest.mark.parametrize(
    "wish, field, code",
    [
        ({"topics": ["CARE"]}, "wording", "REQUIRED"),
        ({"topics": ["CARE"], "wording": " "}, "wording", "REQUIRED"),
        ({"topics": ["CARE"], "wording": "x" * 4001}, "wording", "TOO_LONG"),
        ({"topics": ["CARE"], "wording": "a\x00"}, "wording", "INVALID"),
        ({"topics": [], "language": "x" * 36}, "language", "TOO_LONG"),
    ],
)
def test_update_is_refused_when_it_proves_nothing(anna, wish, field, code):
    with nothing_changed():
        answer = anna.post(UPDATE, channel=CHANNEL, input=wish)["mailPreferencesUpdate"]

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]


def test_objection_is_kept_though_there_were_too_many_changes(anna, monkeypatch):
    monkeypatch.setattr(preferences, "MOST_CHANGES", 0)
    actions.object_to(mailbox_of(ANNA), [Topic.CARE], Proof(Source.API), NOON)
    for number in range(2):
        wish = {"topics": ["CARE"], "wording": "Yes."}
        answer = anna.post(UPDATE, channel=CHANNEL, input=wish)["mailPreferencesUpdate"]
        if number == 0:
            actions.object_to(mailbox_of(ANNA), [Topic.CARE], Proof(Source.API), timezone.now())

    assert [error["code"] for error in answer["errors"]] == ["RATE_LIMITED"]
    assert set(standings().values()) == {"OBJECTED"}


def forged(order):
    return "x" + links.preferences_token(ANNA, CHANNEL, "en")


@pytest.mark.parametrize(
    "make_token, code",
    [
        (forged, "INVALID_TOKEN"),
        (factories.expired_token, "EXPIRED_TOKEN"),
        (lambda order: None, "PermissionDenied"),
    ],
)
def test_stranger_without_a_good_link_learns_nothing(order, make_token, code):
    token = make_token(order)

    with nothing_changed():
        seen = Api().post_raw(PREFERENCES, token=token, channel=CHANNEL)
        changed = Api().post(UPDATE, token=token, channel=CHANNEL, input={"topics": []})

    assert (seen["data"]["mailPreferences"], code_of(seen)) == (None, code)
    (error,) = changed["mailPreferencesUpdate"]["errors"]
    assert error["code"] == ("PERMISSION_DENIED" if code == "PermissionDenied" else code)


def test_app_has_no_mailbox_of_its_own():
    _app, token = factories.make_app()

    answer = Api(app_token=token).post_raw(PREFERENCES, channel=CHANNEL)

    assert code_of(answer) == "PermissionDenied"


def test_signed_in_customer_has_to_name_the_channel(anna):
    assert code_of(anna.post_raw(PREFERENCES)) == "REQUIRED"


def test_preferences_are_refused_where_the_plugin_is_off(anna):
    factories.activate(active=False)

    with nothing_changed():
        answer = anna.post(UPDATE, channel=CHANNEL, input={"topics": []})

    assert answer["mailPreferencesUpdate"]["errors"][0]["code"] == "PLUGIN_INACTIVE"


# Consent that was given elsewhere


def said(**changes):
    whole = {
        "email": "Carol@Example.com",
        "channel": CHANNEL,
        "decision": "OPT_IN",
        "wording": "Send me news.",
        "source": "newsletter form",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def test_app_records_a_consent_with_its_proof():
    _app, token = factories.make_app()

    answer = Api(app_token=token).post(RECORD, input=said(topics=["OFFERS"], language="en"))

    assert answer["marketingConsentRecord"]["errors"] == []
    row = ConsentDecision.objects.values().get()
    assert {name: row[name] for name in ("email", "topic", "decision", "source", "author")} == {
        "email": "carol@example.com",
        "topic": "OFFERS",
        "decision": "OPT_IN",
        "source": "API",
        "author": "Warehouse",
    }
    assert (row["wording"], row["evidence"]) == (
        "Send me news.",
        {"told_source": "newsletter form"},
    )
    assert standings("carol@example.com") == {**SOFT, "OFFERS": "OPT_IN"}


def test_staff_record_an_objection_to_everything(staff):
    staff.post(RECORD, input=said(decision="OBJECTED", wording=None, source="phone"))

    assert set(standings("carol@example.com").values()) == {"OBJECTED"}
    assert ConsentDecision.objects.get().source == "STAFF"


def test_consent_older_than_an_objection_changes_nothing(staff):
    actions.object_to_all(mailbox_of("carol@example.com"), Proof(Source.API), timezone.now())
    earlier = timezone.now() - timedelta(days=1)

    staff.post(RECORD, input=said(decidedAt=earlier.isoformat()))

    assert set(standings("carol@example.com").values()) == {"OBJECTED"}


@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"email": "carol"}, "email", "INVALID"),
        ({"email": "a@example.com, b@example.com"}, "email", "INVALID"),
        ({"email": "x" * 250 + "@example.com"}, "email", "INVALID"),
        ({"wording": None}, "wording", "REQUIRED"),
        ({"source": " "}, "source", "REQUIRED"),
        ({"source": "x" * 256}, "source", "TOO_LONG"),
        ({"decidedAt": "2999-01-01T00:00:00+00:00"}, "decidedAt", "INVALID"),
    ],
)
def test_consent_is_refused_when_it_proves_nothing(staff, changes, field, code):
    with nothing_changed():
        answer = staff.post(RECORD, input=said(**changes))["marketingConsentRecord"]

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]


def nobody():
    return Api()


def customer():
    return Api(factories.make_customer("carol@example.com"))


def clerk_without_permission():
    return Api(factories.make_staff(manages_orders=False))


def app_without_permission():
    return Api(app_token=factories.make_app(manages_orders=False)[1])


STRANGERS = [nobody, customer, clerk_without_permission, app_without_permission]


@pytest.mark.parametrize("make_api", STRANGERS)
def test_only_staff_record_consent_and_rule_the_list(make_api):
    row = suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "550", NOON)
    api = make_api()

    with nothing_changed():
        recorded = api.post(RECORD, input=said())["marketingConsentRecord"]
        added = api.post(ADD, email=ANNA)["mailSuppressionAdd"]
        lifted = api.post(LIFT, id=global_id("MailSuppression", row.pk))["mailSuppressionLift"]
        listed = api.post_raw(LIST)

    for answer in (recorded, added, lifted):
        assert [error["code"] for error in answer["errors"]] == ["PERMISSION_DENIED"]
    assert (listed["data"]["mailSuppressions"], code_of(listed)) == (None, "PermissionDenied")


# The list


def listed(api, **wanted):
    found = api.post(LIST, filter=wanted)["mailSuppressions"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


def test_staff_see_the_list_newest_first(staff):
    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "550 no such user", NOON)
    suppressing.suppress(mailbox_of("b@example.com"), Cause.COMPLAINT, "", NOON + timedelta(1))
    Suppression.objects.create(
        mailbox_hash="x", email="c@example.com", cause="DEFERRAL", reported_at=NOON
    )

    nodes = listed(staff)

    assert [node["email"] for node in nodes] == ["b@example.com", ANNA]
    assert dict(nodes[1], id="") == {
        "id": "",
        "email": ANNA,
        "cause": "BOUNCE",
        "detail": "550 no such user",
        "times": 1,
        "author": "",
        "liftedAt": None,
        "liftedBy": "",
    }


@pytest.mark.parametrize(
    "wanted, emails",
    [
        ({"cause": ["BOUNCE"]}, [ANNA]),
        ({"email": "ANNA@example.com"}, [ANNA]),
        ({"email": "nobody@example.com"}, []),
        ({"email": "a\x00"}, []),
        ({"isLifted": True}, ["b@example.com"]),
        ({"isLifted": False}, [ANNA]),
        ({"isLifted": True, "cause": ["BOUNCE"]}, []),
    ],
)
def test_list_is_narrowed(staff, wanted, emails):
    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)
    row = suppressing.suppress(mailbox_of("b@example.com"), Cause.MANUAL, "", NOON)
    suppressing.lift(row.pk, factories.STAFF, NOON)

    assert [node["email"] for node in listed(staff, **wanted)] == emails


def test_staff_put_a_mailbox_on_the_list_and_take_it_off(staff):
    added = staff.post(ADD, email=" Anna@Example.com ", note="asked by phone")
    (node,) = listed(staff)
    lifted = staff.post(LIFT, id=node["id"])["mailSuppressionLift"]

    author = added["mailSuppressionAdd"]["mailSuppression"].pop("author")
    assert author.startswith("staff")
    assert added["mailSuppressionAdd"] == {
        "mailSuppression": {"email": ANNA, "cause": "MANUAL", "detail": "asked by phone"},
        "errors": [],
    }
    assert lifted == {"mailSuppression": {"email": ANNA, "liftedBy": author}, "errors": []}
    assert standings() == SOFT


def test_mailbox_taken_off_comes_back_by_a_new_report_only(staff):
    row = suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)
    suppressing.lift(row.pk, factories.STAFF, NOON + timedelta(days=1))

    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)
    after_old_report = queries.is_suppressed(ANNA)
    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON + timedelta(days=2))

    assert (after_old_report, queries.is_suppressed(ANNA)) == (False, True)
    assert Suppression.objects.values_list("lifted_by", "times").get() == ("", 2)


def test_entry_is_lifted_once(staff):
    row = suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)
    suppressing.lift(row.pk, factories.STAFF, NOON)

    with nothing_changed():
        answer = staff.post(LIFT, id=global_id("MailSuppression", row.pk))["mailSuppressionLift"]

    assert answer["errors"] == [
        {
            "field": "id",
            "code": "TRANSITION_NOT_ALLOWED",
            "message": "This mailbox was taken off the list already.",
        }
    ]


@pytest.mark.parametrize("wrong", ["x", global_id("MailSuppression", 999), global_id("Order", 1)])
def test_entry_that_is_none_is_not_found(staff, wrong):
    answer = staff.post(LIFT, id=wrong)["mailSuppressionLift"]

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [("id", "NOT_FOUND")]


@pytest.mark.parametrize(
    "wish, field, code",
    [
        ({"email": "anna"}, "email", "INVALID"),
        ({"email": ANNA, "note": "x" * 1001}, "note", "TOO_LONG"),
        ({"email": ANNA, "note": "a\x00"}, "note", "INVALID"),
    ],
)
def test_entry_is_refused_when_it_is_no_mailbox(staff, wish, field, code):
    with nothing_changed():
        answer = staff.post(ADD, **wish)["mailSuppressionAdd"]

    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]


@pytest.mark.skipif(not IS_3, reason="channels of staff exist on 3.x only")
def test_staff_of_another_channel_see_no_mailbox_of_this_one():
    row = suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)
    suppressing.suppress(mailbox_of("b@example.com"), Cause.BOUNCE, "", NOON)
    elsewhere = Api(factories.make_staff(only_channel="elsewhere"))
    here = Api(factories.make_staff(only_channel=CHANNEL))

    with nothing_changed():
        answer = elsewhere.post(LIFT, id=global_id("MailSuppression", row.pk))

    assert answer["mailSuppressionLift"]["errors"][0]["code"] == "NOT_FOUND"
    assert listed(elsewhere) == []
    assert [node["email"] for node in listed(here)] == [ANNA]


def test_staff_see_on_a_mail_that_its_mailbox_is_dead(staff, order):
    other = factories.make_order(email="boris@example.com")
    for number, made in enumerate((order, other)):
        parcel = factories.fulfill(made, tracking_number=f"1Z{number}")
        factories.scan(parcel, ShipmentStatus.PICKED_UP)
    factories.commit()
    suppressing.suppress(mailbox_of(ANNA), Cause.BOUNCE, "", NOON)

    edges = staff.post(FOLLOW_UPS)["followUps"]["edges"]

    assert sorted(
        (edge["node"]["recipient"], edge["node"]["recipientBounced"]) for edge in edges
    ) == [
        (ANNA, True),
        ("boris@example.com", False),
    ]
