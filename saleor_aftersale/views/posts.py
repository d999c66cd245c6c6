"""What machines post to us: a body of limited size, and a refusal they can read."""

from __future__ import annotations

import json

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse


def body_of(request: HttpRequest, max_bytes: int) -> bytes:
    """
    The whole body.

    Raises:
        RequestDataTooBig: it is larger, or says so before it is read.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > max_bytes:
        raise RequestDataTooBig
    body: bytes = request.body
    if len(body) > max_bytes:
        raise RequestDataTooBig
    return body


def refusal(status: int, code: str, message: str, field: str | None = None) -> HttpResponse:
    """Why nothing was taken, in the form of our API's errors."""
    error = {"field": field, "message": message, "code": code}
    return HttpResponse(
        json.dumps({"errors": [error]}), status=status, content_type="application/json"
    )
