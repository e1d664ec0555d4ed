"""`flask codes …`: import releases and articles, list what is loaded, compare releases, take one back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask.cli import AppGroup

from webapp.codes import article_files, article_tables, importing, information, starter
from webapp.codes.cli_releases import diff, list_releases, rollback, status
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import fetching
from webapp.codes.importers.files import open_source
from webapp.codes.importers.registry import IMPORTERS, PTP
from webapp.codes.licence_cli import licence_cli, royalty_command
from webapp.codes.progress import Progress
from webapp.codes.terminal import clear_errors, shown_progress, tell
from webapp.codes.terms import keeping
from webapp.extensions import transaction

cli = AppGroup("codes", help="The catalogue: what is loaded, and loading more.")
import_cli = AppGroup("import", help="Load files of a publisher, or articles of your own.")
for _command in (import_cli, list_releases, diff, rollback, status, licence_cli, royalty_command):
    cli.add_command(_command)

FILE = click.Path(exists=True, path_type=Path)


def _import_command(source: str, summary: str, *, takes_codes: bool) -> None:
    def run(
        files: tuple[str, ...],
        release: str | None,
        effective: datetime | None,
        dry_run: bool,
        codes: Path | None = None,
    ) -> None:
        with clear_errors(), shown_progress() as progress, TemporaryDirectory() as folder:
            given = Given(release, effective.date() if effective else None, open_source(codes) if codes else None)
            paths = [_path(file, Path(folder), progress) for file in files]
            report = importing.load(source, paths, given, progress, dry_run=dry_run)
            if not dry_run:
                keeping.keep(progress)
        tell(report, dry_run=dry_run)

    run.__doc__ = f"Load FILES: {summary}. Each is a path or an https address, as it is or in the publisher's zip."
    if takes_codes:
        run = click.option("--codes", type=FILE, help="List of the codes that exist, one in each line.")(run)
    for option in (
        click.option("--dry-run", is_flag=True, help="Tell what would change; change nothing."),
        click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="First valid day."),
        click.option("--release", help="Name of the release; default: from the file."),
        click.argument("files", nargs=-1, required=True),
    ):
        run = option(run)
    import_cli.command(source)(run)


def _path(file: str, folder: Path, progress: Progress) -> Path:
    """Return where a file lies; one at an address is fetched first. Errors: FileRefused."""
    return fetching.fetched(file, folder, progress) if fetching.is_address(file) else Path(file)


for _source, _importer in IMPORTERS.items():
    _import_command(_source, _importer.summary, takes_codes=_importer.takes_codes)
_import_command(PTP, "NCCI procedure-to-procedure edits, all parts of a quarter", takes_codes=False)


@import_cli.command("articles")
@click.argument("path", type=FILE)
def import_articles(path: Path) -> None:
    """Load articles: a folder of Markdown files (`<system>/<code>.md`), or a table of them (CSV, JSONL)."""
    with clear_errors(), shown_progress() as progress:
        with transaction():
            read, changed = article_files.store(path) if path.is_dir() else article_tables.store(path)
        keeping.keep(progress)
    click.echo(f"{read} articles read, {changed} new or changed.")


@import_cli.command("information")
@click.argument("file", type=FILE)
def import_information(file: Path) -> None:
    """Load rows of code information from the CSV FILE."""
    with clear_errors(), shown_progress() as progress:
        with transaction():
            read, changed = information.import_information(open_source(file))
        keeping.keep(progress)
    click.echo(f"{read} rows read, {changed} codes new or changed.")


@cli.command("load-starter")
def load_starter() -> None:
    """Load ICD-10-CM from the installed package, and the articles that come with the site."""
    with clear_errors(), shown_progress() as progress:
        starter.load(progress)
        keeping.keep(progress)
    click.echo("The starter catalogue is loaded.")


@cli.command("terms")
def build_terms() -> None:
    """Build the search index of this machine, if it is not that of the catalogue. Loads do it by themselves."""
    with clear_errors(), shown_progress() as progress:
        built = keeping.keep(progress)
    click.echo("The search index is built." if built else "The search index is up to date, nothing to do.")
