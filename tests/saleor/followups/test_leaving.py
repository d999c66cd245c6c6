"""A shop's own templates: promotion stays out of mails about contracts, the way out stays in."""

import pytest
from django.template import Engine

from saleor_aftersale.followups import preview, rendering
from saleor_aftersale.followups.models import OutboxMail
from tests import factories
from tests.factories import NOON
from tests.saleor.followups.asked import agree, fate_of, send_at_its_time, send_due

pytestmark = pytest.mark.django_db

MAILS = "saleor_aftersale/mail/"
CACHES = (rendering.renderer, rendering.template, rendering._engine)


@pytest.fixture(autouse=True)
def active(clock):
    factories.activate(enabled_mails="shipment.delivered, feedback.delivery")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Puts a template of the shop's own into the place of ours."""
    engine = Engine.get_default()
    monkeypatch.setattr(engine, "dirs", [str(tmp_path), *engine.dirs])
    for cache in CACHES:
        cache.cache_clear()

    def put(name, text):
        file = tmp_path / MAILS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    yield put
    monkeypatch.undo()
    for cache in CACHES:
        cache.cache_clear()


def body(text):
    return (
        '{% extends "saleor_aftersale/mail/base.txt" %}{% block main %}' + text + "{% endblock %}"
    )


READING = [
    "{{ promotion }}",
    "{{ promotion.code }}",
    "{% if promotion %}Buy!{% endif %}",
    "{% if promotion.goods %}Buy!{% endif %}",
    "{% for item in promotion.goods %}Buy!{% endfor %}",
    '{% include "saleor_aftersale/parts/goods.txt" with goods=promotion.goods only %}',
]


@pytest.mark.parametrize("text", READING)
def test_mail_about_the_contract_is_not_made_when_its_template_promotes(own, mailbox, text, clock):
    own("shipment.delivered/body.txt", body(text))
    factories.delivered_order()

    send_due(clock)

    state, why = fate_of("shipment.delivered")
    assert state == "DEAD" and "holds no promotion" in why
    assert mailbox == []


def test_mail_about_the_contract_may_be_worded_otherwise(own, mailbox, clock):
    own("shipment.delivered/body.txt", body("It came: {{ order_number }}."))
    factories.delivered_order()

    send_due(clock)

    assert fate_of("shipment.delivered") == ("SENT", "")
    assert "It came: " in mailbox[0].body


def test_mail_about_the_contract_is_not_made_when_its_context_promotes(mailbox, clock):
    factories.delivered_order()
    row = OutboxMail.objects.get(key="shipment.delivered")
    OutboxMail.objects.filter(pk=row.pk).update(
        context={**row.context, "promotion": {"code": "ABCD"}}
    )

    send_due(clock)

    assert fate_of("shipment.delivered")[0] == "DEAD"
    assert mailbox == []


def test_preview_says_that_a_template_promotes(own, clock):
    own("shipment.delivered/body.txt", body("{{ promotion.code }}"))
    record = factories.keep(factories.delivered_order())

    with pytest.raises(preview.MailNotSent, match="holds no promotion"):
        preview.preview_mail("shipment.delivered", record)


@pytest.mark.parametrize("frame", ["base.txt", "base.html"])
def test_marketing_is_not_sent_when_the_shops_frame_hides_the_way_out(own, mailbox, frame, clock):
    agree()
    own(frame, "{% block main %}{% endblock %}")
    factories.delivered_order(at=NOON)

    state, why = send_at_its_time("feedback.delivery", clock)

    assert state == "DEAD" and "unsubscribe" in why
    # Other mails don't need it.
    assert fate_of("shipment.delivered") == ("SENT", "")
    assert len(mailbox) == 1
