"""`flask billing sync | drift | replay | hold | release`: keeping our picture of Stripe right."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from webapp.auth.service import find_user
from webapp.billing import customers, holds, inbox, leases, reconcile, sync, tasks
from webapp.billing.models import HOLDS, BillingCustomer
from webapp.billing.service import entitlement_of
from webapp.core.errors import CodeshelfError
from webapp.extensions import db, transaction


@click.command("sync")
@click.argument("email", required=False)
@click.option("--all", "everyone", is_flag=True, help="Every customer.")
@with_appcontext
def sync_command(email: str | None, everyone: bool) -> None:
    """Ask Stripe now for all that EMAIL (or everyone) has, and write it down."""
    if bool(email) == everyone:
        raise click.UsageError("say whose: EMAIL, or --all")
    try:
        ids = [_customer(email).id] if email else _all_customers()
        with transaction():
            for customer_id in ids:
                customers.mark_dirty(customer_id)
        for customer_id in ids:
            held = leases.claim(customer_id)
            if held is not None:
                sync.run(held)
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
    behind = _behind(ids)
    for customer in behind:
        click.echo(f"{customer.stripe_customer_id}: {customer.last_error or 'another worker is at it'}", err=True)
    click.echo(f"{len(ids) - len(behind)} of {len(ids)} synced.")
    if email and not behind:
        click.echo(f"{email} has the plan {entitlement_of(_customer(email).user_id).plan.name}.")
    if behind:
        raise click.exceptions.Exit(1)


@click.command("drift")
@click.option("--repair", is_flag=True, help="Sync the customers in question.")
@with_appcontext
def drift_command(repair: bool) -> None:
    """Compare every subscription at Stripe with our rows. Exit code 1 if any differs and was not repaired."""
    try:
        drifts = reconcile.find_drift()
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
    for drift in drifts:
        click.echo(f"{drift.subscription}: {drift.what}")
    if not drifts:
        click.echo("No drift.")
    elif repair:
        with transaction():
            reconcile.repair(drifts)
        sync.work()
        left = len(reconcile.find_drift())
        click.echo(f"{len(drifts) - left} of {len(drifts)} repaired.")
        if left:
            raise click.exceptions.Exit(1)
    else:
        click.echo(f"{len(drifts)} differ; --repair syncs them.")
        raise click.exceptions.Exit(1)


@click.command("replay")
@click.argument("event_ids", nargs=-1)
@click.option("--failed", is_flag=True, help="Every event that could not be handled.")
@with_appcontext
def replay_command(event_ids: tuple[str, ...], failed: bool) -> None:
    """Take events again as if they came for the first time; also ones that never came."""
    if bool(event_ids) == failed:
        raise click.UsageError("say which: EVENT_IDS, or --failed")
    wanted = list(event_ids) if event_ids else inbox.failed()
    try:
        for event_id in wanted:
            inbox.replay(event_id)
        tasks.work()
        for event_id in wanted:
            click.echo(f"{event_id}: {inbox.state_of(event_id)}")
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
    if not wanted:
        click.echo("No event has failed.")


@click.command("hold")
@click.argument("email")
@click.option("--reason", type=click.Choice(HOLDS[1:]), default="manual", help="Shown to staff; default: manual.")
@with_appcontext
def hold_command(email: str, reason: str) -> None:
    """Close the paid plan of EMAIL until it is released. Stripe is told nothing: refund or cancel there."""
    try:
        with transaction():
            holds.hold(_customer(email).user_id, reason)
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{email} is on hold.")


@click.command("release")
@click.argument("email")
@with_appcontext
def release_command(email: str) -> None:
    """Lift the hold of EMAIL. While a dispute is open, the next sync sets it again."""
    try:
        with transaction():
            holds.release(_customer(email).user_id)
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{email} is on hold no longer.")


def _customer(email: str) -> BillingCustomer:
    user = find_user(email)
    if user is None:
        raise click.ClickException(f"no reader has the address {email}")
    customer = customers.of_user(user.id)
    if customer is None or customer.stripe_customer_id is None:
        raise click.ClickException(f"{email} never bought a plan")
    return customer


def _all_customers() -> list[int]:
    known = db.select(BillingCustomer.id).where(BillingCustomer.stripe_customer_id.isnot(None))
    return list(db.session.scalars(known))


def _behind(customer_ids: list[int]) -> list[BillingCustomer]:
    db.session.rollback()  # see what was written meanwhile
    behind = db.select(BillingCustomer).where(BillingCustomer.dirty_seq > BillingCustomer.synced_seq)
    return [row for row in db.session.scalars(behind) if row.id in set(customer_ids)]


COMMANDS = (sync_command, drift_command, replay_command, hold_command, release_command)
