"""The mutation by which customers rate an order, with an account or by link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import graphene
from django.utils import timezone

from .. import access
from ..feedback import actions
from ..feedback.actions import InvalidFeedback, Opinion
from ..tracking import queries as tracking_queries
from ..values import PermissionRefused, Role
from . import callers
from .errors import AftersaleMutation
from .feedback import FeedbackCategoryEnum, OrderFeedback, SeenFeedback


class FeedbackGive(AftersaleMutation):
    """Rates an order, or rates it otherwise."""

    feedback = graphene.Field(OrderFeedback)

    class Arguments:
        order_id = graphene.ID(description="Id of the order; not needed with a link.")
        access_token = graphene.String(description="From a signed link to the order.")
        score = graphene.Int(description="1 to 5; left out: as it was given before.")
        comment = graphene.String(description="Up to 2000 characters; left out: as before.")
        categories = graphene.List(
            graphene.NonNull(FeedbackCategoryEnum), description="Left out: as before."
        )

    class Meta:
        description = (
            "Rates an order once something of it has arrived or should have. Given again, it "
            "takes the place of what was said before. For the order's customer, also by link."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> FeedbackGive:
        caller = callers.caller_for_order(
            info, order_id=data.get("order_id"), access_token=data.get("access_token")
        )
        _check_is_customer(caller)
        order_ref, hour = caller.order.ref, timedelta(hours=1)
        access.limit_rate("feedback", order_ref, tries=actions.TRIES_AN_HOUR, period=hour)
        record = tracking_queries.record_of(order_ref)
        if record is None:
            raise InvalidFeedback(
                actions.NOTHING_ARRIVED, field="order_id", code="NOT_DELIVERED_YET"
            )
        chosen = data.get("categories")
        opinion = Opinion(
            data.get("score"), data.get("comment"), None if chosen is None else tuple(chosen)
        )
        language = caller.order.language
        row = actions.give_feedback(record, opinion, language=language, now=timezone.now())
        return cls(feedback=SeenFeedback(row, caller.requester), errors=[])


def _check_is_customer(caller: callers.Caller) -> None:
    """Staff see an order, but what its customer thinks of it is not for them to say."""
    requester, owner = caller.requester, caller.order.user_ref
    is_own = requester.role is Role.STAFF and owner and requester.ref == owner
    if requester.role not in (Role.CUSTOMER, Role.GUEST) and not is_own:
        raise PermissionRefused("Only the order's customer can rate it.")
