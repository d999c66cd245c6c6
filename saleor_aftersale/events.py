"""Facts that happened, as frozen dataclasses, and the way they are made known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Callable, Iterable, Mapping, Type

from .values import Money


@dataclass(frozen=True)
class Event:
    """Base of every fact. Published inside the transaction that made it true."""


@dataclass(frozen=True)
class OrderChanged(Event):
    """The shop did something to an order: placed, shipped, cancelled, edited, refunded."""

    order_ref: str


@dataclass(frozen=True)
class OrderPlaced(Event):
    """A customer placed an order; told once, and not of orders that are older than a day."""

    order_ref: str


@dataclass(frozen=True)
class OrderUnsent(Event):
    """Nothing of an order was sent for longer than is usual, or than was promised."""

    order_ref: str
    #: The shop promised to send it sooner.
    is_promise_broken: bool


@dataclass(frozen=True)
class OrderDelivered(Event):
    """The last piece of an order was delivered, as far as carriers and shop tell."""

    order_ref: str
    delivered_at: datetime


@dataclass(frozen=True)
class CarrierPushed(Event):
    """A carrier's push is kept and waits to be read, for the first time or again."""

    push_id: int


@dataclass(frozen=True)
class PollsDue(Event):
    """Carriers are to be asked about parcels; any number of tasks may share them."""


@dataclass(frozen=True)
class ShipmentStatusChanged(Event):
    """The status derived from all events of a parcel is another one than before."""

    shipment_id: int
    order_ref: str
    before: str
    after: str
    #: The carrier held the parcel already before this change.
    was_handed_over: bool
    occurred_at: datetime


@dataclass(frozen=True)
class ReturnParcelTold(Event):
    """Somebody told of a parcel in which goods come back: it is to be tracked."""

    #: What returns knows it by.
    parcel_ref: str
    order_ref: str
    #: Normalised.
    tracking_number: str
    #: Carrier code; empty while unknown.
    carrier: str


@dataclass(frozen=True)
class ReturnParcelMoved(Event):
    """The status derived from all events of a parcel on its way back is another one."""

    shipment_id: int
    order_ref: str
    before: str
    after: str
    #: The carrier held the parcel already before this change.
    was_handed_over: bool
    occurred_at: datetime


@dataclass(frozen=True)
class ShipmentLate(Event):
    """A parcel didn't arrive by the end of what was promised or estimated; told once each."""

    shipment_id: int
    order_ref: str
    #: That end.
    late_since: datetime


@dataclass(frozen=True)
class ShipmentStalled(Event):
    """Nothing new was heard of a parcel for longer than is usual; told once each silence."""

    shipment_id: int
    order_ref: str
    #: When the silence had become too long.
    stalled_at: datetime


@dataclass(frozen=True)
class PickupDue(Event):
    """A parcel still waits to be collected, and the day before its last one has come."""

    shipment_id: int
    order_ref: str
    #: The morning of the day that is meant: the day before the last one, or the last one.
    remind_at: datetime
    is_last_day: bool


@dataclass(frozen=True)
class ParcelReportedMissing(Event):
    """A customer, or staff for one, said that a parcel never came; told once each."""

    shipment_id: int
    order_ref: str


@dataclass(frozen=True)
class ReturnTransitioned(Event):
    """A return request moved from one state to another."""

    return_request_id: int
    order_ref: str
    before: str
    after: str


@dataclass(frozen=True)
class AnswerAwaited(Event):
    """A customer has been asked something for days, and a return request can't go on."""

    return_request_id: int
    order_ref: str


@dataclass(frozen=True)
class RemedyDecided(Event):
    """Staff decided what becomes of the goods of a return request, for now or for good."""

    remedy_id: int
    return_request_id: int
    order_ref: str


@dataclass(frozen=True)
class RemedySent(Event):
    """What takes the place of goods, or the repaired goods themselves, went to the customer."""

    remedy_id: int
    return_request_id: int
    order_ref: str


@dataclass(frozen=True)
class ReturnMethodSet(Event):
    """Staff said, after the approval, how goods are to come back: a label, a code, a place."""

    method_id: int
    return_request_id: int
    order_ref: str


@dataclass(frozen=True)
class SendBackNear(Event):
    """Goods that may come back have not been sent, and there are few days left."""

    return_request_id: int
    order_ref: str
    #: The last day.
    send_back_on: date


@dataclass(frozen=True)
class ReturnMessageWritten(Event):
    """Somebody wrote into the thread of a return request; notes of staff aren't told."""

    message_id: int
    return_request_id: int
    order_ref: str
    #: False: the merchant wrote, and the customer is to hear of it.
    is_by_customer: bool


@dataclass(frozen=True)
class RefundDue(Event):
    """A refund row was written; the money is to be moved after commit."""

    refund_id: int


@dataclass(frozen=True)
class RefundSettled(Event):
    """The provider confirmed that the money went back."""

    refund_id: int
    return_request_id: int
    order_ref: str
    amount: Money


@dataclass(frozen=True)
class RefundFailed(Event):
    """Money that was to go back did not move: staff have to look."""

    refund_id: int
    return_request_id: int
    order_ref: str
    error: str


@dataclass(frozen=True)
class StoreCreditIssued(Event):
    """The customer has a gift card instead of money."""

    refund_id: int
    return_request_id: int
    order_ref: str
    #: The host's ref of the card; its code is asked for where the customer reads it.
    card_ref: str
    amount: Money


@dataclass(frozen=True)
class ReplacementOrdered(Event):
    """A draft order with other goods was made; staff have to place and send it."""

    return_request_id: int
    order_ref: str
    replacement_ref: str


@dataclass(frozen=True)
class ReturnNoticed(Event):
    """The shop did something to an order by hand that an open request has to know of."""

    notice_id: int
    return_request_id: int
    order_ref: str


@dataclass(frozen=True)
class LinkWished(Event):
    """Somebody typed an order number and a mailbox; nobody has looked yet whether they fit."""

    number: str
    email: str


@dataclass(frozen=True)
class AccessRequested(Event):
    """Somebody who knows an order's number and mailbox asked for a link to it."""

    order_ref: str
    #: Tells one request from the next: a link may be asked for again.
    request_key: str


@dataclass(frozen=True)
class WithdrawalStated(Event):
    """A statement of withdrawal is kept; its acknowledgement or its order is still missing."""

    statement_id: int


@dataclass(frozen=True)
class MirrorDue(Event):
    """The metadata of the shop's order doesn't say yet what became of its returns."""

    order_ref: str


@dataclass(frozen=True)
class EventQueued(Event):
    """What the merchant's systems are to be told was written down; to be sent after commit."""

    delivery_id: int


@dataclass(frozen=True)
class FeedbackGiven(Event):
    """A customer rated an order, or changed what was said of it before."""

    feedback_id: int
    order_ref: str
    #: The score that stood until then; 0: there was none.
    before: int
    after: int


@dataclass(frozen=True)
class FeedbackAnswered(Event):
    """Staff answered what a customer said of an order."""

    feedback_id: int
    order_ref: str


@dataclass(frozen=True)
class VoucherDue(Event):
    """A voucher was promised in return for feedback; to be made in the shop after commit."""

    voucher_id: int


@dataclass(frozen=True)
class VoucherCreated(Event):
    """The voucher for somebody's feedback can be used; told once."""

    voucher_id: int
    order_ref: str


@dataclass(frozen=True)
class MailQueued(Event):
    """An outbox row was written; the mail is to be sent after commit."""

    mail_id: int


@dataclass(frozen=True)
class MailboxRefused(Event):
    """A mail server said, when a mail was to be sent, that there is no such mailbox."""

    email: str
    #: What the mail server said.
    detail: str
    occurred_at: datetime


@dataclass(frozen=True)
class MailBounced(Event):
    """A mail server sent a mail back, for good or for now."""

    #: As the mail's header has it; empty when the report doesn't tell.
    message_id: str
    #: Normalised.
    email: str
    is_permanent: bool
    #: What the mail server said.
    detail: str
    occurred_at: datetime


Handler = Callable[[Event], None]
Table = Mapping[Type[Event], Iterable[Handler]]

_table: Callable[[], Table] | None = None


def subscribe(table: Callable[[], Table]) -> None:
    """Install what gives the one table of event -> what follows, asked for when first needed."""
    global _table
    _table = table


def publish(event: Event) -> None:
    """Call the handlers of an event, in the table's order and in the caller's transaction."""
    for handler in (_table() if _table else {}).get(type(event), ()):
        handler(event)
