"""Checks of what somebody typed: texts, quantities."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence, Tuple

from ..values import AftersaleError, NotFound, is_storable
from .models import ReturnLine

MAX_TEXT = 4000


class InvalidInput(AftersaleError):
    """An input is missing, malformed or out of range."""

    code = "INVALID"


def check_text(value: str, field: str, *, is_required: bool = False) -> None:
    """
    Check a text somebody typed.

    Raises:
        InvalidInput: it is too long, or holds a character no database text can hold, or
            is blank although it ``is_required``.
    """
    if is_required and not value.strip():
        raise InvalidInput("Write something.", field=field, code="REQUIRED")
    if len(value) > MAX_TEXT:
        raise InvalidInput(f"Use up to {MAX_TEXT} characters.", field=field, code="TOO_LONG")
    if not is_storable(value):
        raise InvalidInput("The text holds a character that can't be stored.", field=field)


def faults_in(check: Callable[..., None], *args: Any) -> Tuple[AftersaleError, ...]:
    """What a check complains of; nothing when all is well."""
    try:
        check(*args)
    except AftersaleError as error:
        return error.faults
    return ()


def check_quantities(
    lines: Sequence[ReturnLine], wanted: Mapping[int, int], limits: Mapping[int, int]
) -> None:
    """
    Check pieces somebody named by line key.

    Raises:
        NotFound: a line isn't of this request.
        InvalidInput: a quantity is negative or above its limit.
    """
    known = {line.pk for line in lines}
    for line_pk, quantity in wanted.items():
        if line_pk not in known:
            raise NotFound("This line is not part of the request.", field="lines")
        if quantity < 0:
            raise InvalidInput("The quantity must not be negative.", field="quantity")
        if quantity > limits[line_pk]:
            raise InvalidInput(
                f"At most {limits[line_pk]} pieces are possible.",
                field="quantity",
                code="QUANTITY_EXCEEDED",
            )
