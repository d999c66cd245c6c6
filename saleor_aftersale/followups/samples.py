"""What each mail can tell: its values by name, with an example of each. A table."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any, Dict

_MOMENT = datetime(2026, 3, 5, 12, 0, tzinfo=timezone.utc)
_DAY = date(2026, 3, 22)
_PAGE = "https://shop.example/page"

_SHARED: Dict[str, Any] = {
    "shop_name": "Anna's Shop",
    "customer_name": "Maria Nowak",
    "order_number": "1042",
    "page_url": _PAGE,
    "return_page_url": _PAGE,
    "support_contact": "help@shop.example",
    "support_url": _PAGE,
    "valid_days": 180,
}
_GOODS = {"lines": [{"product_name": "Kettle", "quantity": 2, "reason_text": "Too small"}]}
_PARCEL = {
    **_GOODS,
    "carrier": "InPost",
    "tracking_number": "6051",
    "tracking_url": _PAGE,
}
_PARCELS = {"more_parcels": [_PARCEL]}
_INCIDENT = {"incident_text": "Nobody was at home.", "act_text": "Please call the carrier."}
_PICKUP = {"place": "WAW04N", "collect_by_at": _MOMENT}
_RETURN = {**_GOODS, "return_number": "R-2026-000123"}
_WAY = {
    "send_back_until": _DAY,
    "is_nothing_to_send": False,
    "method_text": "By a locker",
    "return_instructions": "Lipowa 7, Warszawa",
    "return_code": "123456",
    "drop_off_point": "WAW04N",
    "label_url": _PAGE,
    "has_label_file": False,
}
_FINDINGS = {
    "lines": [
        {
            "product_name": "Kettle",
            "quantity": 2,
            "outcome_text": "Accepted",
            "deduction": "10",
            "note": "A scratch",
            "reason_text": "Too small",
        }
    ]
}
_OFFER = {"goods": [{"name": "Cup", "url": _PAGE, "price_text": "10.00 EUR"}]}
_ADVICE = [{"name": "Kettle", "howto": "Fill it.", "howto_url": _PAGE, "care": "Dry it."}]

#: By key; all of them have what is shared, too.
_OWN: Dict[str, Dict[str, Any]] = {
    "order.link": {},
    "order.received": {**_GOODS, "amount_text": "249.90 PLN"},
    "order.preparing": {**_GOODS, "promised_until": _DAY},
    "order.delayed_before_shipping": {**_GOODS, "promised_until": _DAY},
    "shipment.sent": {**_PARCEL, **_PARCELS, "promised_at": _MOMENT},
    "shipment.split": {
        **_PARCEL,
        **_PARCELS,
        "promised_at": _MOMENT,
        "rest": _GOODS["lines"],
    },
    "shipment.out_for_delivery": _PARCEL,
    "shipment.ready_for_pickup": {**_PARCEL, **_PICKUP},
    "shipment.pickup_reminder": {**_PARCEL, **_PICKUP, "is_last_day": True},
    "shipment.attempt_failed": {**_PARCEL, **_INCIDENT},
    "shipment.action_required": {**_PARCEL, **_INCIDENT},
    "shipment.delayed": {**_PARCEL, **_INCIDENT, "promised_at": _MOMENT},
    "shipment.returning": {**_PARCEL, **_INCIDENT},
    "shipment.lost": {**_PARCEL, "is_damaged": False},
    "shipment.delivered": {**_GOODS, "delivered_at": _MOMENT, "return_until": _DAY},
    "return.received_request": {**_RETURN, "submitted_at": _MOMENT},
    "return.needs_info": {**_RETURN, "question": "Which size do you need?"},
    "return.approved": {**_RETURN, **_WAY},
    "return.label": {**_RETURN, **_WAY},
    "return.declined": {**_RETURN, "refusal_text": "Too late", "decline_note": "Sorry."},
    "return.send_reminder": {
        **_RETURN,
        "send_back_until": _DAY,
        "return_instructions": "Lipowa 7, Warszawa",
    },
    "return.on_the_way": {**_RETURN, "tracking_number": "6051"},
    "return.arrived": {**_RETURN, "is_partial": False},
    "return.inspected": {**_RETURN, **_FINDINGS, "has_deduction": True},
    "return.reply": {**_RETURN, "message": "We look into it."},
    "return.closed": {**_RETURN, "ending": "COMPLETED"},
    "complaint.answered": {
        **_RETURN,
        "submitted_at": _MOMENT,
        "decided_at": _MOMENT,
        "is_accepted": True,
        "is_partial": False,
        "refusal_text": "Too late",
        "decline_note": "Sorry.",
    },
    "exchange.sent": {**_RETURN, "reference": "1043"},
    "repair.started": _RETURN,
    "repair.sent": {**_RETURN, "reference": "6051"},
    "refund.issued": {
        "return_number": "R-2026-000123",
        "amount": "249.90",
        "currency": "PLN",
        "amount_text": "249.90 PLN",
        "card_code": "ABCD-1234",
    },
    "staff.refund_failed": {
        "return_number": "R-2026-000123",
        "amount_text": "249.90 PLN",
        "fault": "Card expired",
        "is_given_up": False,
    },
    "withdrawal.acknowledged": {
        **_GOODS,
        "reference": "W-2026-7KQ3-9FHD",
        "stated_at": _MOMENT,
        "sentence": "I withdraw.",
        "name": "Maria Nowak",
        "contract": "1042",
        "email": "maria@example.com",
        "form_url": _PAGE,
    },
    "feedback.delivery": {
        "feedback_url": _PAGE,
        "scores": [{"score": 5, "url": _PAGE}],
    },
    "feedback.product_review": {
        **_GOODS,
        "feedback_url": _PAGE,
        "reviews": [{"name": "Google", "url": _PAGE}],
    },
    "feedback.reply": {"score": 2, "comment": "Too slow", "answer": "We are sorry."},
    "howto.product": {"goods": _ADVICE},
    "guarantee.reminder": {**_GOODS, "guarantee_until": _DAY},
    "replenish.reminder": {"promotion": _OFFER},
    "recommend.related": {"promotion": _OFFER},
    "referral.ask": {"promotion": {"url": _PAGE}},
    "voucher.thanks": {"promotion": {"code": "THANKS", "value": "10 %"}, "voucher_until": _DAY},
    "winback.goodwill": {"promotion": _OFFER},
}

#: Those that need consent.
MARKETING = frozenset(
    {
        "feedback.delivery",
        "feedback.product_review",
        "guarantee.reminder",
        "howto.product",
        "recommend.related",
        "referral.ask",
        "replenish.reminder",
        "voucher.thanks",
        "winback.goodwill",
    }
)

SAMPLES: Dict[str, Dict[str, Any]] = {key: {**_SHARED, **own} for key, own in _OWN.items()}
