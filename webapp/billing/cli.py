"""`flask billing …`: plans given by staff."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from webapp.auth.service import find_user
from webapp.billing import cli_payments, service
from webapp.billing.models import EntitlementGrant
from webapp.billing.setup import cli as cli_setup
from webapp.core.errors import CodeshelfError
from webapp.extensions import transaction

cli = AppGroup("billing", help="Plans that readers hold, and how they are paid for.")
for command in (*cli_setup.COMMANDS, *cli_payments.COMMANDS):
    cli.add_command(command)


@cli.command("grant")
@click.argument("email")
@click.argument("plan")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC) of the plan; default: no end.")
@click.option("--comp", is_flag=True, help="A gift, told apart from other grants in reports.")
@click.option("--note", default="", help="Why, for the record (200 characters).")
def grant_command(email: str, plan: str, until: datetime | None, comp: bool, note: str) -> None:
    """Give EMAIL a PLAN from now until the end of a day."""
    try:
        end = until.replace(tzinfo=UTC) + timedelta(days=1) if until else None
    except OverflowError:
        raise click.BadParameter("no calendar goes that far; leave it out for a plan without an end") from None
    with _clear_errors(), transaction():
        row = service.grant(_user_id(email), plan, end, source="comp" if comp else "manual", note=note[:200])
        text = _describe(row)
    click.echo(f"{email} has {text}")


@cli.command("grants")
@click.argument("email")
def grants_command(email: str) -> None:
    """List what EMAIL was ever given."""
    rows = service.grants_of(_user_id(email))
    for row in rows:
        click.echo(_describe(row))
    if not rows:
        click.echo(f"{email} was never given a plan.")


@cli.command("revoke")
@click.argument("grant_id", type=int)
def revoke_command(grant_id: int) -> None:
    """End the grant GRANT_ID now."""
    with _clear_errors(), transaction():
        text = _describe(service.revoke(grant_id))
    click.echo(f"Ended: {text}")


def _user_id(email: str) -> int:
    user = find_user(email)
    if user is None:
        raise click.ClickException(f"no reader has the address {email}")
    return user.id


def _describe(row: EntitlementGrant) -> str:
    end = f"until {row.ends_at:%Y-%m-%d %H:%M} UTC" if row.ends_at else "with no end"
    note = f" ({row.note})" if row.note else ""
    return f"grant {row.id}: {row.plan_key} from {row.starts_at:%Y-%m-%d %H:%M} UTC {end}, {row.source}{note}"


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
