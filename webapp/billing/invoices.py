"""Invoices, for display, and the receipts that go with them."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from webapp.billing import notices
from webapp.billing.models import BillingCustomer, Invoice
from webapp.billing.snapshots import InvoiceSnapshot, Snapshot
from webapp.core import clock
from webapp.extensions import after_commit, db

RECEIPT_WITHIN = timedelta(days=10)
"""An invoice older than this that we see for the first time gets no receipt: it was paid before we were here."""
PAID, DRAFT = "paid", "draft"


def write(customer: BillingCustomer, snapshot: Snapshot) -> None:
    """Keep a snapshot's invoices; one that was paid since we last looked gets its receipt."""
    latest = (one.latest_invoice for one in snapshot.subscriptions if one.latest_invoice is not None)
    told = {one.id: one for one in (*latest, *snapshot.invoices) if one.status != DRAFT}
    known = select(Invoice).where(Invoice.stripe_id.in_(told))
    rows = {row.stripe_id: row for row in db.session.scalars(known)}
    for one in told.values():
        row = rows.get(one.id)
        newly_paid = one.status == PAID and one.amount_paid > 0 and (row is None or row.status != PAID)
        _fill(row or _new(customer, one), one)
        if newly_paid and (row is not None or one.created > clock.now() - RECEIPT_WITHIN):
            _receipt(customer, one)


def _new(customer: BillingCustomer, told: InvoiceSnapshot) -> Invoice:
    row = Invoice(stripe_id=told.id, customer_id=customer.id)
    db.session.add(row)
    return row


def _fill(row: Invoice, told: InvoiceSnapshot) -> None:
    row.subscription, row.number, row.status = told.subscription, told.number, told.status
    row.total, row.amount_paid, row.amount_due = told.total, told.amount_paid, told.amount_due
    row.currency, row.created, row.attempts = told.currency, told.created, told.attempts
    row.hosted_url, row.pdf_url = told.hosted_url, told.pdf_url


def _receipt(customer: BillingCustomer, told: InvoiceSnapshot) -> None:
    notices.receipt(customer, told)
    counts = current_app.extensions["counts"]
    after_commit(lambda: counts.add("payments"))
