"""What happens to a charge after it was paid: refunds, disputes, early fraud warnings."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.engine import balance, cards
from webapp.billing.sandbox.engine.documents import differences, metadata_after, save_change
from webapp.billing.sandbox.engine.periods import DAY
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State

DAYS_TO_ANSWER = 9


def provoked(state: State, charge: Document) -> None:
    """Do what Stripe's test cards provoke once they have paid."""
    afterwards = cards.behaviour(state.require("payment_method", charge["payment_method"])).afterwards
    if afterwards == "dispute":
        open_dispute(state, charge["id"], "fraudulent")
    elif afterwards == "fraud_warning":
        early_fraud_warning(state, charge["id"])


def open_dispute(state: State, charge_id: str, reason: str = "fraudulent") -> Document:
    """Open a dispute over the whole charge; the amount and a fee are withdrawn. Errors: ApiError if it cannot be."""
    charge = state.require("charge", charge_id, "charge")
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise invalid(f"The charge {charge_id} cannot be disputed.", "charge")
    dispute_id = state.new_id("du")
    movement = balance.move(
        state, "adjustment", -charge["amount"], charge["currency"], dispute_id, fee=balance.DISPUTE_FEE
    )
    dispute = _document(state, dispute_id, charge, reason)
    dispute["balance_transactions"] = [movement]
    state.put(dispute)
    save_change(state, "charge.updated", charge, {**charge, "disputed": True})
    state.emit("charge.dispute.created", dispute)
    state.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(state: State, dispute_id: str, won: bool) -> Document:
    """End a dispute: won, the funds come back; lost, they stay gone. Errors: ApiError if it is closed."""
    before = state.require("dispute", dispute_id, "dispute")
    if before["status"] in {"won", "lost"}:
        raise invalid("This dispute is already closed.", "dispute")
    after = copy.deepcopy(before)
    after["status"] = "won" if won else "lost"
    if won:
        back = balance.move(state, "adjustment", before["amount"], before["currency"], before["id"])
        after["balance_transactions"].append(back)
        state.emit("charge.dispute.funds_reinstated", after)
    state.put(after)
    state.emit("charge.dispute.closed", after, differences(before, after))
    return after


def update_dispute(state: State, dispute_id: str, params: dict[str, Any]) -> Document:
    """Keep metadata and evidence; submitted evidence puts the dispute under review."""
    before = state.require("dispute", dispute_id, "dispute")
    after = copy.deepcopy(before)
    after["metadata"] = metadata_after(before["metadata"], params.get("metadata"))
    evidence = params.get("evidence")
    if isinstance(evidence, dict):
        after["evidence"].update(evidence)
        after["evidence_details"]["has_evidence"] = True
        if params.get("submit", True):
            after["status"] = "under_review"
            after["evidence_details"].update(submission_count=1, submission_method="manual")
    return save_change(state, "charge.dispute.updated", before, after)


def early_fraud_warning(state: State, charge_id: str) -> Document:
    """Tell of a card that was reported as misused. Errors: ApiError for an unknown charge."""
    charge = state.require("charge", charge_id, "charge")
    warning = state.put(
        {
            "id": state.new_id("issfr"),
            "object": "radar.early_fraud_warning",
            "actionable": not (charge["refunded"] or charge["disputed"]),
            "charge": charge["id"],
            "created": state.now,
            "fraud_type": "unauthorized_use_of_card",
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }
    )
    state.emit("radar.early_fraud_warning.created", warning)
    return warning


def refund(
    state: State,
    charge_id: str,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Document:
    """Pay back `amount`, by default all that is left of the charge. Errors: ApiError for more than that."""
    charge = state.require("charge", charge_id, "charge")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise ApiError(f"Charge {charge_id} has been charged back; cannot issue a refund.", code="charge_disputed")
    if not charge["paid"] or left == 0:
        raise ApiError(f"Charge {charge_id} has already been refunded.", code="charge_already_refunded")
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise invalid(f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})", "amount")
    refund_id = state.new_id("re")
    movement = balance.move(state, "refund", -wanted, charge["currency"], refund_id)
    written = state.put(
        {
            "id": refund_id,
            "object": "refund",
            "amount": wanted,
            "balance_transaction": movement["id"],
            "charge": charge["id"],
            "created": state.now,
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "description": None,
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": metadata_after(None, metadata),
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    state.emit("refund.created", written)
    refunded = {**charge, "amount_refunded": charge["amount_refunded"] + wanted, "refunded": wanted == left}
    state.put(refunded)
    state.emit("charge.refunded", refunded, differences(charge, refunded))
    return written


EVIDENCE = [
    "access_activity_log",
    "appeal",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def _document(state: State, id: str, charge: Document, reason: str) -> Document:
    details = charge["payment_method_details"]
    card = {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "83"}
    by_card = details["type"] == "card"
    if by_card:
        card.update(brand=details["card"]["brand"], network=details["card"]["brand"])
    return {
        "id": id,
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": state.now + DAYS_TO_ANSWER * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "83" if by_card else None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"} if by_card else None,
        "reason": reason,
        "status": "needs_response",
    }
