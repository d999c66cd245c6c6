"""Mutations of the thread of a return request: questions, answers, messages, notes."""

from __future__ import annotations

from typing import Any, Dict

import graphene
from django.utils import timezone

from ..returns import messages
from ..returns.models import ReturnRequest as RequestRow
from ..values import Requester
from .returns import ReturnRequest
from .returns_customer import CustomerMutation
from .returns_staff import StaffMutation


class ReturnRequestAskForInfo(StaffMutation):
    """Asks the customer something."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        question = graphene.String(required=True)

    class Meta:
        description = (
            "Asks the customer something; the request waits for the answer. The clocks of a "
            "withdrawal don't."
        )

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        messages.ask_for_info(key, requester, question=data["question"], now=timezone.now())


class ReturnRequestProvideInfo(CustomerMutation):
    """Answers the shop's question."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        answer = graphene.String(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Answers the shop's question; the request is decided then."

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        key = str(request.pk)
        messages.provide_info(key, requester, answer=data["answer"], now=timezone.now())


class ReturnRequestAddMessage(CustomerMutation):
    """Writes to the other side."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        text = graphene.String(required=True)
        access_token = graphene.String()

    class Meta:
        description = "Writes into the thread between customer and shop."

    @classmethod
    def act(cls, request: RequestRow, requester: Requester, data: Dict[str, Any]) -> None:
        key = str(request.pk)
        messages.add_message(key, requester, text=data["text"], now=timezone.now())


class ReturnRequestAddNote(StaffMutation):
    """Writes a note."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        text = graphene.String(required=True)

    class Meta:
        description = "Writes down something that only staff see."

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        messages.add_note(key, requester, text=data["text"], now=timezone.now())
