"""What the commands have in common on a terminal: errors in one line, progress, and what a load did."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

from webapp.codes.datasets.loading import Report
from webapp.codes.progress import Progress
from webapp.core.errors import CodeshelfError

REFUSED_SHOWN = 20


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    """Turn our own errors into one line on the terminal."""
    try:
        yield
    except CodeshelfError as error:
        raise click.ClickException(error.message) from None


@contextlib.contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show how far a load is, on a terminal."""
    visible = sys.stderr.isatty()

    def tell(label: str, done: int, total: int) -> None:
        if visible:
            click.echo(f"\r\033[K{label} {100 * done // max(total, 1)} %", nl=False, err=True)

    yield tell
    if visible:
        click.echo("\r\033[K", nl=False, err=True)


def tell(report: Report, *, dry_run: bool) -> None:
    """Say what a load did, or would do."""
    if report.unchanged:
        click.echo(f"{report.release}: this file is loaded already, nothing to do.")
        return
    verb = "would be loaded" if dry_run else "is loaded"
    until = f" to {report.valid_to}" if report.valid_to else ""
    click.echo(f"{report.release} ({report.valid_from}{until}) {verb}.")
    for table in report.tables:
        told = f"{table.added} added, {table.changed} changed, {table.ended} ended"
        click.echo(f"  {table.dataset}: {'loaded already' if table.unchanged else told}, {table.rows} in all")
    click.echo(f"{report.read} read, {len(report.refused)} refused")
    for line in report.refused[:REFUSED_SHOWN]:
        click.echo(f"  {line}")
    if len(report.refused) > REFUSED_SHOWN:
        click.echo(f"  and {len(report.refused) - REFUSED_SHOWN} more")
