"""Feedback on an order as the API shows it, and the queries for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import graphene
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ..feedback import queries
from ..feedback.categories import CATEGORIES
from ..feedback.invitations import ReviewLink
from ..feedback.models import Feedback as FeedbackRow
from ..feedback.models import ThanksVoucher
from ..feedback.vouchers import VoucherState
from ..host import graphql as host
from ..tracking import queries as tracking_queries
from ..values import Requester, Role
from . import callers
from .tracking import OrderFileByRefLoader, list_of, visible_file

FeedbackCategoryEnum = graphene.Enum("FeedbackCategory", [(code, code) for code in CATEGORIES])
FeedbackVoucherStateEnum = graphene.Enum(
    "FeedbackVoucherState", [(state.name, state.value) for state in VoucherState]
)


class SeenFeedback(NamedTuple):
    """Feedback and the person who looks at it."""

    row: FeedbackRow
    requester: Requester

    @property
    def is_staffs(self) -> bool:
        """Whether somebody looks who works on the order."""
        return self.requester.may_manage(self.row.order.channel)


class SeenVoucher(NamedTuple):
    """A voucher and the person who looks at it."""

    row: ThanksVoucher
    currency: str
    is_staffs: bool


class FeedbackVoucher(graphene.ObjectType):
    """What an order's customer gets for rating it, whatever the score is."""

    state = graphene.Field(FeedbackVoucherStateEnum, required=True)
    code = graphene.String(description="Null until it can be used.")
    value = graphene.Float(required=True, description="A share of 100, or an amount.")
    is_percentage = graphene.Boolean(required=True)
    currency = graphene.String(required=True)
    expires_on = graphene.Field(host.Date, required=True, description="The last day.")
    error = graphene.String(description="Of the last try to make it; for staff only.")

    @staticmethod
    def resolve_state(root: SeenVoucher, _info: Any) -> str:
        return root.row.state

    @staticmethod
    def resolve_code(root: SeenVoucher, _info: Any) -> Optional[str]:
        return root.row.code if root.row.state == VoucherState.CREATED.value else None

    @staticmethod
    def resolve_value(root: SeenVoucher, _info: Any) -> float:
        return float(root.row.value)

    @staticmethod
    def resolve_is_percentage(root: SeenVoucher, _info: Any) -> bool:
        return root.row.is_percentage

    @staticmethod
    def resolve_currency(root: SeenVoucher, _info: Any) -> str:
        return root.currency

    @staticmethod
    def resolve_expires_on(root: SeenVoucher, _info: Any) -> date:
        return root.row.expires_on

    @staticmethod
    def resolve_error(root: SeenVoucher, _info: Any) -> Optional[str]:
        return root.row.detail or None if root.is_staffs else None


class FeedbackStatement(graphene.ObjectType):
    """What a customer had said of an order before it was changed."""

    score = graphene.Int(required=True)
    comment = graphene.String(required=True)
    categories = graphene.Field(list_of(FeedbackCategoryEnum))
    at = graphene.Field(host.DateTime, required=True)
    answer = graphene.String(description="Of staff, to these words; null: there was none.")

    @staticmethod
    def resolve_at(root: Dict[str, Any], _info: Any) -> Optional[datetime]:
        moment: Optional[datetime] = parse_datetime(root["at"])
        return moment


class FeedbackReviewLink(graphene.ObjectType):
    """A public place where an order can be reviewed."""

    name = graphene.String(required=True)
    url = graphene.String(required=True)


def _plain(name: str, _default: Any, root: SeenFeedback, _info: Any, **_arguments: Any) -> Any:
    """A field without a resolver of its own is a column."""
    return getattr(root.row, name)


class OrderFeedback(graphene.ObjectType):
    """What a customer says of an order."""

    id = graphene.ID(required=True)
    order_id = graphene.ID(required=True)
    order_number = graphene.String(required=True)
    channel = graphene.String(required=True)
    score = graphene.Int(required=True, description="1 to 5.")
    comment = graphene.String(required=True)
    categories = graphene.Field(list_of(FeedbackCategoryEnum))
    language = graphene.String(required=True, description="In which it was asked.")
    given_at = graphene.Field(host.DateTime, required=True)
    changed_at = graphene.Field(host.DateTime, required=True)
    earlier = graphene.Field(list_of(FeedbackStatement), description="Oldest first.")
    reply_by = graphene.Field(
        host.DateTime, description="The shop answers before; null: no answer is owed."
    )
    answer = graphene.String(required=True, description="Of the shop; empty without one.")
    answered_at = graphene.Field(host.DateTime)
    answered_by = graphene.String(description="For staff only.")
    voucher = graphene.Field(FeedbackVoucher, description="Null: none was promised.")
    review_links = graphene.Field(
        list_of(FeedbackReviewLink),
        description="Show them whatever the score is: to ask only the satisfied misleads.",
    )

    class Meta:
        default_resolver = _plain

    @staticmethod
    def resolve_id(root: SeenFeedback, _info: Any) -> str:
        return graphene.Node.to_global_id("OrderFeedback", root.row.pk)

    @staticmethod
    def resolve_order_id(root: SeenFeedback, _info: Any) -> str:
        return host.order_global_id(root.row.order.order_ref)

    @staticmethod
    def resolve_order_number(root: SeenFeedback, _info: Any) -> str:
        return root.row.order.number

    @staticmethod
    def resolve_channel(root: SeenFeedback, _info: Any) -> str:
        return root.row.order.channel

    @staticmethod
    def resolve_answered_by(root: SeenFeedback, _info: Any) -> Optional[str]:
        return root.row.answered_by if root.is_staffs else None

    @staticmethod
    def resolve_voucher(root: SeenFeedback, info: Any) -> Any:
        def shown(row: Optional[ThanksVoucher]) -> Optional[SeenVoucher]:
            return SeenVoucher(row, root.row.order.currency, root.is_staffs) if row else None

        return VoucherByRecordLoader(info.context).load(root.row.order_id).then(shown)

    @staticmethod
    def resolve_review_links(root: SeenFeedback, info: Any) -> List[ReviewLink]:
        with host.reading(info):
            return list(callers.settings_by_channel(info)[root.row.order.channel].review_links)


class VoucherByRecordLoader(host.DataLoader):
    """Vouchers for feedback: one query for a whole page."""

    context_key = "aftersale_voucher_by_record"

    def batch_load(self, keys: Iterable[int]) -> List[Optional[ThanksVoucher]]:
        using = getattr(self, "database_connection_name", "default")
        found = queries.vouchers_by_order(keys, using=using)
        return [found.get(key) for key in keys]


class FeedbackByRefLoader(host.DataLoader):
    """Feedback by order: one query for a whole page of orders."""

    context_key = "aftersale_feedback_by_ref"

    def batch_load(self, keys: Iterable[str]) -> List[Optional[FeedbackRow]]:
        using = getattr(self, "database_connection_name", "default")
        found = queries.feedback_by_order(keys, using=using)
        return [found.get(key) for key in keys]


class RipeByRefLoader(host.DataLoader):
    """Whether orders can be rated: one query for a whole page of orders."""

    context_key = "aftersale_ripe_by_ref"

    def batch_load(self, keys: Iterable[str]) -> List[bool]:
        using = getattr(self, "database_connection_name", "default")
        ripe = queries.ripe_orders(keys, timezone.now(), using=using)
        return [key in ripe for key in keys]


def resolve_order_feedback(root: Any, info: Any) -> Any:
    """``Order.feedback``: null for strangers, even if they know the order's id."""
    requester = host.requester(info)

    def shown(pair: Any) -> Any:
        file, row = pair
        visible = visible_file(info, file)
        if visible is None or row is None:
            return None
        return SeenFeedback(row, callers.in_capacity(requester, visible.order.channel))

    return _with_file(info, root, FeedbackByRefLoader).then(shown)


def resolve_may_give(root: Any, info: Any) -> Any:
    """``Order.mayGiveFeedback``: null for strangers."""

    def shown(pair: Any) -> Optional[bool]:
        file, is_ripe = pair
        return None if visible_file(info, file) is None else is_ripe

    return _with_file(info, root, RipeByRefLoader).then(shown)


def _with_file(info: Any, root: Any, loader: Any) -> Any:
    """A promise of the order's file and of what the loader has of that order."""
    order_ref = host.order_ref(root)

    def with_other(file: Any) -> Any:
        return loader(info.context).load(order_ref).then(lambda other: (file, other))

    return OrderFileByRefLoader(info.context).load(order_ref).then(with_other)


class OrderFeedbackAccess(graphene.ObjectType):
    """What whoever holds a link to an order sees of its feedback."""

    may_give = graphene.Boolean(required=True, description="Something of the order can be judged.")
    feedback = graphene.Field(OrderFeedback, description="Null: none was given.")


class SeenAccess(NamedTuple):
    """The same as the API shows it."""

    may_give: bool
    feedback: Optional[SeenFeedback]


def resolve_feedback_by_token(_root: Any, info: Any, access_token: str) -> Optional[SeenAccess]:
    """``orderFeedback``: for a guest's signed link; a link that doesn't hold is an error."""
    with host.reading(info):
        using, now = host.database(info), timezone.now()
        record = tracking_queries.record_of_link(access_token, now, using=using)
        if not callers.settings_by_channel(info)[record.channel].is_active:
            return None
        ref = record.order_ref
        row = queries.feedback_by_order([ref], using=using).get(ref)
        is_ripe = ref in queries.ripe_orders([ref], now, using=using)
    guest = Requester(Role.GUEST, label=record.customer_email)
    return SeenAccess(is_ripe or row is not None, SeenFeedback(row, guest) if row else None)
