"""What belongs to a return request beside its lines: photos, the way back, the slip."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional

import graphene
from django.utils import timezone

from ..host import graphql as host
from ..returns import attachments, bases, file_links, methods
from ..returns.methods import WayBack
from ..returns.models import ReturnAttachment as AttachmentRow
from ..returns.models import ReturnMethod as MethodRow
from ..returns.models import ReturnRequest as RequestRow
from . import callers
from .tracking import list_of

ReturnMethodEnum = graphene.Enum("ReturnMethodName", [(word, word) for word in bases.METHODS])


class SeenAttachment(NamedTuple):
    """A file and the request it belongs to."""

    row: AttachmentRow
    request: RequestRow


class ReturnAttachment(graphene.ObjectType):
    """A photo that belongs to a return request."""

    id = graphene.ID(required=True)
    url = graphene.String(required=True, description="Opens the file for an hour, then no more.")
    name = graphene.String(required=True, description="For people only.")
    content_type = graphene.String(required=True)
    created_at = graphene.Field(host.DateTime, required=True)

    @staticmethod
    def resolve_id(root: SeenAttachment, _info: Any) -> str:
        return graphene.Node.to_global_id("ReturnAttachment", root.row.pk)

    @staticmethod
    def resolve_url(root: SeenAttachment, info: Any) -> str:
        with host.reading(info):
            return file_links.attachment_url(root.row, root.request, timezone.now())

    @staticmethod
    def resolve_name(root: SeenAttachment, _info: Any) -> str:
        return root.row.name

    @staticmethod
    def resolve_content_type(root: SeenAttachment, _info: Any) -> str:
        return root.row.content_type

    @staticmethod
    def resolve_created_at(root: SeenAttachment, _info: Any) -> Any:
        return root.row.created_at


class SeenWayBack(NamedTuple):
    """A way back and the request it is for."""

    way: WayBack
    request: RequestRow


class ReturnMethod(graphene.ObjectType):
    """How the goods come back; what isn't needed for the method is empty."""

    method = graphene.Field(ReturnMethodEnum, required=True)
    nothing_to_send = graphene.Boolean(required=True, description="The customer keeps the goods.")
    instructions = graphene.String(required=True)
    label_url = graphene.String(
        required=True, description="Of the carrier, or of the file for an hour."
    )
    code = graphene.String(required=True, description="For a locker or a counter.")
    drop_off_point = graphene.String(required=True)

    @staticmethod
    def resolve_method(root: SeenWayBack, _info: Any) -> str:
        return root.way.method

    @staticmethod
    def resolve_nothing_to_send(root: SeenWayBack, _info: Any) -> bool:
        return root.way.is_nothing_to_send

    @staticmethod
    def resolve_instructions(root: SeenWayBack, _info: Any) -> str:
        return root.way.instructions

    @staticmethod
    def resolve_label_url(root: SeenWayBack, info: Any) -> str:
        if root.way.label is None:
            return root.way.label_url
        with host.reading(info):
            return file_links.attachment_url(root.way.label, root.request, timezone.now())

    @staticmethod
    def resolve_code(root: SeenWayBack, _info: Any) -> str:
        return root.way.code

    @staticmethod
    def resolve_drop_off_point(root: SeenWayBack, _info: Any) -> str:
        return root.way.drop_off_point


class FilesByRequestLoader(host.DataLoader):
    """Photos by the request's key, without their content."""

    context_key = "aftersale_return_files"

    def batch_load(self, keys: Iterable[int]) -> List[List[AttachmentRow]]:
        using = getattr(self, "database_connection_name", "default")
        found: Dict[int, List[AttachmentRow]] = {key: [] for key in keys}
        rows = AttachmentRow.objects.using(using).filter(request_id__in=list(found))
        for row in rows.filter(kind=attachments.PHOTO).defer("content").order_by("pk"):
            found[row.request_id].append(row)
        return [found[key] for key in keys]


class MethodByRequestLoader(host.DataLoader):
    """What staff decided, by the request's key."""

    context_key = "aftersale_return_method"

    def batch_load(self, keys: Iterable[int]) -> List[Optional[MethodRow]]:
        using = getattr(self, "database_connection_name", "default")
        found = methods.chosen_methods(keys, using=using)
        return [found.get(key) for key in keys]


class ReturnFiles:
    """Fields of ``ReturnRequest``; its root is a ``SeenRequest``."""

    attachments = graphene.Field(list_of(ReturnAttachment), description="Photos, oldest first.")
    return_method = graphene.Field(
        ReturnMethod, description="Null until the shop has agreed, and when it has refused."
    )
    slip_url = graphene.String(
        description=(
            "A page to print and put into the parcel, valid for a week; with `?format=pdf` as "
            "a PDF where the shop has installed that. Null while there is nothing to send."
        )
    )

    @staticmethod
    def resolve_attachments(root: Any, info: Any) -> Any:
        found = FilesByRequestLoader(info.context).load(root.row.pk)
        return found.then(lambda rows: [SeenAttachment(row, root.row) for row in rows])

    @staticmethod
    def resolve_return_method(root: Any, info: Any) -> Any:
        def seen(row: Optional[MethodRow]) -> Optional[SeenWayBack]:
            way = _way_back(root.row, row, info)
            return SeenWayBack(way, root.row) if way else None

        return MethodByRequestLoader(info.context).load(root.row.pk).then(seen)

    @staticmethod
    def resolve_slip_url(root: Any, info: Any) -> Any:
        def url(row: Optional[MethodRow]) -> Optional[str]:
            way = _way_back(root.row, row, info)
            if way is None or way.is_nothing_to_send:
                return None
            with host.reading(info):
                return file_links.slip_url(root.row, timezone.now())

        return MethodByRequestLoader(info.context).load(root.row.pk).then(url)


def _way_back(request: RequestRow, row: Optional[MethodRow], info: Any) -> Optional[WayBack]:
    with host.reading(info):
        settings = callers.settings_by_channel(info)[request.order.channel]
        return methods.way_back(request, row, settings)
