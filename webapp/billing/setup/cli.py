"""`flask billing push-catalogue | doctor`: setting payments up, and looking after them."""

from __future__ import annotations

from collections import Counter

import click
from flask.cli import with_appcontext

from webapp.billing.setup import doctor, endpoint, push
from webapp.billing.setup.run import Line, PushFailed, explained
from webapp.core.errors import CodeshelfError


@click.command("push-catalogue")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--quiet", is_flag=True, help="Only say how many things were done.")
@with_appcontext
def push_command(dry_run: bool, quiet: bool) -> None:
    """Bring Stripe's products, prices, coupons and portal to what the plans file says."""
    counts: Counter[str] = Counter()

    def tell(line: Line) -> None:
        counts[line.state] += 1
        if not quiet:
            click.echo(f"{line.state:<10}{line.what}")

    try:
        push.push(tell, dry=dry_run)
    except PushFailed as error:
        raise click.ClickException(f"{error}\nRun it again when that is mended; what was done before stays.") from None
    done = ", ".join(f"{count} {state}" for state, count in counts.items() if state != "unchanged")
    if not done:
        click.echo("Nothing to do.")
    else:
        click.echo(f"{'Would be: ' if dry_run else ''}{done}.")


@click.command("doctor")
@click.option("--create-endpoint", is_flag=True, help="Make the webhook endpoint and print its signing secret.")
@with_appcontext
def doctor_command(create_endpoint: bool) -> None:
    """Say what is fine with payments, and what is missing."""
    if create_endpoint:
        _create_endpoint()
        return
    missing = 0
    for check in doctor.examine():
        missing += check.state == "missing"
        click.echo(f"{check.state:<9}{check.what}")
    if missing:
        raise click.ClickException(f"{missing} {'thing is' if missing == 1 else 'things are'} missing.")


def _create_endpoint() -> None:
    try:
        made, secret = endpoint.make()
    except endpoint.NothingToMake as nothing:
        click.echo(str(nothing))
        return
    except CodeshelfError as error:
        raise click.ClickException(explained(error)) from None
    if secret is None:
        click.echo(f"The endpoint {made} now sends every event; its signing secret is the same as before.")
    else:
        click.echo(f"The endpoint {made} sends every event to {endpoint.address()}.")
        click.echo("Its signing secret, which is shown this once; put it into STRIPE_WEBHOOK_SECRETS and restart:")
        click.echo(secret)


COMMANDS = (push_command, doctor_command)
