"""Feedback for staff: the list, the answer, vouchers that weren't made, figures."""

from __future__ import annotations

from datetime import date
from typing import Any, List, NamedTuple, Optional, Tuple

import graphene
from django.utils import timezone

from ..feedback import actions, lists, numbers, vouchers
from ..feedback.models import Feedback as FeedbackRow
from ..feedback.numbers import Figures, Numbers
from ..feedback.scores import SCORES
from ..host import graphql as host
from ..returns import reports
from ..values import NotFound, Requester, is_storable
from . import callers, connection
from .errors import AftersaleMutation
from .feedback import FeedbackVoucherStateEnum, OrderFeedback, SeenFeedback
from .tracking import list_of


class OrderFeedbackCountableEdge(graphene.ObjectType):
    """One order's feedback in a page."""

    node = graphene.Field(OrderFeedback, required=True)
    cursor = graphene.String(required=True)


class OrderFeedbackCountableConnection(graphene.ObjectType):
    """A page of feedback."""

    page_info = graphene.Field(graphene.relay.PageInfo, required=True)
    edges = graphene.Field(list_of(OrderFeedbackCountableEdge))
    total_count = graphene.Int(description="All that match the filter; counted when asked.")

    @staticmethod
    def resolve_total_count(root: connection.Page, info: Any) -> int:
        with host.reading(info):
            return root.rows.count()


class OrderFeedbackFilterInput(graphene.InputObjectType):
    """Narrows a list of feedback; all conditions hold at once."""

    score_gte = graphene.Int()
    score_lte = graphene.Int()
    unanswered = graphene.Boolean(description="Staff owe an answer to a low score.")
    channels = graphene.List(graphene.NonNull(graphene.String), description="Channel slugs.")
    carrier = graphene.String(description="Code of a carrier that brought it; empty: unknown.")
    given_at = graphene.Field(host.DateTimeRangeInput)
    voucher_state = graphene.List(graphene.NonNull(FeedbackVoucherStateEnum))


class OrderFeedbackSortField(graphene.Enum):
    """Columns a list of feedback can be sorted by."""

    GIVEN_AT = lists.GIVEN_AT
    CHANGED_AT = lists.CHANGED_AT
    REPLY_BY = lists.REPLY_BY

    @property
    def description(self) -> str:
        """What the order means, and what isn't in it."""
        return {
            lists.GIVEN_AT: "When the order was first rated.",
            lists.CHANGED_AT: "When something was last said.",
            lists.REPLY_BY: "Until when staff owe an answer; where they never did is left out.",
        }[self.value]


class OrderFeedbackSortingInput(graphene.InputObjectType):
    """Order of a list of feedback."""

    field = graphene.Field(OrderFeedbackSortField, required=True)
    direction = graphene.Field(host.OrderDirection, required=True)


def resolve_feedbacks(_root: Any, info: Any, **arguments: Any) -> connection.Page:
    """``feedbacks``: for staff and apps with MANAGE_ORDERS, of their channels only."""
    requester = callers.staff_for(info)
    wanted = _filter(arguments.pop("filter", None) or {})
    sorting = arguments.pop("sort_by", None) or {"field": lists.GIVEN_AT, "direction": "-"}
    column = sorting["field"]
    with host.reading(info):
        rows = lists.feedback_where(
            wanted, column=column, only_channels=requester.channels, using=host.database(info)
        )
        page = connection.page_of(
            rows, column=column, is_descending=sorting["direction"] == "-", **arguments
        )
    edges = [connection.Edge(SeenFeedback(row, requester), cursor) for row, cursor in page.edges]
    return page._replace(edges=edges)


def _filter(given: Any) -> lists.FeedbackFilter:
    moments = given.get("given_at") or {}
    return lists.FeedbackFilter(
        score_from=given.get("score_gte"),
        score_until=given.get("score_lte"),
        is_owed=given.get("unanswered"),
        channels=given.get("channels"),
        carrier=given.get("carrier"),
        given_from=moments.get("gte"),
        given_until=moments.get("lte"),
        voucher_states=given.get("voucher_state"),
    )


def _row_of_staff(info: Any, global_id: str) -> Tuple[Requester, FeedbackRow]:
    """
    Staff and the feedback they work on.

    Raises:
        PermissionRefused: no MANAGE_ORDERS, said before anything is looked up.
        NotFound: no such feedback, or of a channel they don't work in.
        PluginInactive: the plugin is switched off in its channel.
    """
    requester = callers.staff_for(info)
    key = callers.wanted_key(global_id, "OrderFeedback")
    row = FeedbackRow.objects.select_related("order").filter(pk=key).first()
    if row is None or not requester.may_manage(row.order.channel):
        raise NotFound("There is no such feedback.", field="id")
    callers.active_settings(row.order.channel)
    return requester, row


class FeedbackAnswer(AftersaleMutation):
    """Answers a customer who rated an order."""

    feedback = graphene.Field(OrderFeedback)

    class Arguments:
        id = graphene.ID(required=True)
        text = graphene.String(required=True, description="Up to 4000 characters.")

    class Meta:
        description = (
            "Answers what a customer said of an order, once; the customer gets it by mail. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FeedbackAnswer:
        requester, row = _row_of_staff(info, data["id"])
        now = timezone.now()
        row = actions.answer_feedback(row.pk, requester, text=data["text"], now=now)
        return cls(feedback=SeenFeedback(row, requester), errors=[])


class FeedbackVoucherRetry(AftersaleMutation):
    """Makes a voucher that was given up."""

    feedback = graphene.Field(OrderFeedback)

    class Arguments:
        id = graphene.ID(required=True, description="Id of the feedback it is for.")

    class Meta:
        description = (
            "Tries again to make the voucher for feedback when it is FAILED. "
            "Requires MANAGE_ORDERS."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FeedbackVoucherRetry:
        requester, row = _row_of_staff(info, data["id"])
        vouchers.retry_voucher(row.pk, timezone.now())
        return cls(feedback=SeenFeedback(row, requester), errors=[])


class FeedbackScoreCount(graphene.ObjectType):
    """How often one score was given."""

    score = graphene.Int(required=True)
    count = graphene.Int(required=True)


class ScoreCount(NamedTuple):
    """The same as the API shows it."""

    score: int
    count: int


class FeedbackFigures(graphene.ObjectType):
    """What is said of one carrier, product or channel, or of all."""

    key = graphene.String(
        required=True, description="Carrier code, product name or channel slug; empty: unknown."
    )
    total = graphene.Int(required=True, description="Orders that were rated.")
    average = graphene.Float(description="Of their scores; null when none was given.")
    scores = graphene.Field(list_of(FeedbackScoreCount), description="From 1 to 5.")
    promised = graphene.Int(
        required=True, description="Parcels whose promise or estimate ended in the period."
    )
    on_time_rate = graphene.Float(
        description="Share of them that were delivered by then; null when there were none."
    )

    @staticmethod
    def resolve_scores(root: Figures, _info: Any) -> List[ScoreCount]:
        return [ScoreCount(*pair) for pair in zip(SCORES, root.counts)]


class FeedbackNumbers(graphene.ObjectType):
    """Scores that were first given in a period, and how punctual its parcels were."""

    total = graphene.Field(FeedbackFigures, required=True)
    by_carrier = graphene.Field(
        list_of(FeedbackFigures), description="An order counts for each carrier it came by."
    )
    by_product = graphene.Field(
        list_of(FeedbackFigures),
        description="An order counts for each product in it; up to 500, most rated first.",
    )
    by_channel = graphene.Field(list_of(FeedbackFigures))


def resolve_numbers(
    _root: Any, info: Any, since: date, until: date, channel: Optional[str] = None
) -> Numbers:
    """``feedbackNumbers``: for staff and apps with MANAGE_ORDERS, of their channels."""
    requester = callers.staff_for(info, channel)
    channels = requester.channels if channel is None else [channel]
    named = None if channels is None else sorted(filter(is_storable, channels))
    of = reports.period(since, until, named)
    with host.reading(info):
        return numbers.make_numbers(of, timezone.now(), using=host.database(info))
