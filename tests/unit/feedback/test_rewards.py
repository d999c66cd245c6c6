"""The voucher for feedback as the merchant writes it."""

from decimal import Decimal

import pytest

from saleor_aftersale.feedback import rewards
from saleor_aftersale.feedback.rewards import Reward


@pytest.mark.parametrize(
    "text, reward",
    [
        ("10%", Reward(Decimal(10), True)),
        (" 12.5 % ", Reward(Decimal("12.5"), True)),
        ("100%", Reward(Decimal(100), True)),
        ("5.00", Reward(Decimal("5.00"), False)),
        ("250", Reward(Decimal(250), False)),
        ("", None),
        ("  ", None),
    ],
)
def test_reward_is_read_when_it_is_a_share_an_amount_or_nothing(text, reward):
    assert rewards.parse(text) == reward


@pytest.mark.parametrize(
    "text", ["0", "0%", "-5", "5,00", "5 EUR", "1e3", "%", "10%%", "5.001", "1234567", "٣"]
)
def test_reward_is_refused_when_it_is_neither_share_nor_amount(text):
    with pytest.raises(ValueError, match=r"^Write a share as 10% or an amount as 5\.00"):
        rewards.parse(text)


def test_reward_is_refused_when_it_is_more_than_everything():
    with pytest.raises(ValueError, match=r"^A share goes up to 100%\.$"):
        rewards.parse("100.01%")


def test_alphabet_has_nothing_that_looks_alike_when_codes_are_read_aloud():
    assert set(rewards.ALPHABET) & set("01OILAEU") == set()
    assert len(set(rewards.ALPHABET)) ** rewards.CODE_LENGTH > 2**57
