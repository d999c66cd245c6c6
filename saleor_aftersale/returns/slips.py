"""The return slip: what lies in the parcel, with a code the warehouse scans; as page or PDF."""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Mapping, NamedTuple, Tuple

from ..values import Unsupported
from .methods import WayBack
from .models import ReturnLine, ReturnRequest

_SOURCE = Path(__file__).parents[1] / "templates" / "saleor_aftersale" / "slip.typ"


class SlipLine(NamedTuple):
    """Pieces that belong into the parcel."""

    quantity: int
    product_name: str
    sku: str


class Slip(NamedTuple):
    """All that stands on a slip, but the words around it."""

    number: str
    order_number: str
    lines: Tuple[SlipLine, ...]
    #: Of the merchant: address, what to write on the parcel.
    instructions: str
    #: The request's number as an SVG without inline style, so that a strict CSP lets it be.
    qr_svg: str


def slip_of(request: ReturnRequest, way: WayBack) -> Slip:
    """The slip of a request with its lines; pieces the shop refused aren't on it."""
    found = [
        SlipLine(_pieces(line), line.product_name, line.sku) for line in request.lines.all()
    ]  # fmt: skip
    return Slip(
        number=request.number,
        order_number=request.order.number,
        lines=tuple(line for line in found if line.quantity),
        instructions=way.instructions,
        qr_svg=_qr_svg(request.number),
    )


def _pieces(line: ReturnLine) -> int:
    """All that was asked for while nobody has decided: of a withdrawal all may be sent."""
    return line.quantity if line.state == "REQUESTED" else line.approved_quantity


@lru_cache(maxsize=256)
def _qr_svg(text: str) -> str:
    import segno  # noqa: PLC0415 -- slow import

    out = BytesIO()
    # White behind it: on a dark page no scanner would read black on nothing.
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, nl=False, scale=4, border=4, light="#fff"
    )
    return out.getvalue().decode()


def pdf_of(slip: Slip, words: Mapping[str, str], language: str) -> bytes:
    """
    The slip as a PDF of one A4 page or more.

    Args:
        words: headings in the customer's language, by the names ``slip.typ`` uses.

    Raises:
        Unsupported: the extra ``pdf`` isn't installed.
    """
    try:
        import typst  # noqa: PLC0415 -- optional dependency
    except ImportError:
        raise Unsupported(
            "There is no PDF: install saleor-aftersale[pdf], or print the page.", field="format"
        ) from None
    said = {
        **slip._asdict(),
        "lines": [line._asdict() for line in slip.lines],
        "words": dict(words),
        "language": language,
    }
    # As data, never as source: nothing anybody typed is read as markup.
    return bytes(typst.compile(_source(), sys_inputs={"slip": json.dumps(said)}))


@lru_cache(maxsize=None)
def _source() -> bytes:
    return _SOURCE.read_bytes()
