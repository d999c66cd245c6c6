"""
Every sentence shown to people outside templates, by its code.

Codes come from the rules; the words are translated here and nowhere else. All messages
have the context ``aftersale``: Saleor's own catalogue holds some of the same words and
would win otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Iterator, Sequence

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

CONTEXT = "aftersale"

#: Languages every text exists in; the first one is the last resort.
LANGUAGES = ("en", "pl", "bg", "ru")

#: Each language's name in itself.
LANGUAGE_NAMES = {"en": "English", "pl": "Polski", "bg": "Български", "ru": "Русский"}


def _(text: str) -> Promise:
    return pgettext_lazy(CONTEXT, text)


TEXTS: Dict[str, Promise] = {
    # The order's bar in words.
    "order.PLACED": _("Order placed"),
    "order.PAID": _("Paid"),
    "order.CONFIRMED": _("Order confirmed"),
    "order.PREPARING": _("Being prepared"),
    "order.CANCELED": _("Order cancelled"),
    "order.EXPIRED": _("Order expired before it was paid"),
    # What the shop did to an order while a return request was open; for staff.
    "notice.ORDER_CANCELED": _("The order was cancelled."),
    "notice.LINE_REMOVED": _("No longer part of the order: %(detail)s."),
    "notice.LINE_LOWERED": _("The order holds fewer pieces than the request: %(detail)s."),
    "notice.RETURNED_BY_HAND": _("Booked as come back outside this request: %(detail)s."),
    "notice.RETURN_DELIVERED": _("The carrier has delivered the return: %(detail)s."),
    "notice.RETURN_LOST": _("The carrier has lost or damaged the return: %(detail)s."),
    "notice.RETURN_SENT_BACK": _("The return went back to the customer: %(detail)s."),
    "notice.NOT_TO_BE_SENT": _("Withdrawn before it was sent, don't send it: %(detail)s."),
    "notice.REFUNDED_BY_HAND": _("Refunded outside our requests: %(detail)s."),
    # A parcel's bar in words.
    "parcel.PENDING": _("Registered, waiting for the carrier"),
    "parcel.SENT_UNTRACKED": _("Sent without a tracking number"),
    "parcel.INFO_RECEIVED": _("Label created, waiting for the carrier"),
    "parcel.PICKED_UP": _("Handed to the carrier"),
    "parcel.IN_TRANSIT": _("On the way"),
    "parcel.OUT_FOR_DELIVERY": _("Out for delivery"),
    "parcel.READY_FOR_PICKUP": _("Ready for pick-up"),
    "parcel.ATTEMPT_FAILED": _("Delivery attempt failed"),
    "parcel.DELAYED": _("Delayed, still moving"),
    "parcel.ON_HOLD": _("On hold"),
    "parcel.DELIVERED": _("Delivered"),
    "parcel.RETURNING": _("On the way back to the sender"),
    "parcel.RETURNED_TO_SENDER": _("Returned to the sender"),
    "parcel.LOST": _("Lost by the carrier"),
    "parcel.DAMAGED": _("Damaged, can't be delivered"),
    "parcel.CANCELLED": _("Shipment cancelled"),
    "parcel.EXPIRED": _("No news from the carrier for a long time"),
    "parcel.UNKNOWN": _("News from the carrier"),
    "parcel.WAITS_UNTIL": _("Ready for pick-up until %(until)s"),
    "parcel.LATE": _("%(status)s, late since %(since)s"),
    "parcel.STALLED": _("%(status)s, no news since %(since)s"),
    "entry.LATE": _("Not there by the estimated day"),
    "entry.STALLED": _("No news for longer than usual"),
    "entry.NOT_RECEIVED": _("Reported as not received"),
    # Why a parcel is in trouble.
    "incident.PROCESSING": _("Something went wrong at the carrier."),
    "incident.SORTING_ERROR": _("It was sent to a wrong place by mistake."),
    "incident.VEHICLE_PROBLEM": _("The carrier had a problem with a vehicle or a connection."),
    "incident.CAPACITY": _("The carrier has more parcels than it can handle."),
    "incident.DAMAGED": _("It was damaged on the way."),
    "incident.LOST": _("The carrier can't find it."),
    "incident.WRONG_DATA": _("The label's data, size or weight is wrong."),
    "incident.NOT_READY": _("It was not ready when the carrier came for it."),
    "incident.PACKAGING": _("It doesn't meet the carrier's rules for parcels."),
    "incident.CANCELLED_BY_SHIPPER": _("The shop cancelled the shipment."),
    "incident.NOT_HOME": _("Nobody was there to receive it."),
    "incident.CLOSED": _("The place was closed."),
    "incident.REFUSED": _("It was not accepted."),
    "incident.WRONG_ADDRESS": _("The carrier couldn't find the address or the name."),
    "incident.NO_ACCESS": _("The courier couldn't get to the door."),
    "incident.NOT_COLLECTED": _("It was not collected in time."),
    "incident.NOT_PAID": _("A payment for it is still open."),
    "incident.IDENTITY_NOT_PROVEN": _("Identity or age couldn't be checked."),
    "incident.CUSTOMS_DELAY": _("Customs take longer than usual."),
    "incident.CUSTOMS_INSPECTION": _("Customs are holding it to check it."),
    "incident.CUSTOMS_DOCUMENTS": _("Customs need more documents."),
    "incident.CUSTOMS_DUTIES": _("Duties or taxes have not been paid."),
    "incident.CUSTOMS_PROHIBITED": _("Customs don't let it in."),
    "incident.WEATHER": _("The weather holds it up."),
    "incident.FORCE_MAJEURE": _("Something nobody could prevent holds it up."),
    "incident.INVESTIGATION": _("The carrier is looking into it."),
    "incident.SECURITY": _("It is held for a security check."),
    "incident.REGULATION": _("A regulation holds it up."),
    "incident.UNKNOWN": _("The carrier hasn't told why."),
    # What the customer can do about it, and who acts if it isn't the customer.
    "act.READY_FOR_PICKUP": _("Collect your parcel in time, or it goes back to us."),
    "act.ATTEMPT_FAILED": _(
        "Look at the carrier's notice or page: it says when it tries again or where to collect."
    ),
    "act.NOT_HOME": _(
        "Look at the carrier's notice or page: choose another day, or a place to collect it."
    ),
    "act.CLOSED": _("Tell the carrier when somebody will be there."),
    "act.REFUSED": _("If you want the parcel after all, tell us soon."),
    "act.WRONG_ADDRESS": _("Check the address with the carrier, or tell us the right one."),
    "act.NO_ACCESS": _("Tell the carrier how to get to the door, or choose a place to collect."),
    "act.NOT_COLLECTED": _("Ask the carrier whether it can still be collected, or contact us."),
    "act.NOT_PAID": _(
        "Pay the open amount as the carrier's message says, or at the next delivery."
    ),
    "act.IDENTITY_NOT_PROVEN": _("Have your identity document ready for the next delivery."),
    "act.CUSTOMS_INSPECTION": _("Watch for a message from the carrier or customs."),
    "act.CUSTOMS_DOCUMENTS": _("Send the carrier the documents it asks for. We can help."),
    "act.CUSTOMS_DUTIES": _("Pay the duties as the carrier's message says."),
    "act.CUSTOMS_PROHIBITED": _("Please contact us."),
    "act.MERCHANT": _("We take care of it. You don't have to do anything."),
    "act.NOBODY": _("You don't have to do anything. It goes on as soon as possible."),
    "parcels.delivered": _("%(delivered)s of %(total)s parcels delivered"),
    "parcels.some_unsent": _(
        "%(delivered)s of %(total)s parcels delivered, more are being prepared"
    ),
    "parcels.first_of_several": _("Part of the order is sent, the rest is being prepared"),
    # Milestones.
    "milestone.PLACED": _("Order placed"),
    "milestone.PAID": _("Paid"),
    "milestone.CONFIRMED": _("Order confirmed"),
    "milestone.PREPARING": _("Being prepared"),
    "milestone.SHIPPED": _("Sent"),
    "milestone.DELIVERED": _("Delivered"),
    "milestone_state.DONE": _("Done"),
    "milestone_state.CURRENT": _("In progress"),
    "milestone_state.UPCOMING": _("Still to come"),
    "milestone_state.DROPPED": _("Won't happen"),
    # Headings of parcels on the tracking page.
    "parcel.only": _("Your parcel"),
    "parcel.title": _("Parcel %(position)s of %(total)s"),
    "return_parcel.only": _("Your return parcel"),
    "return_parcel.title": _("Return parcel %(position)s of %(total)s"),
    # Return requests, as the customer reads them.
    "return.DRAFT": _("Draft"),
    "return.SUBMITTED": _("Return requested"),
    "return.NEEDS_INFO": _("More information needed"),
    "return.APPROVED": _("Return approved"),
    "return.PARTLY_APPROVED": _("Return approved in part"),
    "return.DECLINED": _("Return declined"),
    "return.IN_TRANSIT": _("Return on the way"),
    "return.PARTLY_RECEIVED": _("Part of the return has arrived"),
    "return.RECEIVED": _("Return has arrived"),
    "return.INSPECTED": _("Return checked"),
    "return.RESOLVING": _("Refund in progress"),
    "return.RESOLVING_GOODS": _("Replacement or repair in progress"),
    "return.RESOLUTION_FAILED": _("Refund delayed, we are working on it"),
    "return.COMPLETED": _("Return completed"),
    "return.REOPENED": _("Return taken up again"),
    "return.CANCELLED": _("Return request cancelled"),
    "return.EXPIRED": _("Return request expired"),
    # Money.
    "refund.SETTLED": _("Money refunded"),
    # As a refund's customer reads them on the return page: where it stands, its way, its sum.
    "refund.DUE": _("To be paid back soon"),
    "refund.STARTED": _("Being paid back now"),
    "refund.REQUESTED": _("Being paid back: the payment provider is working on it"),
    "refund.FAILED": _("Paying it back didn't work. We take care of it."),
    "refund.GIVEN_UP": _("We are finding out with the payment provider where it is."),
    "refund.SETTLED.GIFT_CARD": _("Credit given"),
    "refund.SETTLED.SET_OFF": _("Used for the goods you chose instead"),
    "refund.HOW_SOON": _(
        "How soon you see the money depends on your bank: usually it takes a few working days."
    ),
    "refund.title": _("Payment %(position)s of %(total)s"),
    "means.ORIGINAL": _("The way you paid"),
    "means.BANK": _("Bank transfer"),
    "means.GIFT_CARD": _("Credit to spend in the shop"),
    "means.SET_OFF": _("Counted towards other goods"),
    "refund_part.goods": _("Price of the goods"),
    "refund_part.lost_value": _("Deduction from the price"),
    "refund_part.fee": _("Fee for a voluntary return"),
    "refund_part.delivery": _("Delivery to you"),
    "refund_part.given": _("Given back before, or never paid"),
    "refund_part.more": _("Added: less was given back before"),
    # Mails, as timeline entries.
    "mail.shipment.sent": _("Mail sent: your parcel is on its way"),
    "mail.shipment.delivered": _("Mail sent: your parcel was delivered"),
    "mail.return.received_request": _("Mail sent: we received your return request"),
    "mail.return.approved": _("Mail sent: your return is approved"),
    "mail.staff.refund_failed": _("Mail sent to staff: a refund failed"),
    "mail.return.label": _("Mail sent: how to send your return back"),
    "mail.refund.issued": _("Mail sent: your money is on its way"),
    "mail.order.link": _("Mail sent: your link to the order"),
    "mail.shipment.split": _("Mail sent: part of your order is on its way"),
    "mail.shipment.out_for_delivery": _("Mail sent: your parcel comes today"),
    "mail.shipment.ready_for_pickup": _("Mail sent: your parcel is ready for pick-up"),
    "mail.shipment.pickup_reminder": _("Mail sent: please collect your parcel"),
    "mail.shipment.attempt_failed": _("Mail sent: your parcel couldn't be delivered"),
    "mail.shipment.action_required": _("Mail sent: your parcel needs your help"),
    "mail.shipment.delayed": _("Mail sent: your parcel is delayed"),
    "mail.shipment.returning": _("Mail sent: your parcel goes back to us"),
    "mail.shipment.lost": _("Mail sent: your parcel won't come"),
    "mail.return.needs_info": _("Mail sent: we have a question about your return"),
    "mail.return.declined": _("Mail sent: we can't accept your return"),
    "mail.return.send_reminder": _("Mail sent: please send your return soon"),
    "mail.return.on_the_way": _("Mail sent: we know that your return is on its way"),
    "mail.return.arrived": _("Mail sent: your return has arrived"),
    "mail.return.inspected": _("Mail sent: we have checked your return"),
    "mail.return.reply": _("Mail sent: we wrote to you about your return"),
    "mail.return.closed": _("Mail sent: your return request is closed"),
    "mail.complaint.answered": _("Mail sent: our answer to your complaint"),
    "mail.order.received": _("Mail sent: we have your order"),
    "mail.order.preparing": _("Mail sent: your order is being prepared"),
    "mail.order.delayed_before_shipping": _("Mail sent: your order leaves later than promised"),
    "mail.exchange.sent": _("Mail sent: your replacement is on its way"),
    "mail.repair.started": _("Mail sent: your goods are being repaired"),
    "mail.repair.sent": _("Mail sent: your repaired goods are on their way"),
    "mail.feedback.reply": _("Mail sent: our answer to your feedback"),
    "mail.feedback.delivery": _("Mail sent: how was the delivery?"),
    "mail.feedback.product_review": _("Mail sent: what do you think of your goods?"),
    "mail.howto.product": _("Mail sent: how to use and care for it"),
    "mail.guarantee.reminder": _("Mail sent: your legal guarantee ends soon"),
    "mail.replenish.reminder": _("Mail sent: time for more?"),
    "mail.recommend.related": _("Mail sent: you may also like these"),
    "mail.referral.ask": _("Mail sent: tell a friend"),
    "mail.voucher.thanks": _("Mail sent: your voucher"),
    "mail.winback.goodwill": _("Mail sent: thank you for your patience"),
    # Why a mail was left out; for staff.
    "entry.MAIL_SKIPPED": _("Mail not sent"),
    "skip.MAIL_DISABLED": _("It is switched off in the settings."),
    "skip.NO_ADDRESS": _("The order has no mail address."),
    "skip.BAD_ADDRESS": _("The order's mail address isn't one mailbox."),
    "skip.ADDRESS_CHANGED": _("The order has another mail address now."),
    "skip.ALREADY_QUEUED": _("There is one about the same thing."),
    "skip.CANCELLED": _("Staff called it back."),
    "skip.SUPERSEDED": _("Something newer went out instead."),
    "skip.MERGED": _("The mail about the next parcel told it, too."),
    "skip.NO_CONSENT": _("Marketing, and the customer hasn't agreed."),
    "skip.SUPPRESSED": _("Marketing, and mails to this address came back."),
    "skip.TOO_SOON": _("Marketing, and there was another one in these days."),
    "skip.TOO_LATE": _("Marketing that had to wait until it made no sense."),
    "skip.OPEN_RETURN": _("Marketing, while a return request is open."),
    "skip.PARCEL_LOST": _("Marketing, while a parcel is lost."),
    "skip.LOW_SCORE": _("Marketing, while an unhappy customer waits for an answer."),
    "skip.NOTHING_TO_TELL": _("What it was to tell is settled, or nothing fits."),
    # What an inspection found, line by line.
    "judged.AUTHORISED": _("Still to come"),
    "judged.AWAITED": _("Still to come"),
    "judged.RECEIVED": _("Still being checked"),
    "judged.MISSING": _("Was not in the parcel"),
    "judged.ACCEPTED": _("Accepted"),
    "judged.ACCEPTED_REDUCED": _("Accepted with a deduction"),
    "judged.REJECTED": _("Not accepted"),
    # Why a line can't be returned on a basis.
    "refusal.PERIOD_EXPIRED": _("The period for this has ended."),
    "refusal.NOT_DELIVERED_YET": _("This item has not been delivered yet."),
    "refusal.ALREADY_RETURNED": _("This item has already been returned or is being returned."),
    "refusal.QUANTITY_EXCEEDED": _("That is more than can be returned."),
    "refusal.NOT_OUR_ORDER": _("This item is not part of the order."),
    "refusal.FINAL_SALE_GOODWILL_ONLY": _("This item was sold without a voluntary return."),
    "refusal.NO_COMMERCIAL_WARRANTY": _("This item came without a commercial warranty."),
    "refusal.NOT_A_CONSUMER": _("This right is for consumers; the order was billed to a company."),
    "refusal.NOT_SENT_YET": _("This item has not been sent yet."),
    "refusal.ALREADY_DELIVERED": _("This item has already been delivered."),
    "refusal.NO_DEFECT_FOUND": _("No defect was found."),
    "refusal.DAMAGE_BY_USE": _("The damage comes from use."),
    "refusal.EXCEPTION_16_A": _("The service has been performed in full."),
    "refusal.EXCEPTION_16_B": _("Its price follows a market the shop can't influence."),
    "refusal.EXCEPTION_16_C": _("It was made to order or personalised."),
    "refusal.EXCEPTION_16_D": _("It spoils or expires quickly."),
    "refusal.EXCEPTION_16_E": _("It was sealed for health or hygiene and has been opened."),
    "refusal.EXCEPTION_16_F": _("It has been mixed with other goods and can't be separated."),
    "refusal.EXCEPTION_16_G": _(
        "Its price was agreed long before delivery and follows the market."
    ),
    "refusal.EXCEPTION_16_H": _("The visit was asked for because of an urgent repair."),
    "refusal.EXCEPTION_16_I": _("The seal of the recording or software has been opened."),
    "refusal.EXCEPTION_16_J": _("It is a newspaper or a magazine."),
    "refusal.EXCEPTION_16_K": _("It was bought at a public auction."),
    "refusal.EXCEPTION_16_L": _("It was booked for a certain date or period."),
    "refusal.EXCEPTION_16_M": _("Supply of the digital content has begun, as agreed."),
    # Why somebody returns a line.
    "reason.CHANGED_MIND": _("I changed my mind"),
    "reason.ORDERED_BY_MISTAKE": _("Ordered by mistake"),
    "reason.BETTER_PRICE": _("Found at a better price"),
    "reason.SEVERAL_VARIANTS_ORDERED": _("Ordered several to choose from"),
    "reason.UNWANTED_GIFT": _("Unwanted gift"),
    "reason.TOO_SMALL": _("Too small"),
    "reason.TOO_LARGE": _("Too large"),
    "reason.POOR_FIT": _("Doesn't fit well"),
    "reason.STYLE_COLOUR": _("Don't like the style or colour"),
    "reason.NOT_AS_DESCRIBED": _("Not as described"),
    "reason.QUALITY_BELOW_EXPECTED": _("Quality below expectation"),
    "reason.DEFECTIVE_ON_ARRIVAL": _("Faulty when it arrived"),
    "reason.DEFECT_APPEARED_LATER": _("Fault appeared later"),
    "reason.PARTS_MISSING": _("Parts are missing"),
    "reason.WRONG_ITEM": _("Wrong item"),
    "reason.DAMAGED_IN_TRANSIT": _("Damaged on the way"),
    "reason.NOT_RECEIVED": _("Not received"),
    "reason.PARTLY_RECEIVED": _("Received in part"),
    "reason.ARRIVED_LATE": _("Arrived too late"),
    "reason.REFUSED_AT_DOOR": _("Refused at the door"),
    "reason.SAFETY_RECALL": _("Safety recall"),
    "reason.ALLERGY_REACTION": _("Allergic reaction"),
    "reason.OTHER": _("Other reason"),
    # The tracking page: what else the customer can do now, by ``questions.Topic``.
    "advice.PREPARING": _("Nothing to do yet. The first scan appears here."),
    "advice.ON_THE_WAY": _("Nothing to do: it is moving."),
    "advice.OUT_FOR_DELIVERY": _("It comes today. Please be at home, or ask a neighbour."),
    "advice.READY_FOR_PICKUP": _("Take the carrier's code or message with you."),
    "advice.DELAYED": _("Nothing to do yet. If it doesn't arrive, tell us below."),
    "advice.DELIVERED": _("All fine? If you don't have it, tell us below."),
    "advice.RETURNING": _("Tell us whether we should send it again or give your money back."),
    "advice.LOST": _("Tell us whether we should send it again or give your money back."),
    "advice.CANCELLED": _("This parcel won't come. If you miss something, ask us."),
    # Questions and answers of the tracking page, by the same topics.
    "question.PREPARING.1": _("When will my parcel be sent?"),
    "answer.PREPARING.1": _(
        "As soon as it is packed and the carrier has collected it. Then you see the first scan."
    ),
    "question.PREPARING.2": _("There is a label. Why does nothing move?"),
    "answer.PREPARING.2": _(
        "A label only announces the parcel. The way begins with the carrier's first scan, "
        "often on the next working day."
    ),
    "question.ON_THE_WAY.1": _("Why is there nothing new since yesterday?"),
    "answer.ON_THE_WAY.1": _(
        "Parcels aren't scanned on every part of their way. A day or two without news is usual, "
        "more at weekends and on holidays."
    ),
    "question.ON_THE_WAY.2": _("Can I change the address?"),
    "answer.ON_THE_WAY.2": _(
        "Often the carrier can do it: look for delivery options on its own page. If there are "
        "none, ask us soon."
    ),
    "question.OUT_FOR_DELIVERY.1": _("When exactly will it come?"),
    "answer.OUT_FOR_DELIVERY.1": _(
        "Usually during the day or in the early evening. The carrier's own page may show a "
        "narrower time."
    ),
    "question.OUT_FOR_DELIVERY.2": _("What if I'm not at home?"),
    "answer.OUT_FOR_DELIVERY.2": _(
        "The carrier tries again or takes the parcel to a pick-up point. You see here what "
        "happened."
    ),
    "question.READY_FOR_PICKUP.1": _("What do I need to collect it?"),
    "answer.READY_FOR_PICKUP.1": _(
        "The code or message the carrier sent you, and sometimes an identity document."
    ),
    "question.READY_FOR_PICKUP.2": _("What if I don't collect it in time?"),
    "answer.READY_FOR_PICKUP.2": _(
        "It goes back to us. If you can't make it, ask the carrier for more time before "
        "the last day."
    ),
    "question.ATTEMPT_FAILED.1": _("Nobody was at home. What now?"),
    "answer.ATTEMPT_FAILED.1": _(
        "The notice or the carrier's message says when it comes again, or where the parcel "
        "waits for you."
    ),
    "question.ATTEMPT_FAILED.2": _("The carrier never came. What can I do?"),
    "answer.ATTEMPT_FAILED.2": _("Tell us: we ask the carrier where the parcel is."),
    "question.DELAYED.1": _("Why is it late?"),
    "answer.DELAYED.1": _(
        "Often it is the weather, a busy season or a missed connection. What the carrier says "
        "stands in the news of the parcel."
    ),
    "question.DELAYED.2": _("What if it never arrives?"),
    "answer.DELAYED.2": _(
        "Tell us with the form on this page. We look into it with the carrier and answer you."
    ),
    "question.ON_HOLD.1": _("Why doesn't it move?"),
    "answer.ON_HOLD.1": _(
        "The carrier waits for something: customs, a payment, a correct address or a check."
    ),
    "question.ON_HOLD.2": _("Do I have to do something?"),
    "answer.ON_HOLD.2": _("Only if the carrier asks you. If you aren't sure, ask us."),
    "question.DELIVERED.1": _("It says delivered, but I have nothing. What now?"),
    "answer.DELIVERED.1": _(
        "Look at your neighbours', at the reception and in the letter box. If it isn't there, "
        "tell us with the form on this page."
    ),
    "question.DELIVERED.2": _("Something is missing or damaged. What can I do?"),
    "answer.DELIVERED.2": _("Take photos, keep the packaging and write to us."),
    "question.RETURNING.1": _("Why does it go back?"),
    "answer.RETURNING.1": _(
        "It couldn't be delivered or wasn't collected in time. What the carrier says stands in "
        "the news of the parcel."
    ),
    "question.RETURNING.2": _("Do I get my money back?"),
    "answer.RETURNING.2": _("Ask us: we can send the parcel again or give your money back."),
    "question.LOST.1": _("What happens now?"),
    "answer.LOST.1": _(
        "We clear it up with the carrier. Tell us whether you want the goods sent again or your "
        "money back."
    ),
    "question.CANCELLED.1": _("Why was it cancelled?"),
    "answer.CANCELLED.1": _(
        "It was taken back before it was sent. The goods may come in another parcel; if not, "
        "ask us."
    ),
    # Why a form on the page couldn't be taken.
    "page_fault.TOO_LONG": _("This is too long. Please use up to 2000 characters."),
    # The withdrawal function. What the person confirms:
    "withdrawal.whole": _("I withdraw from the contract: %(contract)s."),
    "withdrawal.some": _("I withdraw from the contract %(contract)s for the goods listed here."),
    "withdrawal.order": _("Order %(number)s"),
    "withdrawal_fault.REQUIRED": _("Please fill this in."),
    "withdrawal_fault.TOO_LONG": _("This is too long."),
    "withdrawal_fault.INVALID": _("Please check this."),
    "withdrawal_fault.email.INVALID": _("Write a mail address, as name@example.com."),
    "withdrawal_fault.lines.REQUIRED": _("Choose at least one piece."),
    "withdrawal_fault.lines.INVALID": _("Write how many pieces, at most as many as you ordered."),
    "page.TOO_LONG": _("That was too much text"),
    "page_help.TOO_LONG": _("Nothing was sent. Please go back and say the same with fewer words."),
    # The return pages: grounds, who pays, ways back, what to do next.
    "basis.WITHDRAWAL": _("Withdrawal from the contract, without a reason"),
    "basis.GOODWILL_RETURN": _("Voluntary return by the shop's own rules"),
    "basis.NON_CONFORMITY": _("Legal guarantee: it isn't as it should be"),
    "basis.COMMERCIAL_WARRANTY": _("Warranty of the maker or the shop"),
    "basis.DELIVERY_PROBLEM": _("Wrong, missing or damaged when it came"),
    "basis.REFUSED_DELIVERY": _("Not accepted from the carrier"),
    "payer.MERCHANT": _("The shop pays the way back."),
    "payer.CUSTOMER": _("You pay the way back."),
    "resolution.REFUND_ORIGINAL": _("Money back, the way it was paid"),
    "resolution.REFUND_BANK": _("Money back by bank transfer"),
    "resolution.STORE_CREDIT": _("Credit to spend in the shop"),
    "resolution.EXCHANGE_SAME": _("The same again"),
    "resolution.EXCHANGE_VARIANT": _("The same in another size or colour"),
    "resolution.EXCHANGE_OTHER": _("Something else instead; a difference is paid or given back"),
    "resolution.REPLACEMENT": _("A new one"),
    "resolution.REPAIR": _("Repair"),
    "resolution.MISSING_PART": _("The missing part"),
    "resolution.PRICE_REDUCTION": _("Keep it and get a part of the price back"),
    "resolution.TERMINATION": _("End the contract and get the money back"),
    "resolution.RESHIP": _("Send it again"),
    "method.OWN_CARRIER": _("Send it with a carrier of your choice and keep the receipt."),
    "method.CARRIER_LABEL": _("Stick the label on the parcel and hand it to the carrier."),
    "method.QR_NO_PRINT": _("Show the code at the counter. You don't have to print anything."),
    "method.LOCKER_CODE": _("Put it into a parcel locker with the code."),
    "method.DROP_OFF_POINT": _("Bring it to the place named here."),
    "method.COURIER_PICKUP": _("A courier collects it from you."),
    "method.IN_STORE": _("Bring it to our shop."),
    "method.COD_RETURN": _("Send it back for cash on delivery."),
    "method.KEEP_ITEM": _("You can keep it: nothing has to be sent."),
    "method.DONATE": _("Please give it to somebody who can use it: nothing has to be sent."),
    "method.NOT_REQUIRED": _("Nothing has to be sent back."),
    "return_next.SUBMITTED": _("The shop looks at your request and writes to you."),
    "return_next.NEEDS_INFO": _("The shop has asked you something. Please answer below."),
    "return_next.APPROVED": _("Please send the goods back as described below."),
    "return_next.PARTLY_APPROVED": _("Please send back what was approved, as described below."),
    "return_next.DECLINED": _("If you don't agree, say so below: it is decided again."),
    "return_next.IN_TRANSIT": _("You don't have to do anything. The shop waits for the goods."),
    "return_next.PARTLY_RECEIVED": _("Please send what is still missing."),
    "return_next.RECEIVED": _("You don't have to do anything. The shop checks the goods."),
    "return_next.INSPECTED": _("You don't have to do anything. The shop decides about the money."),
    "return_next.RESOLVING": _("You don't have to do anything. The money is on its way."),
    "return_next.RESOLVING_GOODS": _(
        "You don't have to do anything. The shop does what was decided."
    ),
    "return_next.COMPLETED": _("If something is still wrong, say so below: it is decided again."),
    "return_fault.INVALID": _("Please check this."),
    "return_fault.REQUIRED": _("Please fill this in."),
    "return_fault.TOO_LONG": _("This is too long. Please use up to 4000 characters."),
    "return_fault.RATE_LIMITED": _("Too many tries. Please wait a while."),
    "return_fault.TRANSITION_NOT_ALLOWED": _("This isn't possible any more: look at the state."),
    "return_fault.lines.REQUIRED": _("Choose at least one piece."),
    "return_fault.lines.INVALID": _("Write how many pieces as a number."),
    "return_fault.tracking_number.INVALID": _("This is no tracking number."),
    "return_fault.carrier.INVALID": _("Write the carrier's name alone, as dhl or ups."),
    "return_fault.resolution.NOT_OFFERED": _(
        "That isn't offered for everything you chose. Choose again, or ask in two requests."
    ),
    "return_fault.note.REQUIRED": _("Write why."),
    "return_fault.file.REQUIRED": _("Choose a photo that isn't empty."),
    "return_fault.FILE_TOO_LARGE": _("A photo is too large. Use up to 8 MB each."),
    "return_fault.FILE_TYPE_NOT_SUPPORTED": _("Use photos in JPEG, PNG or WebP that don't move."),
    "return_fault.FILE_UNREADABLE": _("A photo is damaged. Please choose another one."),
    "return_fault.TOO_MANY_FILES": _("Use up to 10 photos."),
    "slip.title": _("Return slip"),
    "slip.number": _("Return number"),
    "slip.order": _("Order number"),
    "slip.enclose": _("Please put this page into the parcel."),
    "slip.quantity": _("Pieces"),
    "slip.product": _("Product"),
    "slip.sku": _("Article number"),
    "slip.send_to": _("How to send it back"),
    # Scores of an order, what they can be about, and what can't be taken.
    "score.1": _("very bad"),
    "score.2": _("bad"),
    "score.3": _("middling"),
    "score.4": _("good"),
    "score.5": _("very good"),
    "category.SPEED": _("How fast it came"),
    "category.COURIER": _("The courier"),
    "category.PACKAGING": _("The packaging"),
    "category.PRODUCT": _("The goods themselves"),
    "category.DESCRIPTION": _("How the goods were described"),
    "category.COMMUNICATION": _("How we kept you informed"),
    "category.OTHER": _("Something else"),
    "feedback_fault.INVALID": _("This couldn't be saved. Please check it."),
    "feedback_fault.score.INVALID": _("Choose a score from 1 to 5."),
    "feedback_fault.score.REQUIRED": _("Choose a score from 1 to 5."),
    "feedback_fault.comment.TOO_LONG": _("This is too long. Please use up to 2000 characters."),
    "feedback_fault.NOT_DELIVERED_YET": _("Nothing of this order has arrived yet."),
    "feedback_fault.RATE_LIMITED": _(
        "Nothing was saved yet: there were too many tries. Please send it again in an hour."
    ),
    "page.TOO_LARGE": _("That was too large"),
    "page_help.TOO_LARGE": _(
        "Nothing was sent. Please go back and choose fewer photos; you can add more later."
    ),
    "page.NO_PDF": _("There is no PDF here"),
    "page_help.NO_PDF": _("Open the same page without the PDF and print it from your browser."),
    # Marketing mail: what it is about, where a mailbox stands, what ticking a box means.
    "topic.FEEDBACK": _("Questions to you: how the delivery was, what you think of the goods"),
    "topic.CARE": _("Help with what you bought: use, care, the end of its guarantee"),
    "topic.OFFERS": _("Offers: matching goods, refills, vouchers"),
    "standing.OPT_IN": _("You agreed to these."),
    "standing.SOFT_OPT_IN": _(
        "You get these because you bought something here. You can refuse them at any time, "
        "free of charge."
    ),
    "standing.NONE": _("You don't get these: they need your consent."),
    "standing.OBJECTED": _("You refused these."),
    "consent.WORDING": _(
        "By ticking a box and saving you agree to get such mails from %(shop)s. You can take "
        "that back at any time, on this page or with the link in every such mail."
    ),
    "consent.WORDING_WITHOUT_NAME": _(
        "By ticking a box and saving you agree to get such mails from this shop. You can take "
        "that back at any time, on this page or with the link in every such mail."
    ),
    "page.METHOD_NOT_ALLOWED": _("That isn't possible here"),
    "page_help.METHOD_NOT_ALLOWED": _("Open the link again from your mail, or ask the shop."),
    # Pages instead of the one asked for, by error code: heading, then what to do.
    "page.NOT_FOUND": _("This page doesn't exist"),
    "page_help.NOT_FOUND": _("Open the link again from your mail, or ask the shop."),
    "page.INVALID_TOKEN": _("This link doesn't work"),
    "page_help.INVALID_TOKEN": _(
        "It is incomplete or was changed. Open it again from your mail, or ask the shop."
    ),
    "page.EXPIRED_TOKEN": _("This link has expired"),
    "page_help.EXPIRED_TOKEN": _(
        "Links work for a limited time, for your safety. Ask the shop for a new one."
    ),
    "page.RATE_LIMITED": _("Too many requests"),
    "page_help.RATE_LIMITED": _("Please wait a few minutes, then try again."),
    "page.FAILED": _("Something went wrong"),
    "page_help.FAILED": _("Please try again in a few minutes."),
}


def text(code: str, **params: object) -> str:
    """
    The sentence of a code in the active language.

    A code without a sentence gives itself, readably: ``"order.NEW_WORD"`` gives
    ``"New word"``.
    """
    if code not in TEXTS:
        return code.rpartition(".")[2].replace("_", " ").capitalize()
    sentence = _sentence(code, translation.get_language() or LANGUAGES[0])
    return sentence % params if params else sentence


@lru_cache(maxsize=None)
def _sentence(code: str, language: str) -> str:
    """Looked up once per language: a page of orders asks for the same ones again and again."""
    return str(TEXTS[code])


def language_for(*wishes: str, among: Sequence[str] = LANGUAGES) -> str:
    """First wish that is ``among`` those (``"pl-PL"`` counts as ``"pl"``), else the first."""
    for wish in wishes:
        language = wish.replace("_", "-").partition("-")[0].lower()
        if language in among:
            return language
    return among[0]


def in_language(language: str) -> translation.override:
    """Context manager: texts come out in that language."""
    return translation.override(language)


def codes() -> Iterator[str]:
    """Every code that has a sentence."""
    return iter(TEXTS)
