"""Mutations of what belongs to a return request: photos by customers, the way back by staff."""

from __future__ import annotations

from typing import Any, Dict, Optional

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..returns import attachments, methods
from ..values import Requester
from . import callers
from .errors import AftersaleMutation
from .return_files import ReturnAttachment, ReturnMethodEnum, SeenAttachment
from .returns import ReturnRequest, seen_again
from .returns_staff import StaffMutation


class ReturnRequestAddAttachment(AftersaleMutation):
    """Adds a photo to a return request."""

    return_request = graphene.Field(ReturnRequest)
    attachment = graphene.Field(ReturnAttachment)

    class Arguments:
        id = graphene.ID(required=True)
        file = graphene.Argument(
            host.Upload, required=True, description="JPEG, PNG or WebP up to 8 MB, by multipart."
        )
        access_token = graphene.String(description="From a signed link to the order.")

    class Meta:
        description = (
            "Adds a photo to an open return request, up to ten. It is drawn anew: place, camera "
            "and everything else but the picture itself are left out."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> ReturnRequestAddAttachment:
        requester, row = callers.customer_and_request(info, data["id"], data.get("access_token"))
        upload = attachments.read_upload(_file(info, data["file"]))
        added = attachments.add_photo(str(row.pk), upload, requester, now=timezone.now())
        seen = seen_again(info, str(row.pk), requester)
        return cls(return_request=seen, attachment=SeenAttachment(added, seen.row), errors=[])


def _file(info: Any, key: Any) -> Optional[Any]:
    """The file of a multipart request; None when the variable names none."""
    return info.context.FILES.get(key) if isinstance(key, str) else None


class ReturnRequestSetReturnMethod(StaffMutation):
    """Decides how the goods of a request come back."""

    return_request = graphene.Field(ReturnRequest)

    class Arguments:
        id = graphene.ID(required=True)
        method = graphene.Argument(ReturnMethodEnum, required=True)
        instructions = graphene.String(description="Left out: those of the settings.")
        label_url = graphene.String(description="Address that starts with https://.")
        label_file = graphene.Argument(
            host.Upload, description="PDF up to 2 MB or a picture, by multipart."
        )
        code = graphene.String(description="For a locker or a counter that prints the label.")
        drop_off_point = graphene.String()
        tracking_number = graphene.String(
            description="Of the label: tracked, and its first scan tells that goods were sent."
        )
        carrier = graphene.String(description="Carrier code; left out: told by the number.")

    class Meta:
        description = (
            "Decides how the goods of a return request come back; replaces what was decided "
            "before. The customer sees it once the request is approved."
        )

    @classmethod
    def perform(cls, info: Any, **data: Any) -> Any:
        # The staff base hands no ``info`` on, and the file lies in it.
        callers.staff_and_request(info, data["id"])
        if data.get("label_file") is not None:
            file = _file(info, data["label_file"])
            data["label_file"] = attachments.read_upload(file, "label_file")
        return super().perform(info, **data)

    @classmethod
    def act(cls, key: str, requester: Requester, data: Dict[str, Any]) -> None:
        wish = methods.WishedMethod(
            method=data["method"],
            instructions=data.get("instructions") or "",
            label_url=data.get("label_url") or "",
            label=data.get("label_file"),
            code=data.get("code") or "",
            drop_off_point=data.get("drop_off_point") or "",
            tracking_number=data.get("tracking_number") or "",
            carrier=data.get("carrier") or "",
        )
        methods.set_method(key, requester, wish, now=timezone.now())
