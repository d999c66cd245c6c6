"""Every field and mutation we add to the shop's schema, on one page: start here."""

from __future__ import annotations

from typing import Any

import graphene

from ..host import graphql as host
from .consents import (
    MailPreferences,
    MailPreferencesUpdate,
    MarketingConsentRecord,
    resolve_preferences,
)
from .errors import readable
from .event_deliveries import (
    AftersaleEventDeliveryCountableConnection,
    AftersaleEventDeliveryFilterInput,
    AftersaleEventDeliveryRetry,
    resolve_event_deliveries,
)
from .feedback import (
    OrderFeedback,
    OrderFeedbackAccess,
    resolve_feedback_by_token,
    resolve_may_give,
    resolve_order_feedback,
)
from .feedback_customer import FeedbackGive
from .feedback_staff import (
    FeedbackAnswer,
    FeedbackNumbers,
    FeedbackVoucherRetry,
    OrderFeedbackCountableConnection,
    OrderFeedbackFilterInput,
    OrderFeedbackSortingInput,
    resolve_feedbacks,
)
from .feedback_staff import resolve_numbers as resolve_feedback_numbers
from .followup_numbers import FollowUpNumbers, resolve_numbers
from .followups import (
    FollowUpCancel,
    FollowUpCountableConnection,
    FollowUpFilterInput,
    FollowUpPreview,
    FollowUpResend,
    FollowUpSendTest,
    resolve_follow_ups,
    resolve_preview,
)
from .return_options import ReturnOption, resolve_return_options
from .return_policy import ReturnPolicySettingInput, ReturnPolicySimulation, resolve_simulation
from .return_reports import (
    ReturnReport,
    ReturnReportCsvUrl,
    ReturnReportGroupByEnum,
    resolve_csv_url,
    resolve_report,
)
from .returns import (
    ReturnRequest,
    resolve_order_return_requests,
    resolve_return_request,
)
from .returns_attachments import ReturnRequestAddAttachment, ReturnRequestSetReturnMethod
from .returns_customer import (
    ReturnRequestCancel,
    ReturnRequestCreate,
    ReturnRequestDiscard,
    ReturnRequestProvideShipping,
    ReturnRequestReopen,
    ReturnRequestSubmit,
    ReturnRequestUpdate,
)
from .returns_desk import (
    ReturnRequestAssign,
    ReturnRequestBulkApprove,
    ReturnRequestBulkReceive,
)
from .returns_list import (
    ReturnRequestCountableConnection,
    ReturnRequestFilterInput,
    ReturnRequestSortingInput,
    resolve_return_requests,
)
from .returns_messages import (
    ReturnRequestAddMessage,
    ReturnRequestAddNote,
    ReturnRequestAskForInfo,
    ReturnRequestProvideInfo,
)
from .returns_resolution import (
    ReturnRequestRefundGiveUp,
    ReturnRequestRefundSettle,
    ReturnRequestRemedySent,
    ReturnRequestResolve,
)
from .returns_staff import (
    ReturnRequestApprove,
    ReturnRequestDecline,
    ReturnRequestInspect,
    ReturnRequestReceive,
)
from .shipments import (
    ShipmentCountableConnection,
    ShipmentFilterInput,
    ShipmentSortingInput,
    resolve_fulfillment_shipments,
    resolve_shipments,
)
from .shipments_customer import ShipmentReportNotReceived
from .shipments_news import ShipmentEventsRecord
from .shipments_staff import (
    ShipmentCreate,
    ShipmentDelete,
    ShipmentEventCorrect,
    ShipmentStatusCorrect,
    ShipmentUpdate,
)
from .suppressions import (
    MailSuppressionAdd,
    MailSuppressionCountableConnection,
    MailSuppressionFilterInput,
    MailSuppressionLift,
    resolve_suppressions,
)
from .tracking import (
    OrderAccessRequest,
    OrderTimeline,
    Shipment,
    list_of,
    resolve_order_timeline,
    resolve_timeline_by_token,
)
from .withdrawals import (
    WithdrawalStatementClose,
    WithdrawalStatementCountableConnection,
    WithdrawalStatementFilterInput,
    WithdrawalStatementMatch,
    resolve_withdrawal_statements,
)
from .withdrawals_customer import WithdrawalDeclare

_LANGUAGE = "Language of the texts, as `pl`. Left out: the order's own."
_DAYS = "A day in UTC, inclusive; up to 1100 days at once."
_STRANGERS = "Null for strangers, and while the plugin is switched off in the order's channel."


def _order_fields() -> dict:
    return {
        "timeline": (
            host.Field(
                OrderTimeline,
                language=graphene.String(description=_LANGUAGE),
                description="Everything that happened to the order. " + _STRANGERS,
            ),
            resolve_order_timeline,
        ),
        "return_requests": (
            host.Field(
                graphene.List(graphene.NonNull(ReturnRequest)),
                description="Return requests, oldest first. " + _STRANGERS,
            ),
            resolve_order_return_requests,
        ),
        "return_options": (
            host.Field(
                graphene.List(graphene.NonNull(ReturnOption)),
                language=graphene.String(description=_LANGUAGE),
                description="Per line: what is possible today and why not. " + _STRANGERS,
            ),
            resolve_return_options,
        ),
        "feedback": (
            host.Field(
                OrderFeedback,
                description="What its customer says of the order; null also before. " + _STRANGERS,
            ),
            resolve_order_feedback,
        ),
        "may_give_feedback": (
            host.Field(
                graphene.Boolean,
                description="Something of it has arrived, or should have: it can be rated. "
                + _STRANGERS,
            ),
            resolve_may_give,
        ),
    }


def _fulfillment_fields() -> dict:
    return {
        "shipments": (
            host.Field(
                graphene.List(graphene.NonNull(Shipment)),
                language=graphene.String(description=_LANGUAGE),
                description="Its parcels, Saleor's own tracking number first. " + _STRANGERS,
            ),
            resolve_fulfillment_shipments,
        ),
    }


def _list(kind: Any, description: str, **narrowing: Any) -> Any:
    """A field that gives pages of a connection."""
    return host.Field(
        kind,
        **narrowing,
        first=graphene.Int(),
        last=graphene.Int(),
        after=graphene.String(),
        before=graphene.String(),
        description=description,
    )


def _tracking_queries() -> dict:
    return {
        "order_timeline": (
            host.Field(
                OrderTimeline,
                access_token=graphene.String(required=True, description="From a signed link."),
                language=graphene.String(description=_LANGUAGE),
                description="The timeline of the order a signed link opens.",
            ),
            resolve_timeline_by_token,
        ),
        "shipments": (
            _list(
                ShipmentCountableConnection,
                "Parcels, newest first. Requires MANAGE_ORDERS.",
                filter=ShipmentFilterInput(),
                sort_by=ShipmentSortingInput(),
            ),
            resolve_shipments,
        ),
    }


def _return_queries() -> dict:
    return {
        "return_policy_simulate": (
            host.Field(
                ReturnPolicySimulation,
                settings=graphene.Argument(list_of(ReturnPolicySettingInput)),
                channel=graphene.String(required=True, description="Channel slug."),
                last=graphene.Int(
                    description="Newest orders to look at, 1 to 500; 100 unless told."
                ),
                description=(
                    "What changed settings would change for the newest orders of a channel. "
                    "Writes nothing. Requires MANAGE_ORDERS."
                ),
            ),
            resolve_simulation,
        ),
        "return_request": (
            host.Field(
                ReturnRequest,
                id=graphene.ID(description="Id of the return request."),
                access_token=graphene.String(description="From a signed link to the order."),
                description="One return request, for its customer and for staff.",
            ),
            resolve_return_request,
        ),
        "return_requests": (
            _list(
                ReturnRequestCountableConnection,
                "Return requests. Requires MANAGE_ORDERS.",
                filter=ReturnRequestFilterInput(),
                sort_by=ReturnRequestSortingInput(),
            ),
            resolve_return_requests,
        ),
        "withdrawal_statements": (
            _list(
                WithdrawalStatementCountableConnection,
                "Statements of withdrawal, newest first. Requires MANAGE_ORDERS.",
                filter=WithdrawalStatementFilterInput(),
            ),
            resolve_withdrawal_statements,
        ),
    }


def _report_queries() -> dict:
    return {
        "follow_up_numbers": (
            host.Field(
                FollowUpNumbers,
                channel=graphene.String(description="Channel slug; left out: all you work in."),
                since=graphene.Argument(host.Date, required=True, description=_DAYS),
                until=graphene.Argument(host.Date, required=True, description=_DAYS),
                description="Figures on the mails that became due in a period, and questions "
                "that wait for an answer. Requires MANAGE_ORDERS.",
            ),
            resolve_numbers,
        ),
        "return_report": (
            host.Field(
                ReturnReport,
                channel=graphene.String(description="Channel slug; left out: all you work in."),
                date_from=graphene.Argument(host.Date, required=True, description=_DAYS),
                date_to=graphene.Argument(host.Date, required=True, description=_DAYS),
                group_by=graphene.Argument(ReturnReportGroupByEnum, required=True),
                description="Figures on the returns of a period. Requires MANAGE_ORDERS.",
            ),
            resolve_report,
        ),
        "return_report_csv_url": (
            host.Field(
                ReturnReportCsvUrl,
                channel=graphene.String(required=True, description="Channel slug."),
                date_from=graphene.Argument(host.Date, required=True, description=_DAYS),
                date_to=graphene.Argument(host.Date, required=True, description=_DAYS),
                description="A link to the return requests of a period as CSV; it holds for ten "
                "minutes. Requires MANAGE_ORDERS.",
            ),
            resolve_csv_url,
        ),
    }


def _feedback_queries() -> dict:
    return {
        "feedbacks": (
            _list(
                OrderFeedbackCountableConnection,
                "What customers say of their orders, newest first. Requires MANAGE_ORDERS.",
                filter=OrderFeedbackFilterInput(),
                sort_by=OrderFeedbackSortingInput(),
            ),
            resolve_feedbacks,
        ),
        "feedback_numbers": (
            host.Field(
                FeedbackNumbers,
                channel=graphene.String(description="Channel slug; left out: all you work in."),
                since=graphene.Argument(host.Date, required=True, description=_DAYS),
                until=graphene.Argument(host.Date, required=True, description=_DAYS),
                description="Scores of a period by carrier, product and channel, and how many "
                "parcels came in time. Requires MANAGE_ORDERS.",
            ),
            resolve_feedback_numbers,
        ),
        "order_feedback": (
            host.Field(
                OrderFeedbackAccess,
                access_token=graphene.String(required=True, description="From a signed link."),
                description="Feedback on the order a signed link opens.",
            ),
            resolve_feedback_by_token,
        ),
    }


def _mail_queries() -> dict:
    return {
        "aftersale_event_deliveries": (
            _list(
                AftersaleEventDeliveryCountableConnection,
                "Events for the merchant's own systems, newest first. Requires MANAGE_ORDERS.",
                filter=AftersaleEventDeliveryFilterInput(),
            ),
            resolve_event_deliveries,
        ),
        "follow_ups": (
            _list(
                FollowUpCountableConnection,
                "Mails to customers, newest first, also those left out and why. "
                "Requires MANAGE_ORDERS.",
                filter=FollowUpFilterInput(),
            ),
            resolve_follow_ups,
        ),
        "follow_up_preview": (
            host.Field(
                FollowUpPreview,
                key=graphene.String(required=True, description="As `shipment.sent`."),
                order_id=graphene.ID(required=True),
                language=graphene.String(description=_LANGUAGE),
                description="A mail about something that happened to the order, and whether it "
                "would be sent. Requires MANAGE_ORDERS.",
            ),
            resolve_preview,
        ),
    }


def _consent_queries() -> dict:
    return {
        "mail_preferences": (
            host.Field(
                MailPreferences,
                access_token=graphene.String(
                    description="From a link to an order or to mail preferences. Left out: the "
                    "signed-in customer."
                ),
                channel=graphene.String(description="Channel slug; needed without a link."),
                language=graphene.String(description="Language of the texts, as `pl`."),
                description="Which marketing mails somebody gets.",
            ),
            resolve_preferences,
        ),
        "mail_suppressions": (
            _list(
                MailSuppressionCountableConnection,
                "Mailboxes that get no marketing mail, newest first. Requires MANAGE_ORDERS.",
                filter=MailSuppressionFilterInput(),
            ),
            resolve_suppressions,
        ),
    }


def _queries() -> dict:
    parts = (
        _tracking_queries(),
        _return_queries(),
        _report_queries(),
        _feedback_queries(),
        _mail_queries(),
        _consent_queries(),
    )
    return {name: field for part in parts for name, field in sorted(part.items())}


MUTATIONS = {
    "aftersale_event_delivery_retry": AftersaleEventDeliveryRetry,
    "feedback_answer": FeedbackAnswer,
    "feedback_give": FeedbackGive,
    "feedback_voucher_retry": FeedbackVoucherRetry,
    "follow_up_cancel": FollowUpCancel,
    "follow_up_resend": FollowUpResend,
    "follow_up_send_test": FollowUpSendTest,
    "mail_preferences_update": MailPreferencesUpdate,
    "mail_suppression_add": MailSuppressionAdd,
    "mail_suppression_lift": MailSuppressionLift,
    "marketing_consent_record": MarketingConsentRecord,
    "order_access_request": OrderAccessRequest,
    "return_request_add_message": ReturnRequestAddMessage,
    "return_request_add_note": ReturnRequestAddNote,
    "return_request_add_attachment": ReturnRequestAddAttachment,
    "return_request_approve": ReturnRequestApprove,
    "return_request_ask_for_info": ReturnRequestAskForInfo,
    "return_request_assign": ReturnRequestAssign,
    "return_request_bulk_approve": ReturnRequestBulkApprove,
    "return_request_bulk_receive": ReturnRequestBulkReceive,
    "return_request_cancel": ReturnRequestCancel,
    "return_request_create": ReturnRequestCreate,
    "return_request_decline": ReturnRequestDecline,
    "return_request_discard": ReturnRequestDiscard,
    "return_request_inspect": ReturnRequestInspect,
    "return_request_provide_info": ReturnRequestProvideInfo,
    "return_request_provide_shipping": ReturnRequestProvideShipping,
    "return_request_receive": ReturnRequestReceive,
    "return_request_reopen": ReturnRequestReopen,
    "return_request_refund_give_up": ReturnRequestRefundGiveUp,
    "return_request_refund_settle": ReturnRequestRefundSettle,
    "return_request_remedy_sent": ReturnRequestRemedySent,
    "return_request_resolve": ReturnRequestResolve,
    "return_request_set_return_method": ReturnRequestSetReturnMethod,
    "return_request_submit": ReturnRequestSubmit,
    "return_request_update": ReturnRequestUpdate,
    "shipment_create": ShipmentCreate,
    "shipment_delete": ShipmentDelete,
    "shipment_event_correct": ShipmentEventCorrect,
    "shipment_events_record": ShipmentEventsRecord,
    "shipment_report_not_received": ShipmentReportNotReceived,
    "shipment_status_correct": ShipmentStatusCorrect,
    "shipment_update": ShipmentUpdate,
    "withdrawal_declare": WithdrawalDeclare,
    "withdrawal_statement_close": WithdrawalStatementClose,
    "withdrawal_statement_match": WithdrawalStatementMatch,
}


def install() -> None:
    """
    Add all of it to the shop's schema; called once, when the app is ready.

    Raises:
        ImproperlyConfigured: the schema is built already: too late.
    """
    queries = {name: (field, readable(resolve)) for name, (field, resolve) in _queries().items()}
    mutations = {name: mutation.Field() for name, mutation in MUTATIONS.items()}
    host.extend_schema(queries, mutations, _order_fields(), _fulfillment_fields())
