"""Every setting as the Dashboard shows it: name, words, default, check. A table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Tuple

from . import appearance
from .feedback import invitations, rewards
from .followups import channels, edits
from .returns import bases, legal, numbers, shop_rules
from .setting_checks import (
    DEFAULT_MAILS,
    QUIET_MAILS,
    REQUIRED_MAILS,
    by_rule,
    days,
    event_secret,
    event_url,
    free_text,
    languages,
    mails,
    page_url,
    plain_secrets,
    price,
    product_page_url,
    return_methods,
    secrets,
    sender_name,
    staff_mailbox,
    words,
    yes_no,
)
from .texts import LANGUAGES
from .tracking import incidents, poll_keys, promises, questions

_WITHDRAWAL_DAYS = legal.ROWS["withdrawal.period_days"].floor


@dataclass(frozen=True)
class Field:
    """One setting as the Dashboard shows it."""

    name: str
    #: Name of a ``ConfigurationTypeField``; a host without it takes the nearest.
    kind: str
    label: str
    help_text: str
    default: str
    parse: Callable[[str], Any]


FIELDS: Tuple[Field, ...] = (
    Field(
        "return_window_days",
        "STRING",
        "Return window in days",
        "How long after delivery customers may return goods for any reason. "
        f"At least {_WITHDRAWAL_DAYS}: the right of withdrawal can't be shortened.",
        str(_WITHDRAWAL_DAYS),
        days(_WITHDRAWAL_DAYS, 3650, "The right of withdrawal can't be shorter."),
    ),
    Field(
        "tracking_page_url",
        "STRING",
        "Tracking page of the storefront",
        "Address with {token}, as https://shop.example/track/{token}. "
        "Empty: the page built into this plugin.",
        "",
        page_url,
    ),
    Field(
        "return_page_url",
        "STRING",
        "Return page of the storefront",
        "Address with {token}, as https://shop.example/returns/{token}. "
        "Empty: the page built into this plugin.",
        "",
        page_url,
    ),
    Field(
        "link_valid_days",
        "STRING",
        "Days a link in a mail stays valid",
        "Signed links open one order without a password. From 1 to 730.",
        "180",
        days(1, 730),
    ),
    Field(
        "return_instructions",
        "MULTILINE",
        "How to send goods back",
        "Address, carrier, what to write on the parcel. Part of the mail that approves a return.",
        "",
        free_text,
    ),
    Field(
        "sender_name",
        "STRING",
        "Sender name of the mails",
        "Empty: the name in the shop's mail settings.",
        "",
        sender_name,
    ),
    Field(
        "staff_email",
        "STRING",
        "Mail address of staff",
        "Told when a refund fails. Empty: the sender's address in the shop's mail settings.",
        "",
        staff_mailbox,
    ),
    Field(
        "enabled_mails",
        "MULTILINE",
        "Mails that are sent",
        "Keys, one per line or separated by commas. Remove a key to switch that mail off. "
        f"Off at first: {', '.join(QUIET_MAILS)}: they tell the customer the least, and the "
        "next mail follows soon. Always sent, for the law or a guest's access needs them: "
        f"{', '.join(REQUIRED_MAILS)}.",
        "\n".join(DEFAULT_MAILS),
        mails,
    ),
    Field(
        "mail_texts",
        "MULTILINE",
        "Your own words in mails",
        "Sections that begin with a line as [shipment.sent en subject] or [shipment.sent en text]. "
        "Values as in Handlebars: {{order_number}}, {{#if carrier}}…{{else}}…{{/if}}, "
        "{{#each lines}}…{{/each}}, {{format_date promised_at}}, {{price amount currency}}, "
        '{{button "See your order" page_url}}, {{link "Track it" tracking_url}}. Which values a '
        f"mail has stands in docs/mails.md. Fixed by law: {', '.join(edits.FIXED)}.",
        "",
        by_rule(lambda value: edits.parse(value, LANGUAGES)),
    ),
    Field(
        "mail_senders",
        "MULTILINE",
        "Other ways to tell customers",
        "For text messages and the like, by a Python class of yours that is installed beside "
        "Saleor. One per line: name = class: mails, as sms = shop_sms.Sms: "
        "shipment.ready_for_pickup, shipment.out_for_delivery. Marketing goes out by mail only.",
        "",
        by_rule(channels.parse),
    ),
    Field(
        "languages",
        "STRING",
        "Languages",
        "Languages of mails and pages, separated by commas; customers with another "
        f"language get the first. Available: {', '.join(LANGUAGES)}.",
        ", ".join(LANGUAGES),
        languages,
    ),
    Field(
        "carrier_secrets",
        "SECRET_MULTILINE",
        "Secrets of carrier pushes",
        "One provider=secret per line. Two lines for one provider are both valid, so that "
        "a secret can be changed without losing news.",
        "",
        secrets,
    ),
    Field(
        "carrier_api_keys",
        "SECRET_MULTILINE",
        "Keys to ask carriers for news",
        "For shops without carrier pushes. One provider=key per line, as aftership=asat_…; "
        "karrio=https://host|token; inpost=public asks InPost without a key. InPost's parcels "
        f"are asked for there, all others at the first of: {', '.join(poll_keys.AGGREGATORS)}.",
        "",
        by_rule(poll_keys.parse),
    ),
    Field(
        "shipping_methods",
        "MULTILINE",
        "Shipping methods",
        "One per line: name | country | carrier | days, as InPost Paczkomaty | PL | inpost | "
        "1-2. Working days after hand-over; * means any method or country; carrier or days "
        "may be empty.",
        "",
        by_rule(promises.parse),
    ),
    Field(
        "importer",
        "STRING",
        "Who clears parcels through customs",
        "customer: delivered at place (DAP), customs ask the customer for papers and duties. "
        "merchant: delivered duty paid (DDP), they ask the shop.",
        "customer",
        by_rule(incidents.importer_of),
    ),
    Field(
        "stalled_after_days",
        "STRING",
        "Days of silence until a parcel counts as stalled",
        "For carriers whose usual pace isn't known from the shop's own parcels. From 1 to 60.",
        "7",
        days(1, 60),
    ),
    Field(
        "expired_after_days",
        "STRING",
        "Days of silence until a parcel is given up",
        "It is then shown as expired; a later scan brings it back. From 7 to 365.",
        "30",
        days(7, 365),
    ),
    Field(
        "brand_colour",
        "STRING",
        "Colour of the pages",
        "As #0b6350; dark enough for white text. The dark mode makes its own of it.",
        "#0b6350",
        by_rule(appearance.brand_colour),
    ),
    Field(
        "logo",
        "STRING",
        "Logo on the pages",
        "Path on the shop's own host, as /media/logo.svg, or a small picture as "
        "data:image/…;base64,…. Empty: the shop's name.",
        "",
        by_rule(appearance.logo),
    ),
    Field(
        "support_contact",
        "STRING",
        "Where customers may ask",
        "A mail address, or the address of a contact page that starts with https://.",
        "",
        by_rule(appearance.support_contact),
    ),
    Field(
        "faq",
        "MULTILINE",
        "Questions and answers on the tracking page",
        "One per line, as DELIVERED: Where is it? = Ask your neighbours first. With a language: "
        "DELIVERED[pl]: …. They replace the built-in ones of their topic: "
        + ", ".join(questions.Topic.__members__)
        + ".",
        "",
        by_rule(lambda value: questions.parse(value, LANGUAGES)),
    ),
    Field(
        "care_tips",
        "MULTILINE",
        "Care tips on the tracking page",
        "Plain text, one paragraph per line; https:// addresses become links.",
        "",
        by_rule(appearance.care_tips),
    ),
    Field(
        "event_url",
        "STRING",
        "Address that is told of events",
        "An address of yours that starts with https://. Every step of a return and every change "
        "of a parcel is posted there as JSON, signed. Empty: nothing is sent.",
        "",
        event_url,
    ),
    Field(
        "event_secret",
        "SECRET",
        "Secret that signs events",
        "At least 16 characters. Your system proves with it that a message is the shop's: "
        "X-Aftersale-Signature is the HMAC-SHA256 of time, dot and body.",
        "",
        event_secret,
    ),
    Field(
        "return_rules",
        "MULTILINE",
        "Return rules for certain goods",
        "One per line: where | what | what, as category: Lingerie | goodwill 0 | exception E. "
        "Where: all, or product, product type, category, collection, country, price, joined by "
        "&. What: goodwill 30, goodwill as STORE_CREDIT, exception A to M or none, withdrawal "
        "30, guarantee 36, warranty 12, fee 10 %, merchant pays withdrawal, methods IN_STORE. "
        "For each thing the first line that fits decides; what a product's metadata says "
        "comes before. Nothing here can take a right away.",
        "",
        by_rule(shop_rules.parse),
    ),
    Field(
        "return_methods",
        "MULTILINE",
        "How goods can come back",
        f"Words, separated by commas: {', '.join(bases.METHODS)}. "
        "COD_RETURN is offered in Bulgaria only.",
        "OWN_CARRIER",
        return_methods,
    ),
    Field(
        "extra_resolutions",
        "STRING",
        "Offered beside the refund",
        "Words, separated by commas; the customer chooses, a refund stays possible: "
        f"{', '.join(bases.EXTRA_RESOLUTIONS)}.",
        "",
        words(bases.EXTRA_RESOLUTIONS, "resolution"),
    ),
    Field(
        "standard_delivery_price",
        "STRING",
        "Price of the cheapest standard delivery",
        "In the channel's currency, tax included, as 9.90. Who withdraws from a whole order "
        "gets this much of the delivery back, at most what was paid. Empty: all that was paid.",
        "",
        price,
    ),
    Field(
        "shares_delivery",
        "BOOLEAN",
        "Give back a share of the delivery with a part of an order",
        "Off: only who withdraws from the whole order gets the delivery back.",
        "false",
        yes_no,
    ),
    Field(
        "customers_informed",
        "BOOLEAN",
        "Customers are informed of their right of withdrawal",
        "Before they order, with the model form, and of who pays the way back. Off: they have "
        "twelve months more, and the shop pays the way back.",
        "true",
        yes_no,
    ),
    Field(
        "withdrawal_for_companies",
        "BOOLEAN",
        "Companies may withdraw too",
        "Off: no withdrawal when the billing address names a company. That name proves little: "
        "a consumer may have it sent to work, and in Poland some sole traders have the right. "
        "Decide with your counsel.",
        "true",
        yes_no,
    ),
    Field(
        "legal_profiles",
        "STRING",
        "Laws of countries outside the EU",
        "Countries whose own, shorter periods hold for goods delivered there, separated by "
        f"commas: {', '.join(legal.PROFILES)}. Empty: the EU's periods everywhere.",
        "",
        lambda value: frozenset(words(tuple(legal.PROFILES), "country")(value)),
    ),
    Field(
        "return_number_format",
        "STRING",
        "Numbers of return requests",
        "As R-{year}-{number:06} for R-2026-000123: {number}, before it {year} and capital "
        "letters with dots, dashes or underscores. Requests that exist keep theirs.",
        "R-{year}-{number:06}",
        by_rule(numbers.parse),
    ),
    Field(
        "info_answer_days",
        "STRING",
        "Days for the answer to a question",
        "After so many days without an answer a return request ends by itself; a withdrawal "
        "never does. From 3 to 365.",
        "30",
        days(3, 365),
    ),
    Field(
        "send_back_grace_days",
        "STRING",
        "Days of grace for goods sent back",
        "So many days after the last day for sending, an approved return request without "
        "goods ends by itself; a withdrawal never does. From 0 to 365.",
        "14",
        days(0, 365),
    ),
    Field(
        "soft_opt_in",
        "BOOLEAN",
        "Customers are told of marketing mail at checkout",
        "Of mails about goods like those they buy, and that they can refuse them there and in "
        "every mail. Only then a purchase is a basis for such mails; in Poland, and where the "
        "country is unknown, never: there a ticked box is needed. Decide with your counsel.",
        "false",
        yes_no,
    ),
    Field(
        "bounce_secrets",
        "SECRET_MULTILINE",
        "Secrets of reports about mails that came back",
        "One per line, at least 16 characters. What relays your mail signs its reports of "
        "bounces and complaints with one of them. Empty: no reports are taken.",
        "",
        plain_secrets,
    ),
    Field(
        "feedback_reply_days",
        "STRING",
        "Working days in which a low score is answered",
        "Customers who give 1 or 2 of 5 are told that they hear from you by then. From 1 to 20.",
        "2",
        days(1, 20),
    ),
    Field(
        "review_links",
        "MULTILINE",
        "Where customers can leave a public review",
        "One name=address per line, as Google=https://g.page/r/…; up to "
        f"{invitations.MAX_REVIEW_LINKS}. Shown to everybody who rated an order: to ask only "
        "the satisfied ones is against the rules of review sites and of consumer law.",
        "",
        by_rule(invitations.review_links),
    ),
    Field(
        "referral_url",
        "STRING",
        "Page for whoever brings a friend",
        "An address that starts with https://; shown after the best score. Empty: none.",
        "",
        by_rule(invitations.referral_url),
    ),
    Field(
        "voucher_value",
        "STRING",
        "Voucher for feedback",
        "As 10% or 5.00 in the channel's currency, once per order and for one use. Customers "
        "get it whatever their score is, and are told so. Empty: no voucher.",
        "",
        by_rule(rewards.parse),
    ),
    Field(
        "voucher_valid_days",
        "STRING",
        "Days the voucher for feedback can be used",
        "From 7 to 730.",
        "90",
        days(7, 730),
    ),
    Field(
        "product_page_url",
        "STRING",
        "Pages of products in the storefront",
        "Address with {slug}, as https://shop.example/products/{slug}. Mails that show goods "
        "link there. Empty: no goods are recommended.",
        "",
        product_page_url,
    ),
    Field(
        "dispatch_days",
        "STRING",
        "Working days in which a paid order is sent",
        "What your shop promises. Who waits longer is told so. From 0 to 60; 0: nothing is "
        "promised.",
        "0",
        days(0, 60),
    ),
)
