"""`flask codes licence …` and `flask codes royalty`: texts that need a licence, and who reads them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from webapp.codes import royalty
from webapp.codes.datasets import licences, wiping
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import Licence
from webapp.codes.terminal import clear_errors
from webapp.core import clock
from webapp.extensions import db, transaction

licence_cli = AppGroup("licence", help="Licences to show CPT (AMA) and CDT (ADA) texts.")
SYSTEM = click.Choice(list(licences.HOLDERS))


@licence_cli.command("install")
@click.argument("system", type=SYSTEM)
@click.option("--holder", required=True, help="Who holds the licence: your organisation.")
@click.option("--line", required=True, help="The copyright line to show with every text.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; no text is shown after it.")
def install(system: str, holder: str, line: str, until: datetime | None) -> None:
    """Note a licence for SYSTEM, or change it. Load the files with its texts afterwards."""
    with clear_errors(), transaction():
        licence = licences.install(system, holder, line, until.date() if until else None)
        click.echo(f"{_told(licence)}. Files with its texts may be loaded now, also those loaded before.")


@licence_cli.command("show")
def show() -> None:
    """Show the licences, and the texts that are loaded under them."""
    for system, publisher in licences.HOLDERS.items():
        licence, extent = db.session.get(Licence, system), licences.extent(system)
        click.echo(_told(licence) if licence else f"{system}: no licence of the {publisher} is installed")
        if licence:
            click.echo(f"  shown with every text: {licence.line}")
        for dataset, number in extent.texts.items():
            click.echo(f"  {number:>7} in {DATASETS[dataset].name} ({dataset})")
        click.echo(f"  {extent.without:>7} of {extent.codes} codes have no text")


@licence_cli.command("empty")
@click.argument("system", type=SYSTEM)
@click.option("--yes", is_flag=True, help="Do not ask.")
def empty(system: str, yes: bool) -> None:
    """Delete all texts of SYSTEM's licence, and the licence itself."""
    with clear_errors():
        if not yes:
            stored = licences.count(system)
            db.session.rollback()
            click.confirm(f"Delete {stored} texts and the licence {system}? Readers lose them at once", abort=True)
        with transaction():
            gone = licences.empty(system)
        click.echo(f"{gone} texts are deleted, and the licence {system}.")
        wiping.wipe()
    click.echo("The database's files hold none of them any more. Backups of the time before do.")


@click.command("royalty")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="One month, such as 2026-11; default: all.")
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to FILE.")
@with_appcontext
def royalty_command(month: datetime | None, file: Path | None) -> None:
    """Show how many readers opened licensed text, and how often, by month (UTC)."""
    rows = royalty.report(f"{month:%Y-%m}" if month else None)
    if file is not None:
        try:
            with file.open("w", encoding="utf-8", newline="") as out:
                royalty.write_csv(rows, out)
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
        click.echo(f"{file}: {len(rows)} rows.")
        return
    table = [[name.replace("_", " ") for name in royalty.COLUMNS], *map(royalty.cells, rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(royalty.COLUMNS))]
    for row in table:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    if not rows:
        click.echo("No licensed text was opened.")


def _told(licence: Licence) -> str:
    if licence.valid_to is None:
        until = "no end"
    else:
        until = f"{'ended on' if licence.valid_to < clock.today() else 'until'} {licence.valid_to}"
    return f"{licence.system}: held by {licence.holder}, {until}"
