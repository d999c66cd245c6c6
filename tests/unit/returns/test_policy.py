"""May this line be returned, on what basis, until when."""

from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_aftersale import workdays
from saleor_aftersale.returns import policy
from saleor_aftersale.returns.policy import (
    Basis,
    Decision,
    LineFacts,
    Option,
    OrderFacts,
    Payer,
    Policy,
    Refusal,
)
from saleor_aftersale.returns.shop_rules import Terms

#: A Monday: 14 days end on Monday the 15th, 30 days on Wednesday 1 July.
DELIVERED = OrderFacts(delivered_at=datetime(2026, 6, 1, 12, tzinfo=timezone.utc))
UNDELIVERED = OrderFacts(delivered_at=None)
THIRTY_DAYS = Policy(return_window_days=30)
TODAY = date(2026, 6, 10)

#: Two pieces, sent and delivered, none asked for.
LINE = LineFacts(line_ref="1", sent_quantity=2, delivered_quantity=2, requested_quantity=0)
CALLED_OFF = LINE._replace(sent_quantity=0, delivered_quantity=0)
UNSENT = CALLED_OFF._replace(ordered_quantity=2)
ONE_SENT = LINE._replace(ordered_quantity=2, sent_quantity=1, delivered_quantity=1)
ON_THE_WAY = LINE._replace(delivered_quantity=0)
ONE_ARRIVED = LINE._replace(delivered_quantity=1)
ALL_ASKED_FOR = LINE._replace(requested_quantity=2)

EXPIRED = Refusal.PERIOD_EXPIRED
NOT_THERE = Refusal.NOT_DELIVERED_YET
RETURNED = Refusal.ALREADY_RETURNED
TOO_MANY = Refusal.QUANTITY_EXCEEDED
DELIVERED_ALL = Refusal.ALREADY_DELIVERED

MERCHANT, CUSTOMER = Payer.MERCHANT, Payer.CUSTOMER


def decide(line=LINE, order=DELIVERED, rules=THIRTY_DAYS, today=TODAY):
    return policy.decide(line, order, rules, today)


def refusals_by_basis(decision):
    return {option.basis: list(option.refusals) for option in decision.options}


def refused(withdrawal=(), goodwill=(), conformity=(), *, delivery=(), at_door=(DELIVERED_ALL,)):
    """Refusals by basis where nobody gave a commercial warranty."""
    common = [NOT_THERE] if NOT_THERE in conformity else []
    rest = [RETURNED] if RETURNED in conformity else []
    return {
        Basis.WITHDRAWAL: list(withdrawal),
        Basis.GOODWILL_RETURN: list(goodwill),
        Basis.NON_CONFORMITY: list(conformity),
        Basis.COMMERCIAL_WARRANTY: [*common, Refusal.NO_COMMERCIAL_WARRANTY, *rest],
        Basis.DELIVERY_PROBLEM: list(delivery),
        Basis.REFUSED_DELIVERY: list(at_door),
    }


def test_policy_opens_every_basis_when_the_line_was_delivered_nine_days_ago():
    own = ("OWN_CARRIER",)
    refund = ("REFUND_ORIGINAL",)
    remedies = ("REPAIR", "REPLACEMENT", "PRICE_REDUCTION", "TERMINATION")
    again = ("RESHIP", "REPLACEMENT", "MISSING_PART", "REFUND_ORIGINAL")

    decision = decide(LINE._replace(terms=Terms(warranty_months=36)))

    assert decision == Decision(
        line_ref="1",
        quantity=2,
        options=(
            Option(Basis.WITHDRAWAL, (), date(2026, 6, 15), 2, CUSTOMER, refund, own),
            Option(Basis.GOODWILL_RETURN, (), date(2026, 7, 1), 2, CUSTOMER, refund, own),
            Option(Basis.NON_CONFORMITY, (), date(2028, 6, 1), 2, MERCHANT, remedies, own),
            Option(Basis.COMMERCIAL_WARRANTY, (), date(2029, 6, 1), 2, MERCHANT, remedies[:2], own),
            Option(Basis.DELIVERY_PROBLEM, (), date(2028, 6, 1), 2, MERCHANT, again, own),
            Option(
                Basis.REFUSED_DELIVERY,
                (DELIVERED_ALL,),
                None,
                0,
                MERCHANT,
                ("RESHIP", "REFUND_ORIGINAL"),
                ("NOT_REQUIRED",),
            ),
        ),
    )


@pytest.mark.parametrize(
    "today, proposed, refusals",
    [
        (date(2026, 6, 15), Basis.WITHDRAWAL, refused()),
        (date(2026, 6, 16), Basis.GOODWILL_RETURN, refused([EXPIRED])),
        (date(2026, 7, 1), Basis.GOODWILL_RETURN, refused([EXPIRED])),
        (date(2026, 7, 2), Basis.NON_CONFORMITY, refused([EXPIRED], [EXPIRED])),
        (date(2028, 6, 1), Basis.NON_CONFORMITY, refused([EXPIRED], [EXPIRED])),
        (
            date(2028, 6, 2),
            None,
            refused([EXPIRED], [EXPIRED], [EXPIRED], delivery=[EXPIRED]),
        ),
    ],
)
def test_policy_refuses_a_basis_when_its_last_day_was_yesterday(today, proposed, refusals):
    decision = decide(today=today)

    assert (decision.proposed, refusals_by_basis(decision)) == (proposed, refusals)


NOTHING_SENT = refused([], *[[NOT_THERE]] * 2, delivery=[NOT_THERE], at_door=[Refusal.NOT_SENT_YET])
NOTHING_STANDS = {**NOTHING_SENT, Basis.WITHDRAWAL: [RETURNED]}
ALL_GONE = refused(*[[RETURNED]] * 3, delivery=[RETURNED], at_door=[DELIVERED_ALL, RETURNED])


@pytest.mark.parametrize(
    "line, quantity, proposed, refusals",
    [
        # A consumer may withdraw before the goods are sent.
        (UNSENT, 2, Basis.WITHDRAWAL, NOTHING_SENT),
        (CALLED_OFF, 0, None, NOTHING_STANDS),
        (ON_THE_WAY, 2, Basis.WITHDRAWAL, refused([], [NOT_THERE], [NOT_THERE], at_door=[])),
        (ONE_ARRIVED, 2, Basis.WITHDRAWAL, refused(at_door=[])),
        (LINE._replace(requested_quantity=1), 1, Basis.WITHDRAWAL, refused()),
        (
            ONE_ARRIVED._replace(requested_quantity=1),
            1,
            Basis.WITHDRAWAL,
            refused([], [RETURNED], [RETURNED], at_door=[]),
        ),
        (ALL_ASKED_FOR, 0, None, ALL_GONE),
        # The shop was told of more than we know.
        (LINE._replace(requested_quantity=3), 0, None, ALL_GONE),
    ],
)
def test_policy_refuses_a_basis_when_no_piece_is_left_for_it(line, quantity, proposed, refusals):
    decision = decide(line, UNDELIVERED)

    assert (decision.quantity, decision.proposed) == (quantity, proposed)
    assert refusals_by_basis(decision) == refusals


def test_policy_tells_all_reasons_when_there_are_several():
    late = date(2028, 6, 2)

    unsent = decide(UNSENT, today=late).option(Basis.NON_CONFORMITY)
    asked_for = decide(ALL_ASKED_FOR, today=late).option(Basis.NON_CONFORMITY)

    assert unsent.refusals == (NOT_THERE, EXPIRED)
    assert asked_for.refusals == (EXPIRED, RETURNED)


def test_policy_knows_no_end_when_delivery_is_unknown():
    decision = decide(ON_THE_WAY, UNDELIVERED, today=date(2099, 1, 1))

    assert [option.until for option in decision.options] == [None] * 6
    assert decision.option(Basis.WITHDRAWAL).is_open


@pytest.mark.parametrize(
    "window, last_on",
    [
        (0, date(2026, 6, 15)),
        (14, date(2026, 6, 15)),
        (19, date(2026, 6, 22)),  # Saturday the 20th -> Monday
        (100, date(2026, 9, 9)),
    ],
)
def test_goodwill_of_the_channel_lasts_as_long_as_the_law_when_less_is_set(window, last_on):
    decision = decide(rules=Policy(return_window_days=window))

    assert decision.option(Basis.GOODWILL_RETURN).until == last_on
    assert decision.option(Basis.WITHDRAWAL).until == date(2026, 6, 15)


# What the shop says of a line


def under(terms, basis, line=LINE, rules=THIRTY_DAYS, order=DELIVERED, today=TODAY):
    return decide(line._replace(terms=terms), order, rules, today).option(basis)


@pytest.mark.parametrize(
    "days, last_on", [(7, date(2026, 6, 8)), (20, date(2026, 6, 22)), (60, date(2026, 7, 31))]
)
def test_goodwill_of_a_line_is_shorter_or_longer_when_a_rule_says_so(days, last_on):
    terms = Terms(goodwill_days=days)

    assert under(terms, Basis.GOODWILL_RETURN).until == last_on
    assert under(terms, Basis.WITHDRAWAL).until == date(2026, 6, 15)


def test_final_sale_closes_goodwill_and_never_a_withdrawal():
    terms = Terms(goodwill_days=0)

    goodwill = under(terms, Basis.GOODWILL_RETURN)

    assert (goodwill.refusals, goodwill.until) == ((Refusal.FINAL_SALE_GOODWILL_ONLY,), None)
    assert under(terms, Basis.WITHDRAWAL).refusals == ()


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLM")
def test_exception_closes_withdrawal_and_goodwill_when_the_goods_are_in_hand(letter):
    decision = decide(LINE._replace(terms=Terms(exception=letter)))

    withdrawal = decision.option(Basis.WITHDRAWAL)
    assert withdrawal.refusals == (Refusal["EXCEPTION_16_" + letter],)
    assert withdrawal.quantity == 0
    assert decision.option(Basis.GOODWILL_RETURN).refusals == (Refusal.FINAL_SALE_GOODWILL_ONLY,)
    assert decision.proposed is Basis.NON_CONFORMITY


@pytest.mark.parametrize("letter, quantity", [("E", 1), ("F", 1), ("I", 1), ("C", 0)])
def test_goods_on_their_way_were_not_unsealed_when_one_piece_is_missing(letter, quantity):
    option = under(Terms(exception=letter), Basis.WITHDRAWAL, ONE_ARRIVED, order=UNDELIVERED)

    assert (option.quantity, option.is_open) == (quantity, bool(quantity))


def test_goodwill_stays_open_for_excepted_goods_when_a_rule_offers_it():
    terms = Terms(exception="E", goodwill_days=20)

    assert under(terms, Basis.GOODWILL_RETURN).is_open
    assert not under(terms, Basis.WITHDRAWAL).is_open


def test_exception_and_lateness_are_both_told_when_both_hold():
    option = under(Terms(exception="C"), Basis.WITHDRAWAL, today=date(2026, 6, 16))

    assert option.refusals == (EXPIRED, Refusal.EXCEPTION_16_C)


@pytest.mark.parametrize(
    "terms, basis, last_on",
    [
        (Terms(withdrawal_days=30), Basis.WITHDRAWAL, date(2026, 7, 1)),
        (Terms(withdrawal_days=1), Basis.WITHDRAWAL, date(2026, 6, 15)),
        (Terms(guarantee_months=36), Basis.NON_CONFORMITY, date(2029, 6, 1)),
        (Terms(guarantee_months=36), Basis.DELIVERY_PROBLEM, date(2029, 6, 1)),
        (Terms(guarantee_months=6), Basis.NON_CONFORMITY, date(2028, 6, 1)),
        (Terms(warranty_months=6), Basis.COMMERCIAL_WARRANTY, date(2026, 12, 1)),
    ],
)
def test_shop_gives_more_than_the_law_and_never_less(terms, basis, last_on):
    assert under(terms, basis).until == last_on


def test_warranty_has_ended_when_its_months_are_over():
    terms = Terms(warranty_months=6)

    option = under(terms, Basis.COMMERCIAL_WARRANTY, today=date(2026, 12, 2))

    assert option.refusals == (EXPIRED,)


ALL_ON_CUSTOMER = Terms(payers=tuple((basis, CUSTOMER) for basis in Basis))
ALL_ON_MERCHANT = Terms(payers=tuple((basis, MERCHANT) for basis in Basis))


def test_customer_never_pays_for_faulty_or_lost_goods_whatever_is_set():
    options = decide(LINE._replace(terms=ALL_ON_CUSTOMER)).options

    assert [option.payer for option in options] == [
        CUSTOMER,
        CUSTOMER,
        MERCHANT,
        CUSTOMER,
        MERCHANT,
        CUSTOMER,
    ]


def test_merchant_pays_for_everything_when_the_shop_says_so():
    options = decide(LINE._replace(terms=ALL_ON_MERCHANT)).options

    assert {option.payer for option in options} == {MERCHANT}


def test_merchant_pays_for_a_withdrawal_when_customers_are_not_informed():
    rules = THIRTY_DAYS._replace(customers_informed=False)

    assert under(ALL_ON_CUSTOMER, Basis.WITHDRAWAL, rules=rules).payer is MERCHANT
    assert under(ALL_ON_CUSTOMER, Basis.GOODWILL_RETURN, rules=rules).payer is CUSTOMER


def test_withdrawal_lasts_a_year_more_when_customers_are_not_informed():
    rules = THIRTY_DAYS._replace(customers_informed=False)

    assert under(Terms(), Basis.WITHDRAWAL, rules=rules).until == date(2027, 6, 15)


def test_fee_is_taken_for_goodwill_alone_when_one_is_set():
    options = decide(LINE._replace(terms=Terms(fee_percent=15))).options

    assert [option.fee_percent for option in options] == [0, 15, 0, 0, 0, 0]


def test_extras_are_offered_after_the_refund_when_somebody_does_not_want_the_goods():
    rules = THIRTY_DAYS._replace(extra_resolutions=("STORE_CREDIT", "EXCHANGE_SAME"))

    options = decide(rules=rules).options

    offered = ("REFUND_ORIGINAL", "STORE_CREDIT", "EXCHANGE_SAME")
    assert [option.resolutions == offered for option in options] == [True, True] + [False] * 4


def test_goodwill_gives_a_voucher_only_when_a_rule_says_so_and_a_withdrawal_never():
    terms = Terms(resolutions=("STORE_CREDIT",))

    assert under(terms, Basis.GOODWILL_RETURN).resolutions == ("STORE_CREDIT",)
    assert under(terms, Basis.WITHDRAWAL).resolutions == ("REFUND_ORIGINAL",)


@pytest.mark.parametrize(
    "country, methods", [("BG", ("IN_STORE", "COD_RETURN")), ("PL", ("IN_STORE",))]
)
def test_parcel_for_cash_on_delivery_goes_back_in_bulgaria_only(country, methods):
    rules = THIRTY_DAYS._replace(methods=("IN_STORE", "COD_RETURN"))
    order = DELIVERED._replace(country=country)

    assert under(Terms(), Basis.WITHDRAWAL, rules=rules, order=order).methods == methods


def test_methods_of_a_line_replace_the_channels_when_a_rule_names_some():
    assert under(Terms(methods=("COURIER_PICKUP",)), Basis.WITHDRAWAL).methods == (
        "COURIER_PICKUP",
    )


@pytest.mark.parametrize(
    "is_company, permitted, refusals",
    [
        (True, False, (Refusal.NOT_A_CONSUMER,)),
        (True, True, ()),
        (False, False, ()),
    ],
)
def test_company_may_withdraw_unless_the_shop_says_no(is_company, permitted, refusals):
    rules = THIRTY_DAYS._replace(withdrawal_for_companies=permitted)
    decision = decide(order=DELIVERED._replace(is_company=is_company), rules=rules)

    assert decision.option(Basis.WITHDRAWAL).refusals == refusals
    assert decision.option(Basis.NON_CONFORMITY).is_open


# Where and when it was delivered


def test_guarantee_counts_from_the_line_and_withdrawal_from_the_last_good():
    line = LINE._replace(
        delivered_at=datetime(2026, 5, 4, 12, tzinfo=timezone.utc),
        terms=Terms(warranty_months=12),
    )

    options = decide(line).options

    assert [option.until for option in options] == [
        date(2026, 6, 15),
        date(2026, 7, 1),
        date(2028, 5, 4),
        date(2027, 5, 4),
        date(2028, 5, 4),
        None,
    ]


def test_guarantee_runs_while_another_parcel_is_still_on_its_way():
    line = LINE._replace(delivered_at=datetime(2026, 5, 4, 12, tzinfo=timezone.utc))

    decision = decide(line, UNDELIVERED)

    assert decision.option(Basis.WITHDRAWAL).until is None
    assert decision.option(Basis.NON_CONFORMITY).until == date(2028, 5, 4)


@pytest.mark.parametrize(
    "country, last_on",
    [("PL", date(2028, 6, 1)), ("ES", date(2029, 6, 1)), ("", date(2028, 6, 1))],
)
def test_guarantee_is_the_longer_one_of_the_country(country, last_on):
    order = DELIVERED._replace(country=country)

    assert under(Terms(), Basis.NON_CONFORMITY, order=order).until == last_on


@pytest.mark.parametrize(
    "country, profiles, last_on",
    [
        # Noon in UTC is the next day in Kamchatka.
        ("RU", {"RU"}, date(2026, 6, 9)),
        ("RU", set(), date(2026, 6, 16)),
        ("PL", {"RU"}, date(2026, 6, 15)),
    ],
)
def test_lesser_law_holds_only_where_it_is_switched_on_and_delivered_to(country, profiles, last_on):
    rules = THIRTY_DAYS._replace(profiles=frozenset(profiles))
    order = DELIVERED._replace(country=country)

    assert under(Terms(), Basis.WITHDRAWAL, order=order, rules=rules).until == last_on


@pytest.mark.parametrize(
    "moment, country, last_on",
    [
        # 22:30 in UTC is half past midnight in Warsaw: the period starts a day later.
        ("2026-06-01T22:30:00+00:00", "PL", date(2026, 6, 16)),
        ("2026-06-01T21:30:00+00:00", "PL", date(2026, 6, 15)),
        ("2026-06-01T21:30:00+00:00", "BG", date(2026, 6, 16)),
        ("2026-06-01T21:30:00+00:00", "", date(2026, 6, 16)),
    ],
)
def test_period_starts_on_the_customers_day_when_delivered_late_in_the_evening(
    moment, country, last_on
):
    order = OrderFacts(datetime.fromisoformat(moment), country)

    assert under(Terms(), Basis.WITHDRAWAL, order=order).until == last_on


@pytest.mark.skipif(not workdays.has_calendar("PL"), reason="needs the extra holidays")
def test_period_ends_after_the_public_holiday_of_the_country():
    # Wednesday 28 October + 14 days: 11 November is a holiday in Poland.
    at = datetime(2026, 10, 28, 12, tzinfo=timezone.utc)

    ends = [
        under(Terms(), Basis.WITHDRAWAL, order=OrderFacts(at, country)).until
        for country in ("PL", "BG")
    ]

    assert ends == [date(2026, 11, 12), date(2026, 11, 11)]


# Asking for pieces


@pytest.mark.parametrize(
    "line, basis, quantity, refusals",
    [
        (LINE, Basis.WITHDRAWAL, 2, []),
        (LINE, Basis.WITHDRAWAL, 3, [TOO_MANY]),
        (ONE_ARRIVED, Basis.WITHDRAWAL, 2, []),
        (ONE_ARRIVED, Basis.DELIVERY_PROBLEM, 2, []),
        # What isn't in hand can't be given back out of goodwill or as faulty.
        (ONE_ARRIVED, Basis.GOODWILL_RETURN, 1, []),
        (ONE_ARRIVED, Basis.GOODWILL_RETURN, 2, [TOO_MANY]),
        (ONE_ARRIVED, Basis.NON_CONFORMITY, 2, [TOO_MANY]),
        # None is left at all: the reason says so already.
        (UNSENT, Basis.GOODWILL_RETURN, 1, [NOT_THERE]),
        (CALLED_OFF, Basis.WITHDRAWAL, 1, [RETURNED]),
        (UNSENT, Basis.WITHDRAWAL, 2, []),
        (UNSENT, Basis.WITHDRAWAL, 3, [TOO_MANY]),
        (ONE_SENT, Basis.WITHDRAWAL, 2, []),
        (ONE_SENT, Basis.GOODWILL_RETURN, 2, [TOO_MANY]),
        (ONE_SENT, Basis.DELIVERY_PROBLEM, 2, [TOO_MANY]),
        (ALL_ASKED_FOR, Basis.WITHDRAWAL, 1, [RETURNED]),
    ],
)
def test_refusals_name_every_reason_when_pieces_are_asked_for(line, basis, quantity, refusals):
    assert policy.refusals_of(decide(line), basis, quantity) == refusals


def test_refusals_name_both_reasons_when_too_many_are_asked_for_too_late():
    decision = decide(today=date(2026, 6, 16))

    assert policy.refusals_of(decision, Basis.WITHDRAWAL, 2) == [EXPIRED]
    assert policy.refusals_of(decision, Basis.WITHDRAWAL, 3) == [EXPIRED, TOO_MANY]


def test_decisions_are_by_line_when_there_are_several():
    other = UNSENT._replace(line_ref="2")

    decisions = policy.decide_all([LINE, other], DELIVERED, THIRTY_DAYS, TODAY)

    assert decisions == {"1": decide(LINE), "2": decide(other)}


@pytest.mark.parametrize("letter, quantity", [("", 2), ("E", 1), ("I", 1), ("B", 0)])
def test_exception_of_goods_in_hand_leaves_those_not_sent_to_withdraw_from(letter, quantity):
    line = ONE_SENT._replace(terms=Terms(exception=letter))

    option = decide(line).option(Basis.WITHDRAWAL)

    assert (option.quantity, option.is_open) == (quantity, quantity > 0)


def test_decline_codes_are_those_of_the_domain_when_listed():
    exceptions = ["EXCEPTION_16_" + letter for letter in "ABCDEFGHIJKLM"]

    assert list(policy.DECLINE_CODES) == [
        "PERIOD_EXPIRED",
        "NOT_DELIVERED_YET",
        "ALREADY_RETURNED",
        "QUANTITY_EXCEEDED",
        "FINAL_SALE_GOODWILL_ONLY",
        "NO_DEFECT_FOUND",
        "DAMAGE_BY_USE",
        "NOT_OUR_ORDER",
        *exceptions,
    ]
    assert set(policy.DECLINE_CODES) - policy.WITHDRAWAL_DECLINE_CODES == {
        "NOT_DELIVERED_YET",
        "FINAL_SALE_GOODWILL_ONLY",
        "NO_DEFECT_FOUND",
        "DAMAGE_BY_USE",
    }


def test_reasons_are_named_once_when_listed():
    assert (len(policy.REASONS), len(set(policy.REASONS))) == (23, 23)


@given(st.data())
def test_no_more_is_granted_than_was_ordered_or_sent_when_facts_are_anything(data):
    sent = data.draw(st.integers(0, 5))
    ordered = sent + data.draw(st.integers(0, 3))
    line = LineFacts("1", sent, data.draw(st.integers(0, sent)), data.draw(st.integers(0, 6)))
    line = line._replace(ordered_quantity=ordered)
    order = data.draw(st.sampled_from([DELIVERED, UNDELIVERED]))
    today = data.draw(st.dates(date(2026, 6, 1), date(2028, 7, 1)))
    quantity = data.draw(st.integers(1, 8))
    terms = Terms(
        exception=data.draw(st.sampled_from(["", *"ABCDEFGHIJKLM"])),
        goodwill_days=data.draw(st.sampled_from([None, 0, 7, 100])),
        warranty_months=data.draw(st.integers(0, 2)),
    )
    line = line._replace(terms=terms)

    decision = policy.decide(line, order, THIRTY_DAYS, today)

    for option in decision.options:
        granted = not policy.refusals_of(decision, option.basis, quantity)
        assert granted == (option.is_open and quantity <= option.quantity)
        there = ordered if option.basis is Basis.WITHDRAWAL else sent
        assert option.quantity <= max(0, there - line.requested_quantity)
        assert option.quantity <= decision.quantity == max(0, ordered - line.requested_quantity)
        assert option.quantity > 0 or not option.is_open


@given(st.data())
def test_no_setting_takes_anything_from_the_law_when_settings_are_anything(data):
    terms = Terms(
        goodwill_days=data.draw(st.sampled_from([None, 0, 1, 60])),
        withdrawal_days=data.draw(st.integers(-5, 60)),
        guarantee_months=data.draw(st.integers(-5, 60)),
        warranty_months=data.draw(st.integers(0, 60)),
        payers=tuple((basis, CUSTOMER) for basis in Basis),
        fee_percent=data.draw(st.integers(0, 100)),
        resolutions=data.draw(st.sampled_from([None, ("STORE_CREDIT",)])),
    )
    rules = Policy(
        data.draw(st.integers(0, 60)),
        customers_informed=data.draw(st.booleans()),
        profiles=frozenset(data.draw(st.sets(st.sampled_from(["RU"])))),
    )
    country = data.draw(st.sampled_from(["", "PL", "BG", "ES", "DE", "US"]))
    least = decide(order=DELIVERED._replace(country=country), rules=Policy(14))

    options = decide(LINE._replace(terms=terms), DELIVERED._replace(country=country), rules)

    for basis in (Basis.WITHDRAWAL, Basis.NON_CONFORMITY, Basis.DELIVERY_PROBLEM):
        law, given = least.option(basis), options.option(basis)
        assert given.until >= law.until
        assert (given.refusals, given.fee_percent) == ((), 0)
        assert given.resolutions[: len(law.resolutions)] == law.resolutions
        assert law.payer is CUSTOMER or given.payer is MERCHANT
