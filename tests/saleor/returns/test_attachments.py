"""Photos of customers and labels of the shop: made harmless, kept, and opened by signed address."""

import struct
import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from saleor_aftersale import access
from saleor_aftersale.config import settings_of
from saleor_aftersale.returns import actions, attachments, file_links, methods, pictures, queries
from saleor_aftersale.returns.bases import Basis
from saleor_aftersale.returns.models import ReturnAttachment, ReturnMethod
from saleor_aftersale.returns.states import TransitionNotAllowed
from saleor_aftersale.tracking.actions import revoke_links
from saleor_aftersale.values import NotFound
from tests import factories
from tests.factories import CHANNEL, CUSTOMER, NOON, STAFF, nothing_changed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]

NOW = NOON + timedelta(days=2)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(kind="JPEG", size=(60, 40), color="red", mode="RGB", **more):
    out = BytesIO()
    Image.new(mode, size, color).save(out, kind, **more)
    return out.getvalue()


def opened(content):
    return Image.open(BytesIO(content))


@pytest.fixture
def request_row():
    factories.activate()
    return factories.ask(factories.delivered_order())


def add(row, content, name="photo.jpg", **more):
    upload = attachments.Upload(name, content)
    return attachments.add_photo(str(row.pk), upload, CUSTOMER, now=more.get("now", NOW))


def refused(row, content, name="photo.jpg"):
    with nothing_changed(), pytest.raises(pictures.FileRefused) as caught:
        add(row, content, name)
    return caught.value.code, caught.value.message


# What is kept


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photo_is_kept_as_a_new_jpeg(request_row, kind):
    row = add(request_row, picture(kind), "My photo.bin")

    kept = opened(bytes(row.content))
    assert (kept.format, kept.size) == ("JPEG", (60, 40))
    assert (row.kind, row.name, row.content_type) == ("PHOTO", "My photo.jpg", "image/jpeg")
    assert (row.size_bytes, row.role, row.requester_label, row.created_at) == (
        len(row.content),
        "customer",
        "anna@example.com",
        NOW,
    )


def test_photo_is_turned_upright_and_loses_place_and_camera(request_row):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SpyCam"
    exif[0x8825] = {1: "N", 2: (52.0, 13.0, 5.0)}
    sent = picture(size=(60, 40), exif=exif)
    assert b"SpyCam" in sent

    kept = bytes(add(request_row, sent).content)

    assert opened(kept).size == (40, 60)
    assert dict(opened(kept).getexif()) == {}
    assert b"SpyCam" not in kept


def test_html_inside_and_behind_a_photo_is_not_kept(request_row):
    script = b"<script>alert(1)</script>"
    sent = picture(comment=script) + script
    assert sent.count(script) == 2

    kept = bytes(add(request_row, sent).content)

    assert b"<script" not in kept


def test_large_photo_is_made_smaller(request_row):
    kept = bytes(add(request_row, picture(size=(6000, 3000))).content)

    assert opened(kept).size == (2400, 1200)


def test_noisy_photo_ends_below_a_megabyte(request_row):
    out = BytesIO()
    Image.effect_noise((2400, 2400), 200).save(out, "JPEG", quality=80)

    row = add(request_row, out.getvalue())

    assert len(out.getvalue()) > pictures.MAX_KEPT_BYTES
    assert row.size_bytes <= pictures.MAX_KEPT_BYTES


def test_clear_parts_become_white(request_row):
    kept = bytes(add(request_row, picture("PNG", mode="RGBA", color=(0, 0, 0, 0))).content)

    assert opened(kept).getpixel((5, 5)) == (255, 255, 255)


def test_same_photo_is_kept_once(request_row):
    first = add(request_row, picture())
    second = add(request_row, picture(), "again.jpg")

    assert first.pk == second.pk
    assert ReturnAttachment.objects.count() == 1


# What is refused


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width=30000, height=30000):
    """A few kilobytes that would unpack to hundreds of megabytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 5_000_000, 9)
    parts = _chunk(b"IHDR", head), _chunk(b"IDAT", rows), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def moving(kind):
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


TYPE = "FILE_TYPE_NOT_SUPPORTED", "Use a picture in JPEG, PNG or WebP."
DAMAGED = "FILE_UNREADABLE", "The picture is damaged."


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", ("REQUIRED", "The file is empty.")),
        (b"\xff\xd8\xff" + b"\0" * pictures.MAX_BYTES, ("FILE_TOO_LARGE", "Use up to 8 MB.")),
        (b"<html>" + picture(), TYPE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", TYPE),
        (PDF, TYPE),
        (picture("GIF"), TYPE),
        (picture("TIFF"), TYPE),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0",
            (TYPE[0], TYPE[1] + " Save HEIC pictures as JPEG."),
        ),
        (picture()[:300], DAMAGED),
        (b"\xff\xd8\xff<script>alert(1)</script>", DAMAGED),
        (picture("PNG")[:60], DAMAGED),
        (picture("WEBP")[:30], DAMAGED),
        (png_bomb(), ("FILE_TOO_LARGE", "The picture has too many pixels.")),
        (png_bomb(6000, 6000), ("FILE_TOO_LARGE", "The picture has too many pixels.")),
        (moving("PNG"), (TYPE[0], "Use a picture that doesn't move.")),
        (moving("WEBP"), (TYPE[0], "Use a picture that doesn't move.")),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, bytes) else value[0],
)
def test_bad_file_is_refused(request_row, content, answer):
    add(request_row, picture(color="blue"))

    assert refused(request_row, content) == answer


def test_eleventh_photo_is_refused(request_row):
    for shade in range(attachments.MAX_PHOTOS):
        add(request_row, picture(color=(shade * 20, 0, 0)))

    answer = refused(request_row, picture(color="blue"))

    assert answer == ("TOO_MANY_FILES", "Use up to 10 photos.")


def test_closed_request_takes_no_photo(request_row):
    actions.cancel_return(str(request_row.pk), CUSTOMER, now=NOW)

    with nothing_changed(), pytest.raises(TransitionNotAllowed):
        add(request_row, picture())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\photos\\cat.png", "cat.jpg"),
        ("\x00nul\x00.php\x00.jpg", "nul.php.jpg"),
        ("evil\u202egpj.exe", "evilgpj.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        ("ż" * 300, "ż" * 96 + ".jpg"),
        ("half\ud800.png", "half.jpg"),
    ],
)
def test_name_is_for_reading_only(name, shown):
    assert attachments.shown_name(name, "image/jpeg") == shown


def test_tries_are_limited(request_row, monkeypatch):
    monkeypatch.setattr(attachments, "_TRIES", 2)
    add(request_row, picture())
    add(request_row, picture())

    with nothing_changed(), pytest.raises(access.RateLimited):
        add(request_row, picture(color="blue"))


# Signed addresses


def token_in(url):
    return url.rstrip("/").rpartition("/")[2]


def test_address_opens_its_file_for_an_hour(request_row):
    row = add(request_row, picture())
    add(request_row, picture(color="blue"))
    token = token_in(file_links.attachment_url(row, request_row, NOW))

    found = file_links.attachment_of(token, NOW + timedelta(minutes=59))

    assert (found.pk, bytes(found.content)) == (row.pk, bytes(row.content))
    with pytest.raises(access.ExpiredLink):
        file_links.attachment_of(token, NOW + timedelta(minutes=61))


def test_address_ends_with_the_links_of_the_order(request_row):
    token = token_in(file_links.attachment_url(add(request_row, picture()), request_row, NOW))
    revoke_links(request_row.order.order_ref)

    with pytest.raises(access.InvalidLink):
        file_links.attachment_of(token, NOW)


def test_address_of_one_kind_opens_no_other(request_row):
    row = add(request_row, picture())
    file_token = token_in(file_links.attachment_url(row, request_row, NOW))
    slip_token = token_in(file_links.slip_url(request_row, NOW))

    with pytest.raises(access.InvalidLink):
        file_links.attachment_of(slip_token, NOW)
    with pytest.raises(access.InvalidLink):
        file_links.request_of_slip(file_token, NOW)
    with pytest.raises(access.InvalidLink):
        file_links.attachment_of(factories.token_of(factories.Order.objects.get()), NOW)


def test_address_of_a_deleted_file_opens_nothing(request_row):
    row = add(request_row, picture())
    token = token_in(file_links.attachment_url(row, request_row, NOW))
    row.delete()

    with pytest.raises(NotFound):
        file_links.attachment_of(token, NOW)


# How goods come back


def decide(row, method, **more):
    wish = methods.WishedMethod(method, **more)
    return methods.set_method(str(row.pk), STAFF, wish, now=NOW)


def told(row):
    chosen = methods.chosen_methods([row.pk]).get(row.pk)
    return methods.way_back(queries.get_request(str(row.pk)), chosen, settings_of(CHANNEL))


def approved(row):
    actions.approve_return(str(row.pk), STAFF, now=NOW)
    return row


def test_customer_is_told_nothing_before_approval():
    factories.activate()
    row = factories.ask(factories.delivered_order(), basis=Basis.NON_CONFORMITY)
    decide(row, "IN_STORE")

    assert told(row) is None


def test_withdrawal_needs_no_approval_to_be_sent(request_row):
    decide(request_row, "IN_STORE")

    assert told(request_row).method == "IN_STORE"


def test_nothing_comes_back_of_a_request_that_was_taken_back(request_row):
    decide(request_row, "IN_STORE")
    actions.cancel_return(str(request_row.pk), CUSTOMER, now=NOW)

    assert told(request_row) is None


def test_settings_decide_until_staff_do(request_row):
    factories.activate(return_methods="IN_STORE, OWN_CARRIER", return_instructions="Piotrkowska 1")

    assert told(approved(request_row)) == ("IN_STORE", "Piotrkowska 1", "", None, "", "")


def test_staff_decide_with_a_label_file(request_row):
    label = attachments.Upload("dhl.pdf", PDF)
    decide(approved(request_row), "CARRIER_LABEL", label=label, instructions="Stick it on.")

    way = told(request_row)

    assert (way.method, way.instructions, way.label.name) == (
        "CARRIER_LABEL",
        "Stick it on.",
        "dhl.pdf",
    )
    assert ReturnAttachment.objects.get().kind == "LABEL"


def test_second_decision_replaces_the_first(request_row):
    decide(approved(request_row), "LOCKER_CODE", code="123 456")
    decide(request_row, "KEEP_ITEM")

    way = told(request_row)

    assert (way.method, way.code, way.is_nothing_to_send) == ("KEEP_ITEM", "", True)
    assert ReturnMethod.objects.count() == 1


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"method": "TELEPORT"}, "method", "INVALID"),
        ({"method": "COD_RETURN"}, "method", "INVALID"),
        ({"method": "CARRIER_LABEL"}, "label_url", "REQUIRED"),
        ({"method": "QR_NO_PRINT"}, "code", "REQUIRED"),
        ({"method": "LOCKER_CODE"}, "code", "REQUIRED"),
        ({"method": "DROP_OFF_POINT"}, "drop_off_point", "REQUIRED"),
        ({"method": "LOCKER_CODE", "code": "1" * 201}, "code", "TOO_LONG"),
        ({"method": "IN_STORE", "instructions": "a\x00b"}, "instructions", "INVALID"),
        ({"method": "CARRIER_LABEL", "label_url": "http://dhl.example/1"}, "label_url", "INVALID"),
        ({"method": "CARRIER_LABEL", "label_url": "javascript:alert(1)"}, "label_url", "INVALID"),
        ({"method": "CARRIER_LABEL", "label_url": "https://a@b.example/"}, "label_url", "INVALID"),
        ({"method": "CARRIER_LABEL", "label_url": "https:///x"}, "label_url", "INVALID"),
        ({"method": "CARRIER_LABEL", "label_url": "https://[x/"}, "label_url", "INVALID"),
        (
            {"method": "CARRIER_LABEL", "label_url": "https://b.example/\"onclick"},
            "label_url",
            "INVALID",
        ),
    ],
)  # fmt: skip
def test_decision_that_makes_no_sense_is_refused(request_row, wish, field, code):
    decide(request_row, "IN_STORE")

    with nothing_changed(), pytest.raises(actions.InvalidInput) as caught:
        decide(request_row, **wish)

    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("content", [b"%PDF-1.7 cut off", b"MZ\x90\x00", b""])
def test_bad_label_file_is_refused(request_row, content):
    decide(request_row, "IN_STORE")

    with nothing_changed(), pytest.raises(pictures.FileRefused):
        decide(request_row, "CARRIER_LABEL", label=attachments.Upload("label.pdf", content))


def test_bulgarian_order_may_go_back_for_cash(request_row):
    request_row.order.country = "BG"
    request_row.order.save(update_fields=["country"])

    assert decide(request_row, "COD_RETURN").method == "COD_RETURN"
