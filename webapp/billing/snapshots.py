"""What Stripe holds, as plain values: read from its JSON once, loudly where something we live by is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from webapp.core.errors import Unavailable

Json = Mapping[str, Any]


class UnexpectedShape(Unavailable):
    """Stripe's answer lacks what we live by; `reason` names the object and the field."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class PriceSnapshot:
    """One price. `amount` is in the currency's smallest unit; `plan` is what our own metadata says."""

    id: str
    lookup_key: str | None
    amount: int
    currency: str
    interval: str | None
    active: bool
    product: str
    plan: str | None


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    id: str
    price: PriceSnapshot
    quantity: int
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class CardSnapshot:
    """A card as it may be shown. `expires_at`: the first moment at which it is no longer good."""

    brand: str
    last4: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceSnapshot:
    id: str
    number: str | None
    status: str
    subscription: str | None
    total: int
    amount_paid: int
    amount_due: int
    currency: str
    created: datetime
    paid_at: datetime | None
    attempts: int
    hosted_url: str | None
    pdf_url: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionSnapshot:
    """One subscription; `latest_invoice` is None if there is none, or if it came unexpanded."""

    id: str
    customer: str
    status: str
    created: datetime
    items: tuple[ItemSnapshot, ...]
    trial_start: datetime | None
    trial_end: datetime | None
    cancel_at: datetime | None
    cancel_at_period_end: bool
    ended_at: datetime | None
    pause_collection: str | None
    pending_update_expires_at: datetime | None
    latest_invoice: InvoiceSnapshot | None
    latest_invoice_id: str | None
    card: CardSnapshot | None

    @property
    def period_start(self) -> datetime:
        return min(item.period_start for item in self.items)

    @property
    def period_end(self) -> datetime:
        return min(item.period_end for item in self.items)


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    id: str
    charge: str
    status: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ChargeSnapshot:
    id: str
    customer: str | None
    amount: int
    amount_refunded: int
    currency: str
    created: datetime
    disputes: tuple[DisputeSnapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerSnapshot:
    id: str
    deleted: bool
    card: CardSnapshot | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All we ask about one customer, read one after the other: the newest of it is as old as `fetched_at`."""

    customer: CustomerSnapshot
    subscriptions: tuple[SubscriptionSnapshot, ...]
    invoices: tuple[InvoiceSnapshot, ...]
    charges: tuple[ChargeSnapshot, ...]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class CheckoutSnapshot:
    """A Checkout session. `status`: open, complete, expired; `payment_status`: paid, unpaid, no_payment_required."""

    id: str
    status: str
    payment_status: str
    url: str | None
    expires_at: datetime
    client_reference_id: str | None
    customer: str | None
    subscription: str | None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    description: str
    amount: int


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change of price would charge at once, in the currency's smallest unit. `at` fixes the proration."""

    amount_due: int
    currency: str
    lines: tuple[PreviewLine, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class EventSnapshot:
    """An event without its payload's state: what it is about, by id. `customer` and `charge` may be unknown."""

    id: str
    type: str
    api_version: str | None
    livemode: bool
    created: datetime
    customer: str | None
    charge: str | None
    object_id: str | None = None
    thin: bool = False


def moment(seconds: int | None) -> datetime | None:
    """Unix seconds as a time; None stays None."""
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def id_of(value: Any) -> str | None:
    """The id of a field that holds an id or, expanded, the object."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else None


def price(raw: Json) -> PriceSnapshot:
    recurring = raw.get("recurring") or {}
    return PriceSnapshot(
        id=_need(raw, "id"),
        lookup_key=raw.get("lookup_key"),
        amount=raw.get("unit_amount") or 0,
        currency=_need(raw, "currency"),
        interval=recurring.get("interval"),
        active=bool(raw.get("active", True)),
        product=id_of(raw.get("product")) or "",
        plan=(raw.get("metadata") or {}).get("plan"),
    )


def subscription(raw: Json) -> SubscriptionSnapshot:
    """Read a subscription. Periods live on its items since 2025-03-31. Errors: UnexpectedShape."""
    items = tuple(_item(item) for item in _need(_need(raw, "items"), "data"))
    if not items:
        raise UnexpectedShape(f"subscription {raw['id']} has no items")
    invoice_field = raw.get("latest_invoice")
    pause = raw.get("pause_collection") or {}
    pending = raw.get("pending_update") or {}
    return SubscriptionSnapshot(
        id=_need(raw, "id"),
        customer=id_of(_need(raw, "customer")) or "",
        status=_need(raw, "status"),
        created=_time(raw, "created"),
        items=items,
        trial_start=moment(raw.get("trial_start")),
        trial_end=moment(raw.get("trial_end")),
        cancel_at=moment(raw.get("cancel_at")),
        cancel_at_period_end=bool(raw.get("cancel_at_period_end")),
        ended_at=moment(raw.get("ended_at")),
        pause_collection=pause.get("behavior"),
        pending_update_expires_at=moment(pending.get("expires_at")),
        latest_invoice=invoice(invoice_field) if isinstance(invoice_field, Mapping) else None,
        latest_invoice_id=id_of(invoice_field),
        card=card(raw.get("default_payment_method")),
    )


def _item(raw: Json) -> ItemSnapshot:
    return ItemSnapshot(
        id=_need(raw, "id"),
        price=price(_need(raw, "price")),
        quantity=raw.get("quantity") or 1,
        period_start=_time(raw, "current_period_start"),
        period_end=_time(raw, "current_period_end"),
    )


def invoice(raw: Json) -> InvoiceSnapshot:
    """Read an invoice. Its subscription is named in `parent.subscription_details`."""
    details = (raw.get("parent") or {}).get("subscription_details") or {}
    return InvoiceSnapshot(
        id=_need(raw, "id"),
        number=raw.get("number"),
        status=raw.get("status") or "draft",
        subscription=id_of(details.get("subscription")),
        total=raw.get("total") or 0,
        amount_paid=raw.get("amount_paid") or 0,
        amount_due=raw.get("amount_due") or 0,
        currency=_need(raw, "currency"),
        created=_time(raw, "created"),
        paid_at=moment((raw.get("status_transitions") or {}).get("paid_at")),
        attempts=raw.get("attempt_count") or 0,
        hosted_url=raw.get("hosted_invoice_url"),
        pdf_url=raw.get("invoice_pdf"),
    )


def card(raw: Any) -> CardSnapshot | None:
    """Read the card of an expanded payment method; None for any other kind of payment."""
    details = raw.get("card") if isinstance(raw, Mapping) else None
    if not details:
        return None
    year, month = int(details["exp_year"]), int(details["exp_month"])
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return CardSnapshot(str(details.get("brand") or "card"), str(details.get("last4") or ""), after)


def customer(raw: Json) -> CustomerSnapshot:
    settings = raw.get("invoice_settings") or {}
    return CustomerSnapshot(_need(raw, "id"), bool(raw.get("deleted")), card(settings.get("default_payment_method")))


def dispute(raw: Json) -> DisputeSnapshot:
    return DisputeSnapshot(
        _need(raw, "id"), id_of(_need(raw, "charge")) or "", _need(raw, "status"), _time(raw, "created")
    )


def charge(raw: Json, disputes: Iterable[DisputeSnapshot]) -> ChargeSnapshot:
    return ChargeSnapshot(
        id=_need(raw, "id"),
        customer=id_of(raw.get("customer")),
        amount=_need(raw, "amount"),
        amount_refunded=raw.get("amount_refunded") or 0,
        currency=_need(raw, "currency"),
        created=_time(raw, "created"),
        disputes=tuple(disputes),
    )


def checkout(raw: Json) -> CheckoutSnapshot:
    return CheckoutSnapshot(
        id=_need(raw, "id"),
        status=raw.get("status") or "",
        payment_status=raw.get("payment_status") or "",
        url=raw.get("url"),
        expires_at=_time(raw, "expires_at"),
        client_reference_id=raw.get("client_reference_id"),
        customer=id_of(raw.get("customer")),
        subscription=id_of(raw.get("subscription")),
    )


def change_preview(raw: Json, at: datetime) -> ChangePreview:
    lines = _need(raw, "lines").get("data", [])
    shown = tuple(PreviewLine(line.get("description") or "", line.get("amount") or 0) for line in lines)
    return ChangePreview(raw.get("amount_due") or 0, _need(raw, "currency"), shown, at)


def event(raw: Json) -> EventSnapshot:
    """Read what a snapshot event or a thin one is about. Errors: UnexpectedShape."""
    if raw.get("object") == "v2.core.event":
        related = raw.get("related_object") or {}
        about = related.get("id") if related.get("type") == "customer" else None
        created = datetime.fromisoformat(str(_need(raw, "created")).replace("Z", "+00:00"))
        return EventSnapshot(
            _need(raw, "id"), _need(raw, "type"), None, bool(raw.get("livemode")), created, about, None, thin=True
        )
    about = _need(_need(raw, "data"), "object")
    kind = about.get("object")
    named_charge = about.get("id") if kind == "charge" else id_of(about.get("charge"))
    return EventSnapshot(
        id=_need(raw, "id"),
        type=_need(raw, "type"),
        api_version=raw.get("api_version"),
        livemode=bool(_need(raw, "livemode")),
        created=_time(raw, "created"),
        customer=about.get("id") if kind == "customer" else id_of(about.get("customer")),
        charge=named_charge,
        object_id=about.get("id"),
    )


def _need(raw: Json, name: str) -> Any:
    value = raw.get(name)
    if value is None:
        raise UnexpectedShape(f"{raw.get('object', 'object')} {raw.get('id', '?')} has no {name}")
    return value


def _time(raw: Json, name: str) -> datetime:
    return datetime.fromtimestamp(_need(raw, name), UTC)
