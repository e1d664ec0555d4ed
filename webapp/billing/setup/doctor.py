"""`flask billing doctor`: what is fine with the payments of this site, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import func, select

from webapp.billing import payments
from webapp.billing.models import BillingCustomer, StripeEvent
from webapp.billing.plans import catalogue
from webapp.billing.setup import endpoint, push
from webapp.billing.setup.run import Line, PushFailed, explained
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.extensions import db, settings

QUIET = timedelta(days=7)
"""After so long without an event, it is worth a test."""
CLOCK_NOTE, CLOCK_LIMIT = timedelta(seconds=60), timedelta(seconds=300)
"""Beyond the limit, every webhook is refused as too old or from the future."""
PUSH = "run `flask billing push-catalogue`"
MAKE_ENDPOINT = "run `flask billing doctor --create-endpoint`"


class Check(NamedTuple):
    """One finding. `missing` keeps payments from working; a `note` is worth knowing. `what` names the cure as well."""

    state: Literal["ok", "note", "missing"]
    what: str


def examine() -> Iterator[Check]:
    """Yield every finding; asks Stripe and writes nothing."""
    if not payments.enabled():
        yield Check(
            "missing", "key: STRIPE_SECRET_KEY is not set, so nothing is sold. Set it to a key of your account."
        )
        return
    yield from _address()
    account = _ask_account()
    if isinstance(account, Check):
        yield account
    else:
        yield from _account(account)
        for part in (_endpoint, _catalogue, _tax):
            yield from _or_explained(part)
    yield from _secrets()
    yield from _events()
    yield from _backlog()


def _ask_account() -> Any:
    """Return the account as the library has it, or the finding that says why not."""
    gateway = payments.gateway()
    try:
        with gateway.errors():
            return gateway.client.v1.accounts.retrieve_current()
    except CodeshelfError as error:
        return Check("missing", f"key: {explained(error)}")


def _account(account: Any) -> Iterator[Check]:
    base = settings().stripe_api_base
    mode = "live: money moves" if payments.livemode() else "test: no money moves"
    yield Check("ok", f"key: accepted{f' by {base}' if base else ''} for the account {account.id}; {mode}.")
    if account.charges_enabled:
        yield Check("ok", "account: can take payments.")
    elif payments.livemode():
        yield Check("missing", "account: cannot take payments yet. Finish its activation in Stripe's Dashboard.")
    else:
        yield Check("note", "account: enough for tests. Finish its activation in the Dashboard before you go live.")
    yield from _clock((account.last_response.headers if account.last_response else {}).get("Date"))


def _clock(date: str | None) -> Iterator[Check]:
    if date is None:
        return
    off = clock.real_now() - parsedate_to_datetime(date)
    text = f"{abs(off.total_seconds()):.0f} seconds {'ahead of' if off > timedelta() else 'behind'} Stripe's"
    if abs(off) > CLOCK_LIMIT:
        yield Check("missing", f"clock: {text}, so that webhooks are refused. Set the machine's time (NTP).")
    elif abs(off) > CLOCK_NOTE:
        yield Check("note", f"clock: {text}. Set the machine's time (NTP).")
    else:
        yield Check("ok", "clock: agrees with Stripe's.")


def _address() -> Iterator[Check]:
    site = urlsplit(settings().public_url)
    if site.scheme == "https":
        yield Check("ok", f"address: {settings().public_url}.")
    elif payments.livemode():
        yield Check("missing", "address: Stripe sends live events to https only. Set SITE_URL to the public address.")
    elif settings().stripe_api_base:
        yield Check("ok", f"address: {settings().public_url}, on a machine that need not be public.")
    else:
        forward = f"`stripe listen --forward-to {site.netloc}/webhooks/stripe`"
        yield Check("note", f"address: Stripe cannot reach {settings().public_url}. Set SITE_URL, or run {forward}.")


def _endpoint() -> Iterator[Check]:
    found = endpoint.ours()
    if not found:
        yield Check(
            "missing", f"webhook endpoint: there is none for {endpoint.address()}. To make it, {MAKE_ENDPOINT}."
        )
        return
    wrong = list(endpoint.lacks(found[0]))
    if wrong:
        mended = endpoint.has_version(found[0])
        cure = "To mend it" if mended else f"To make another, after which you delete {found[0]['id']}"
        yield Check("missing", f"webhook endpoint: {'; '.join(wrong)}. {cure}, {MAKE_ENDPOINT}.")
    else:
        yield Check("ok", f"webhook endpoint: {found[0]['id']} sends every event to {found[0]['url']}.")
    if len(found) > 1:
        others = ", ".join(one["id"] for one in found[1:])
        yield Check(
            "note", f"webhook endpoint: there are others for the same address. Delete {others} in the Dashboard."
        )


def _secrets() -> Iterator[Check]:
    given = [secret.get_secret_value() for secret in settings().stripe_webhook_secrets]
    if not given:
        place = "in the Dashboard, at the endpoint, or printed by --create-endpoint"
        yield Check("missing", f"signing secret: STRIPE_WEBHOOK_SECRETS is not set. You find it {place}.")
    elif not all(secret.startswith("whsec_") for secret in given):
        yield Check("missing", "signing secret: one in STRIPE_WEBHOOK_SECRETS does not begin with whsec_. Set it anew.")
    elif len(given) > 1:
        yield Check("note", f"signing secret: {len(given)} are set. Take the old one away when the roll is over.")
    else:
        yield Check("ok", "signing secret: set.")


def _events() -> Iterator[Check]:
    last = db.session.scalar(select(func.max(StripeEvent.received_at)))
    test = "To test, change the description of the product in the Dashboard and look here again"
    if last is None:
        yield Check("note", f"events: none has arrived yet. {test}.")
    elif clock.now() - last > QUIET:
        yield Check("note", f"events: the last one arrived at {last:%Y-%m-%d %H:%M} UTC. {test}.")
    else:
        yield Check("ok", f"events: the last one arrived at {last:%Y-%m-%d %H:%M} UTC.")


def _catalogue() -> Iterator[Check]:
    """Tell what a push would do: prices and portal one by one, everything else in one line."""
    if not catalogue().on_sale():
        yield Check("note", "catalogue: no plan is on sale.")
    lines: list[Line] = []
    try:
        push.push(lines.append, dry=True)
    except PushFailed as error:
        yield Check("missing", f"catalogue: {error}")
    for line in lines:
        if line.state == "unchanged" and line.what.startswith(("price ", "portal ")):
            yield Check("ok", f"{line.what}, at Stripe as in plans.toml.")
    differing = [line for line in lines if line.state != "unchanged"]
    others = [line for line in differing if not line.what.startswith(("price ", "portal "))]
    done = {"created": "is not at Stripe", "changed": "differs at Stripe", "retired": "is still offered at Stripe"}
    for line in differing:
        if line not in others:
            yield Check("missing", f"{line.what} {done[line.state]}: {PUSH}.")
    if others:
        count = _count(len(others), "product, feature or code", "products, features and codes")
        yield Check("missing", f"catalogue: {count} not as in plans.toml, such as {others[0].what}: {PUSH}.")


def _tax() -> Iterator[Check]:
    if not catalogue().billing.automatic_tax:
        return
    gateway = payments.gateway()
    with gateway.errors():
        tax = gateway.client.v1.tax.settings.retrieve()
        registered = gateway.client.v1.tax.registrations.list({"status": "active", "limit": 1}).data
    if tax.status != "active":
        yield Check("missing", "tax: switched on in plans.toml and not set up. Set it up in the Dashboard, under Tax.")
    elif not tax.defaults.tax_behavior:
        yield Check("missing", "tax: no default for whether prices include it. Choose it in the Dashboard, under Tax.")
    else:
        yield Check("ok", "tax: set up.")
    if not registered:
        yield Check("note", "tax: you are registered nowhere, so none is charged. Add registrations under Tax.")


def _backlog() -> Iterator[Check]:
    behind = select(func.count()).where(BillingCustomer.dirty_seq > BillingCustomer.synced_seq)
    waiting = db.session.scalar(behind) or 0
    stuck = db.session.scalar(behind.where(BillingCustomer.attempts > 0)) or 0
    failed = db.session.scalar(select(func.count()).select_from(StripeEvent).filter_by(state="failed")) or 0
    if stuck:
        yield Check("note", f"sync: {_count(stuck, 'customer')} could not be synced. The log says why; it is tried on.")
    elif waiting:
        yield Check("ok", f"sync: {_count(waiting, 'customer')} will be synced within seconds, if the worker runs.")
    else:
        yield Check("ok", "sync: every customer is current.")
    if failed:
        again = "Take them again: `flask billing replay --failed`"
        yield Check("note", f"events: {_count(failed, 'event')} failed. {again}.")


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"


def _or_explained(part: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from part()
    except CodeshelfError as error:
        yield Check("missing", f"{part.__name__.strip('_')}: {explained(error)}")
