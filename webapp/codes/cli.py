"""`flask codes …`: import releases and articles, list what is loaded."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from webapp.codes import article_files, bulk, information, loader, releases, starter
from webapp.codes.importers.files import open_source
from webapp.codes.importers.registry import IMPORTERS, Importer
from webapp.codes.progress import Progress
from webapp.core.errors import CodeshelfError
from webapp.extensions import db, transaction

REFUSED_SHOWN = 20

cli = AppGroup("codes", help="The catalogue: what is loaded, and loading more.")
import_cli = AppGroup("import", help="Load a file of a publisher, or articles of your own.")
cli.add_command(import_cli)

FILE = click.Path(exists=True, path_type=Path)


def _import_command(source: str, importer: Importer) -> Callable[..., None]:
    def run(file: Path, codes: Path | None, release: str | None, effective: datetime | None, dry_run: bool) -> None:
        with _clear_errors(), bulk.collector_paused(), _progress() as progress:
            listing = importer.read(
                open_source(file, importer.member),
                open_source(codes) if codes else None,
                release,
                effective.date() if effective else None,
            )
            with transaction():
                report = loader.load(listing, progress)
                if dry_run:
                    db.session.rollback()
        _tell(report, dry_run=dry_run)

    run.__doc__ = f"Load FILE: {importer.summary}, as it is or in the publisher's zip."
    return import_cli.command(source)(
        click.argument("file", type=FILE)(
            click.option("--codes", type=FILE, help="List of the codes that exist, one in each line.")(
                click.option("--release", help="Name of the release; default: from the file.")(
                    click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="First valid day.")(
                        click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing.")(run)
                    )
                )
            )
        )
    )


for _source, _importer in IMPORTERS.items():
    _import_command(_source, _importer)


@import_cli.command("articles")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_articles(folder: Path) -> None:
    """Load the Markdown articles of FOLDER (`<system>/<code>.md`)."""
    with _clear_errors(), transaction():
        read, changed = article_files.store(folder)
    click.echo(f"{read} articles read, {changed} new or changed.")


@import_cli.command("information")
@click.argument("file", type=FILE)
def import_information(file: Path) -> None:
    """Load rows of code information from the CSV FILE."""
    with _clear_errors(), transaction():
        read, changed = information.import_information(open_source(file))
    click.echo(f"{read} rows read, {changed} codes new or changed.")


@cli.command("load-starter")
def load_starter() -> None:
    """Load ICD-10-CM from the installed package, and the articles that come with the site."""
    with _clear_errors(), _progress() as progress:
        starter.load(progress)
    click.echo("The starter catalogue is loaded.")


@cli.command("releases")
def list_releases() -> None:
    """List the releases that are loaded; the one that readers see is marked."""
    rows = releases.listed()
    for system, release in rows:
        mark = "*" if system.current_release_id == release.id else " "
        until = release.valid_to.isoformat() if release.valid_to else "no end known"
        click.echo(
            f"{mark} {system.key:<10} {release.source:<16} {release.name:<20} {release.valid_from} to {until}  "
            f"{release.rows_read} rows, {release.rows_added} added, {release.rows_changed} changed, "
            f"{release.rows_ended} ended"
        )
    if not rows:
        click.echo("Nothing is loaded yet.")


def _tell(report: loader.Report, *, dry_run: bool) -> None:
    if report.unchanged:
        click.echo(f"{report.release}: this file is loaded already, nothing to do.")
        return
    verb = "would be loaded" if dry_run else "is loaded"
    until = f" to {report.valid_to}" if report.valid_to else ""
    click.echo(f"{report.release} ({report.valid_from}{until}) {verb}.")
    click.echo(
        f"{report.read} read, {report.added} added, {report.changed} changed, {report.ended} ended, "
        f"{len(report.refused)} refused"
    )
    for line in report.refused[:REFUSED_SHOWN]:
        click.echo(f"  {line}")
    if len(report.refused) > REFUSED_SHOWN:
        click.echo(f"  and {len(report.refused) - REFUSED_SHOWN} more")


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """Show how far a load is, on a terminal."""
    visible = sys.stderr.isatty()

    def tell(label: str, done: int, total: int) -> None:
        if visible:
            click.echo(f"\r\033[K{label} {100 * done // max(total, 1)} %", nl=False, err=True)

    yield tell
    if visible:
        click.echo("\r\033[K", nl=False, err=True)


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn our own errors into one line on the terminal."""
    try:
        yield
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None
