"""`flask codes releases|diff|rollback|status`: what is loaded, what changed, and taking a release back."""

from __future__ import annotations

import sys
from datetime import date

import click
from flask.cli import with_appcontext

from webapp.codes import differences, export, releases
from webapp.codes import rollback as roll_back
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.listing import FileRefused
from webapp.codes.models import CodeSystem, Release
from webapp.codes.terminal import clear_errors, shown_progress
from webapp.codes.terms import keeping
from webapp.codes.uploads import due
from webapp.core import clock
from webapp.extensions import db, transaction


@click.command("releases")
@with_appcontext
def list_releases() -> None:
    """List the releases that are loaded; those that readers see are marked."""
    rows: list[tuple[bool, str, Release | DatasetRelease]] = []
    for system, listed in releases.listed():
        rows.append((system.current_release_id == listed.id, f"{system.key} ({listed.source})", listed))
    now = {release.id for release in dataset_releases.on(clock.today()).values()}
    for key in DATASETS:
        rows += [(release.id in now, key, release) for release in dataset_releases.of(key)]
    for current, name, release in rows:
        until = release.valid_to.isoformat() if release.valid_to else "no end known"
        click.echo(
            f"{'*' if current else ' '} {name:<29} {release.name:<20} {release.valid_from} to {until}  "
            f"{release.rows_read} rows, {release.rows_added} added, {release.rows_changed} changed, "
            f"{release.rows_ended} ended"
        )
    if not rows:
        click.echo("Nothing is loaded yet.")


@click.command("diff")
@click.argument("source")
@click.argument("old")
@click.argument("new")
@with_appcontext
def diff(source: str, old: str, new: str) -> None:
    """Write what changed in SOURCE (a dataset, or a code system) between two releases, OLD and NEW, as CSV.

    OLD and NEW are names of releases, or days as 2026-04-01.
    """
    with clear_errors():
        first, last = _day(source, old), _day(source, new)
        if source in DATASETS:
            found = differences.of_dataset(source, first, last)
        else:
            found = differences.of_codes(_system(source).key, first, last)
    header = ("code", "part", "what", "field", "old", "new")
    rows = ((each.code, each.part, each.what, each.field, each.old, each.new) for each in found)
    for line in export.chunks(header, rows):
        sys.stdout.write(line)


def _system(source: str) -> CodeSystem:
    """Return the code system of a name, or of a source of its codes. Errors: FileRefused."""
    for system, release in releases.listed():
        if source in {system.key, release.source}:
            return system
    raise FileRefused(f"Nothing of {source[:30]!r} is loaded: name a dataset or a code system.")


def _day(source: str, text: str) -> date:
    """Return the first day of a release, by its name, or the day that the text is. Errors: FileRefused."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    named = dataset_releases.of(source) if source in DATASETS else []
    days = {release.name.casefold(): release.valid_from for release in named}
    for system, release in releases.listed():
        if source in {system.key, release.source}:
            days[release.name.casefold()] = release.valid_from
    if text.casefold() not in days:
        raise FileRefused(f"There is no release {text[:60]!r} of {source[:30]!r}.")
    return days[text.casefold()]


@click.command("rollback")
@click.argument("source")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def rollback(source: str, yes: bool) -> None:
    """Take back the newest release of SOURCE: what it changed is as before it."""
    with clear_errors():
        found = roll_back.newest(source)
        db.session.rollback()
        if not yes:
            click.confirm(f"Take back {found.name} of {source}?", abort=True)
        with shown_progress() as progress:
            with transaction():
                roll_back.roll_back(source, progress)
            keeping.keep(progress)
    click.echo(f"{found.name} of {source} is taken back.")


@click.command("status")
@with_appcontext
def status() -> None:
    """List all datasets with their age, and what is missing, ended or due."""
    for shelf in due.shelves(clock.today()):
        if shelf.current is None:
            words, release, age = "missing", "", ""
        else:
            states = (("ended", shelf.ended), ("due", shelf.due))
            words = ", ".join(word for word, holds in states if holds) or "current"
            release, age = shelf.current.name, f"{shelf.age} days"
        click.echo(f"{shelf.key:<20} {words:<12} {release:<24} {age:>10}  {shelf.name}")
