"""`flask meter …` and `flask stats`: what staff ask of the meters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from webapp.access.gate import Gate
from webapp.access.sentences import day
from webapp.admin import stats
from webapp.auth.service import find_user
from webapp.billing.plans import Plan, catalogue
from webapp.billing.service import entitlement_of
from webapp.codes import service as codes
from webapp.core import clock
from webapp.core.periods import Window
from webapp.extensions import RedisUnavailable
from webapp.metering.meter import key_of

T = TypeVar("T")

meter_cli = AppGroup("meter", help="Views of one subject: an e-mail address, u… for a reader, g… for a guest.")


@meter_cli.command("show")
@click.argument("subject")
def show(subject: str) -> None:
    """Show how many views SUBJECT has used in the current period."""
    name, plan, window = _find(subject)
    used = _ask(lambda gate: gate.meter.usage(name, window).used)
    limit = "unlimited" if plan.views.limit is None else str(plan.views.limit)
    click.echo(f"{name}: plan {plan.key}, {used} used of {limit}, {_until(window)}")


@meter_cli.command("explain")
@click.argument("subject")
def explain(subject: str) -> None:
    """Tell what SUBJECT has open, where it is counted, and what opening another page would do."""
    name, plan, window = _find(subject)
    items = _ask(lambda gate: gate.meter.items(name, window))
    used = _ask(lambda gate: gate.meter.usage(name, window).used)
    click.echo(f"subject   {name}")
    click.echo(f"plan      {plan.key} ({plan.name})")
    click.echo(f"period    {plan.views.period.kind}, {_until(window)}")
    click.echo(f"key       {key_of(name, window)}")
    for code in codes.opened(items):
        click.echo(f"open      {code.system} {code.key}  {code.title}")
    if plan.views.limit is None:
        click.echo("next      opens: the plan has no limit")
    else:
        click.echo(f"next      {'opens' if used < plan.views.limit else 'wall'}: {used} of {plan.views.limit} used")


@meter_cli.command("reset")
@click.argument("subject")
def reset(subject: str) -> None:
    """Give SUBJECT a fresh start in the current period."""
    name, _, window = _find(subject)
    _ask(lambda gate: gate.meter.reset(name, window))
    click.echo(f"{name}: nothing used, {_until(window)}")


@click.command("stats")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 366), help="How many days to show.")
@with_appcontext
def stats_command(days: int) -> None:
    """Show views, walls, previews, registrations, checkouts and payments by day."""
    rows = stats.table(clock.today() - timedelta(days=days - 1))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def _find(subject: str) -> tuple[str, Plan, Window]:
    if "@" in subject:
        user = find_user(subject)
        if user is None:
            raise click.ClickException(f"no reader has the address {subject}")
        subject = f"u{user.id}"
    if subject[:1] == "u" and subject[1:].isdigit():
        plan = entitlement_of(int(subject[1:])).plan
    elif subject[:1] == "g" and len(subject) > 1:
        plan = catalogue().guest
    else:
        raise click.ClickException("a subject is an e-mail address, u and a number, or g and a guest's id")
    return subject, plan, plan.views.period.window(clock.now())


def _until(window: Window) -> str:
    return f"resets on {day(window.end)}" if window.end else "resets by its own first use, or never"


def _ask(work: Callable[[Gate], T]) -> T:
    try:
        return work(current_app.extensions["gate"])
    except RedisUnavailable as error:
        raise click.ClickException(f"Redis does not answer: {error}") from None
