"""The way to Stripe: the one module that imports `stripe`. Import it lazily, through `payments.gateway()`.

Each method asks one thing and returns plain values. Its errors are those of `payments`; nothing here writes or mails.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

import stripe
import structlog

from webapp.billing import snapshots
from webapp.billing.payments import PORTAL_MARK, OutcomeUnknown, PaymentDeclined, PaymentRefused, PaymentsAway
from webapp.billing.snapshots import (
    ChangePreview,
    ChargeSnapshot,
    CheckoutSnapshot,
    CustomerSnapshot,
    DisputeSnapshot,
    EventSnapshot,
    InvoiceSnapshot,
    PriceSnapshot,
    SubscriptionSnapshot,
)
from webapp.billing.transport import TIMEOUT_SECONDS, Session, patience

API_VERSION = "2026-10-28.endive"
"""Pinned: of requests, and of the webhook endpoint that `doctor` looks for."""
RETRIES = 2
TOLERANCE = timedelta(seconds=300)
"""How far a webhook's timestamp may be from our clock, in both directions."""
INVOICES_SHOWN = 24
PAGE = 100
LOOKUP_KEYS = 10
"""How many a listing takes at a time (API reference, list all prices)."""

T = TypeVar("T")

log = structlog.get_logger(__name__)
logging.getLogger("stripe").setLevel(logging.WARNING)  # it tells of every request, with its address
stripe.enable_telemetry = False


class Forged(Exception):
    """A webhook without a valid, recent signature of ours; the message says what is wrong with it."""


class Gateway:
    """Stripe's API with one key. Safe for threads."""

    def __init__(self, key: str, api_base: str = "") -> None:
        self._configuration: str | None = None
        self.client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            max_network_retries=RETRIES,
            http_client=_Client(timeout=TIMEOUT_SECONDS),
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
        )
        self._v1 = self.client.v1

    @staticmethod
    def patience(seconds: float) -> contextlib.AbstractContextManager[None]:
        """All that is asked in the block may take so long together, retries included."""
        return patience.limited(seconds)

    @property
    def seconds_left(self) -> float:
        """What the innermost of the running `patience` blocks leaves for asking."""
        return patience.left

    @staticmethod
    def errors(*, charging: bool = False) -> contextlib.AbstractContextManager[None]:
        """For the use of `client` itself: the library's errors become those of `payments`.

        `charging`: the request may take money, so that a lost answer leaves its outcome unknown.
        """
        return _errors(OutcomeUnknown if charging else PaymentsAway)

    # What a customer has

    def customer(self, customer_id: str) -> CustomerSnapshot | None:
        """Return the customer, also a deleted one; None if Stripe never had it."""
        return _or_none(lambda: snapshots.customer(_plain(self._customer(customer_id))))

    def _customer(self, customer_id: str) -> stripe.Customer:
        try:
            return self._v1.customers.retrieve(customer_id, {"expand": ["invoice_settings.default_payment_method"]})
        except stripe.InvalidRequestError as error:
            if _is_absent(error):
                raise
            return self._v1.customers.retrieve(customer_id)  # a deleted one has nothing left to expand

    def subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        """Return all subscriptions of a customer, ended ones too."""
        listed = self._listed_subscriptions({"customer": customer_id, "expand": _EXPANDED})
        return [snapshots.subscription(one) for one in listed]

    def all_subscriptions(self) -> Iterator[SubscriptionSnapshot]:
        """Yield every subscription of the account, ended ones too; one that cannot be read is logged and left out."""
        for one in self._listed_subscriptions({}):
            with _logged(one):
                yield snapshots.subscription(one)

    def _listed_subscriptions(self, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        with _errors():
            found = self._v1.subscriptions.list({"status": "all", "limit": PAGE, **params})  # type: ignore[arg-type]  # checked by Stripe
            for one in found.auto_paging_iter():
                yield _plain(one)

    def subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        expand = ["latest_invoice", "default_payment_method"]
        return _or_none(
            lambda: snapshots.subscription(_plain(self._v1.subscriptions.retrieve(subscription_id, {"expand": expand})))
        )

    def invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        """Return a customer's newest invoices, newest first."""
        with _errors():
            found = self._v1.invoices.list({"customer": customer_id, "limit": INVOICES_SHOWN})
            return [snapshots.invoice(_plain(one)) for one in found.data]

    def charge(self, charge_id: str) -> ChargeSnapshot | None:
        """Return a charge with its disputes; None if there is no such charge."""
        return _or_none(lambda: snapshots.charge(_plain(self._v1.charges.retrieve(charge_id)), self._of(charge_id)))

    def _of(self, charge_id: str) -> list[DisputeSnapshot]:
        found = self._v1.disputes.list({"charge": charge_id, "limit": PAGE})
        return [snapshots.dispute(_plain(one)) for one in found.data]

    def disputes_since(self, since: datetime) -> Iterator[DisputeSnapshot]:
        with _errors():
            found = self._v1.disputes.list({"created": {"gte": int(since.timestamp())}, "limit": PAGE})
            for one in found.auto_paging_iter():
                yield snapshots.dispute(_plain(one))

    def undelivered_events(self, since: datetime) -> Iterator[EventSnapshot]:
        """Yield the events since a moment (Stripe keeps 30 days) that did not reach every endpoint."""
        created = {"gte": int(since.timestamp())}
        with _errors():
            found = self._v1.events.list({"delivery_success": False, "created": created, "limit": PAGE})  # type: ignore[arg-type]  # a range
            for one in map(_plain, found.auto_paging_iter()):
                with _logged(one):
                    yield snapshots.event(one)

    def event(self, event_id: str) -> EventSnapshot | None:
        return _or_none(lambda: snapshots.event(_plain(self._v1.events.retrieve(event_id))))

    def prices(self, lookup_keys: Sequence[str]) -> list[PriceSnapshot]:
        """Return the prices that lookup keys lead to today."""
        found: list[PriceSnapshot] = []
        for first in range(0, len(lookup_keys), LOOKUP_KEYS):
            some = list(lookup_keys[first : first + LOOKUP_KEYS])
            with _errors():
                listed = self._v1.prices.list({"lookup_keys": some, "limit": PAGE})
            found += [snapshots.price(_plain(one)) for one in listed.data]
        return found

    # What readers do

    def create_customer(self, email: str, user_id: int, key: str) -> str:
        with _errors():
            made = self._v1.customers.create(
                {"email": email, "metadata": {"user_id": str(user_id)}}, {"idempotency_key": key}
            )
            return made.id

    def create_checkout(self, params: Mapping[str, Any], key: str) -> CheckoutSnapshot:
        """Open a Checkout session; `params` as `stripe.params.checkout.SessionCreateParams`."""
        with _errors():
            made = self._v1.checkout.sessions.create(params, {"idempotency_key": key})  # type: ignore[arg-type]  # built elsewhere
            return snapshots.checkout(_plain(made))

    def checkout(self, session_id: str) -> CheckoutSnapshot | None:
        return _or_none(lambda: snapshots.checkout(_plain(self._v1.checkout.sessions.retrieve(session_id))))

    def expire_checkout(self, session_id: str) -> None:
        """Close a session so that it can no longer be paid. Errors: PaymentRefused if it is not open any more."""
        with _errors():
            self._v1.checkout.sessions.expire(session_id)

    def portal(self, customer_id: str, return_url: str, flow: Mapping[str, Any] | None = None) -> str:
        """Return the address of a Portal session; `flow` as SessionCreateParamsFlowData."""
        params: dict[str, Any] = {"customer": customer_id, "return_url": return_url}
        if flow:
            params["flow_data"] = flow
        with _errors():
            try:
                return self._open_portal(params)
            except stripe.InvalidRequestError as error:
                if error.param != "configuration":
                    raise
            self._configuration = None  # it was switched off or replaced since we looked
            return self._open_portal(params)

    def _open_portal(self, params: Mapping[str, Any]) -> str:
        configuration = self._portal_configuration()
        wanted = {**params, "configuration": configuration} if configuration else dict(params)
        return self._v1.billing_portal.sessions.create(wanted).url  # type: ignore[arg-type]  # built by the caller

    def _portal_configuration(self) -> str | None:
        """Return what `push-catalogue` made, once it is there. Without it Stripe takes one saved by hand, if any."""
        if self._configuration is None:
            listed = self._v1.billing_portal.configurations.list({"active": True, "limit": PAGE}).auto_paging_iter()
            ours = [one for one in map(_plain, listed) if (one.get("metadata") or {}).items() >= PORTAL_MARK.items()]
            oldest = min(ours, key=lambda one: one["created"], default=None)
            self._configuration = oldest["id"] if oldest else None
        return self._configuration

    def set_cancel_at_period_end(self, subscription_id: str, on: bool, key: str) -> SubscriptionSnapshot:
        with _errors():
            changed = self._v1.subscriptions.update(
                subscription_id, {"cancel_at_period_end": on, "expand": _ONE_EXPANDED}, {"idempotency_key": key}
            )
            return snapshots.subscription(_plain(changed))

    def cancel_now(self, subscription_id: str) -> None:
        """End a subscription at once; one that has ended stays as it is."""
        _or_none(lambda: self._v1.subscriptions.cancel(subscription_id))

    def void_invoice(self, invoice_id: str) -> None:
        """Make an open invoice one that can no longer be paid. Errors: PaymentRefused if it is not open."""
        with _errors():
            self._v1.invoices.void_invoice(invoice_id)

    def preview_change(
        self, customer_id: str, subscription_id: str, item_id: str, price_id: str, at: datetime
    ) -> ChangePreview:
        """Work out what a change of price at a moment would charge; nothing is changed."""
        details: dict[str, Any] = {
            "items": [{"id": item_id, "price": price_id}],
            "proration_behavior": "always_invoice",
            "proration_date": int(at.timestamp()),
        }
        with _errors():
            params: dict[str, Any] = {
                "customer": customer_id,
                "subscription": subscription_id,
                "subscription_details": details,
            }
            preview = self._v1.invoices.create_preview(params)  # type: ignore[arg-type]  # built above
            return snapshots.change_preview(_plain(preview), at)

    def change_price(self, subscription_id: str, item_id: str, price_id: str, at: datetime, key: str) -> None:
        """Change the price and charge the difference at once; unpaid, the change stays pending and the plan as it was.

        Errors: PaymentDeclined, OutcomeUnknown if the answer was lost.
        """
        params: dict[str, Any] = {
            "items": [{"id": item_id, "price": price_id}],
            "proration_behavior": "always_invoice",
            "proration_date": int(at.timestamp()),
            "payment_behavior": "pending_if_incomplete",
        }
        with _errors(OutcomeUnknown):
            self._v1.subscriptions.update(subscription_id, params, {"idempotency_key": key})  # type: ignore[arg-type]  # built above


_ONE_EXPANDED = ["latest_invoice", "default_payment_method"]
_EXPANDED = [f"data.{field}" for field in _ONE_EXPANDED]


def verify(body: bytes, header: str | None, secrets: Sequence[str], now: datetime) -> EventSnapshot:
    """Return the event of a webhook signed with one of `secrets`. `now`: the machine's time. Errors: Forged.

    The library refuses old timestamps only; we refuse those from the future as well.
    """
    try:
        text = body.decode("utf-8")
        if not any(_signed(text, header, secret) for secret in secrets):
            raise Forged("no signature of ours")
        sent = int(next(part[2:] for part in (header or "").split(",") if part.startswith("t=")))  # the one signed
        if abs(now.timestamp() - sent) > TOLERANCE.total_seconds():
            raise Forged("too old, or from the future")
        return snapshots.event(json.loads(text))
    except (UnicodeDecodeError, ValueError, AttributeError, TypeError, StopIteration, RecursionError) as error:
        raise Forged(f"no event: {type(error).__name__}") from error
    except snapshots.UnexpectedShape as error:
        raise Forged(str(error)) from error


def _signed(text: str, header: str | None, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, header, secret))
    except stripe.SignatureVerificationError:
        return False


def _plain(found: Any) -> dict[str, Any]:
    raw: dict[str, Any] = found.to_dict()
    return raw


@contextlib.contextmanager
def _logged(raw: Mapping[str, Any]) -> Iterator[None]:
    """Go on behind the block if an object of a long listing cannot be read: others must not wait for it."""
    try:
        yield
    except snapshots.UnexpectedShape as error:
        log.error("an object of Stripe's cannot be read", id=raw.get("id"), reason=error.reason)


def _or_none(ask: Callable[[], T]) -> T | None:
    """Return what `ask` finds at Stripe, None if there is no such object."""
    with _errors():
        try:
            return ask()
        except stripe.InvalidRequestError as error:
            if not _is_absent(error):
                raise
            return None


def _is_absent(error: stripe.InvalidRequestError) -> bool:
    return error.code == "resource_missing" or error.http_status == 404


@contextlib.contextmanager
def _errors(lost: type[PaymentsAway | OutcomeUnknown] = PaymentsAway) -> Iterator[None]:
    """Turn the library's errors into ours; `lost` is raised where no answer came."""
    try:
        yield
    except stripe.CardError as error:
        raise PaymentDeclined(error.user_message) from error
    except stripe.RateLimitError as error:
        raise PaymentsAway from error
    except (stripe.APIConnectionError, stripe.APIError) as error:
        log.warning("stripe does not answer", error=type(error).__name__, status=error.http_status)
        raise lost(answered=error.http_status is not None) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe refuses our key", status=error.http_status, reason=str(error.user_message))
        raise PaymentsAway from error
    except stripe.StripeError as error:
        _refused(error)


def _refused(error: stripe.StripeError) -> NoReturn:
    param = getattr(error, "param", None)
    log.error("stripe refuses a request", status=error.http_status, code=error.code, param=param)
    raise PaymentRefused(str(error.user_message or error), error.code, param) from error


class _Client(stripe.RequestsClient):
    """The library's client, over a session that keeps to the thread's patience; it retries only while some is left."""

    def _request_internal(self, *args: Any, **kwargs: Any) -> Any:
        if getattr(self._thread_local, "session", None) is None:
            self._thread_local.session = Session()
        return super()._request_internal(*args, **kwargs)

    def _should_retry(self, *args: Any) -> bool:
        return patience.left > self.MAX_DELAY / 2 and bool(super()._should_retry(*args))
