"""Refunds, disputes, fraud warnings, the balance."""

from __future__ import annotations

import pytest
import stripe

from tests.billing.sandbox.stories import Story
from webapp.billing.sandbox.engine import disputes


@pytest.fixture
def charge(story: Story) -> str:
    """A charge of $29.00 that was paid."""
    story.subscribe()
    story.news()
    return story.v1.charges.list({"customer": story.customer}).data[0].id


def test_part_of_a_charge_and_then_the_rest_is_refunded(story: Story, charge: str) -> None:
    part = story.v1.refunds.create({"charge": charge, "amount": 900, "metadata": {"why": "courtesy"}})
    assert part.metadata is not None
    assert (part.status, part.amount, part.metadata["why"]) == ("succeeded", 900, "courtesy")
    assert story.news() == ["refund.created", "charge.refunded"]
    assert not story.v1.charges.retrieve(charge).refunded
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        story.v1.refunds.create({"charge": charge, "amount": 2001})
    intent = story.v1.charges.retrieve(charge).payment_intent
    assert story.v1.refunds.create({"payment_intent": str(intent)}).amount == 2000
    whole = story.v1.charges.retrieve(charge, {"expand": ["refunds"]})
    assert (whole.refunded, whole.amount_refunded) == (True, 2900)
    assert whole.refunds is not None
    assert len(whole.refunds.data) == 2
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.refunds.create({"charge": charge})
    assert raised.value.code == "charge_already_refunded"
    assert story.subscription().status == "active"


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_is_opened_and_closed(story: Story, charge: str, won: bool) -> None:
    dispute = story.act(disputes.open_dispute, charge, "product_not_received")["id"]
    assert story.news() == ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert story.v1.charges.retrieve(charge).disputed
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.refunds.create({"charge": charge})
    assert raised.value.code == "charge_disputed"
    answered = story.v1.disputes.update(dispute, {"evidence": {"product_description": "A reference site"}})
    assert answered.status == "under_review"
    story.news()
    story.act(disputes.close_dispute, dispute, won=won)
    closed = story.v1.disputes.list({"charge": charge}).data[0]
    assert closed.status == ("won" if won else "lost")
    reinstated = ["charge.dispute.funds_reinstated"] if won else []
    assert story.news() == [*reinstated, "charge.dispute.closed"]
    moved = sum(movement.amount for movement in closed.balance_transactions)
    assert moved == (0 if won else -2900)
    with pytest.raises(stripe.InvalidRequestError, match="closed"):
        story.v1.disputes.close(dispute)


def test_a_dispute_that_is_accepted_is_lost(story: Story, charge: str) -> None:
    dispute = story.act(disputes.open_dispute, charge)["id"]
    assert story.v1.disputes.close(dispute).status == "lost"


def test_a_fraud_warning_can_be_acted_upon_until_the_money_is_back(story: Story, charge: str) -> None:
    assert story.act(disputes.early_fraud_warning, charge)["actionable"]
    assert story.news() == ["radar.early_fraud_warning.created"]
    listed = story.v1.radar.early_fraud_warnings.list({"charge": charge}).data
    assert [warning.charge for warning in listed] == [charge]
    assert story.v1.radar.early_fraud_warnings.retrieve(listed[0].id).fraud_type == "unauthorized_use_of_card"


def test_the_balance_is_what_moved(story: Story, charge: str) -> None:
    story.v1.refunds.create({"charge": charge, "amount": 400})
    movements = story.v1.balance_transactions.list().data
    assert sum(movement.net for movement in movements) == 2900 - 114 - 400
    assert story.v1.balance.retrieve().pending[0].amount == 2900 - 114 - 400
    story.advance(days=3)
    assert story.v1.balance.retrieve().available[0].amount == 2900 - 114 - 400
    movement = story.v1.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
    assert isinstance(movement, stripe.BalanceTransaction)
    assert (movement.amount, movement.fee, movement.net) == (2900, 114, 2786)
