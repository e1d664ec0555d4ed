"""`flask auth …`: the owner's link, and who is staff."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webapp.auth import service
from webapp.extensions import transaction

cli = AppGroup("auth", help="Accounts.")


@cli.command("owner-link")
def owner_link_command() -> None:
    """Print a link that creates the site's owner, once, within a day."""
    with transaction():
        link = service.owner_link()
    if link is None:
        raise click.ClickException("there is staff already; `flask auth staff EMAIL --on` makes more")
    click.echo(link)


@cli.command("staff")
@click.argument("email")
@click.option("--on/--off", "on", required=True, help="Make EMAIL staff, or a plain reader again.")
def staff_command(email: str, on: bool) -> None:
    """Say whether EMAIL is staff."""
    with transaction():
        user = service.find_user(email)
        if user is None:
            raise click.ClickException(f"no reader has the address {email}")
        service.set_staff(user, on)
        name = user.email
    click.echo(f"{name} is {'staff' if on else 'a plain reader'} now.")
