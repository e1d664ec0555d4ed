"""What every template may use: the site's name and contact, addresses of static files, and a few filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision
from flask import Flask

from webapp.codes.document import Link, Note, label
from webapp.core import dates
from webapp.site.static_files import static_url
from webapp.tools.views import TOOLS

NOTE_LABELS = {
    "notes": "Notes",
    "includes": "Includes",
    "excludes1": "Excludes1: not coded here",
    "excludes2": "Excludes2: not included here",
    "code_first": "Code first",
    "use_additional_code": "Use additional code",
    "code_also": "Code also",
    "seventh_character": "Seventh character",
}
"""Headings of coding notes by kind, in their order on the page, with the words of the ICD-10-CM conventions."""

NEIGHBOURS = 12
"""Codes listed before and after the current one where its siblings are many."""


@dataclass(frozen=True, slots=True)
class Tool:
    key: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class Site:
    """Who runs the site; `url` has no slash at its end."""

    name: str
    logo: str
    legal_entity: str
    contact: str
    url: str
    tools: tuple[Tool, ...] = ()


@dataclass(slots=True)
class NoteGroup:
    """Coding notes of one kind from one place; `origin` is None for the code's own."""

    kind: str
    label: str
    origin: str | None
    texts: list[str] = field(default_factory=list)


def init_app(app: Flask) -> None:
    """Give the templates `site`, `static_url` and the filters; needs the settings and `static_files`."""
    settings = app.extensions["settings"]
    tools: Iterable[str] = app.extensions.get("tools", ())
    app.jinja_env.globals.update(
        site=Site(
            name=settings.site_name,
            logo=_logo(app, settings.site_logo),
            legal_entity=settings.legal_entity,
            contact=settings.contact_email,
            url=settings.public_url,
            tools=tuple(Tool(key, *TOOLS[key]) for key in tools),
        ),
        static_url=static_url(app),
    )
    for name, function in FILTERS.items():
        app.jinja_env.filters[name] = function


def _logo(app: Flask, logo: str) -> str:
    if logo.startswith(("/", "https://", "http://")):
        return logo
    return static_url(app)(logo or "mark.svg")


def long_date(value: date | datetime | str) -> str:
    """Return “1 October 2025” for a date or an ISO date; text that is no date stays as it is."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    return dates.long_date(value)


def count_of(count: int, one: str, many: str = "") -> str:
    """Return “1 code”, “2 codes”, “12,345 codes”. `many` defaults to `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def money(amount: int, currency: str) -> str:
    """Return an amount in the currency's smallest unit as “$29” or “$29.50”."""
    digits = get_currency_precision(currency.upper())
    value = Decimal(amount).scaleb(-digits)
    whole = amount % 10**digits == 0
    pattern = "¤#,##0" if whole else None
    return format_currency(value, currency.upper(), pattern, locale="en_US", currency_digits=not whole)


def notes_by_kind(notes: Iterable[Note]) -> list[NoteGroup]:
    """Group coding notes by kind and origin: kinds in the order of NOTE_LABELS, origins in that of appearance."""
    groups: dict[tuple[str, str | None], NoteGroup] = {}
    for note in notes:
        label = NOTE_LABELS.get(note.kind) or note.kind.replace("_", " ").capitalize()
        group = groups.setdefault((note.kind, note.origin), NoteGroup(note.kind, label, note.origin))
        group.texts.append(note.text)
    order = {kind: place for place, kind in enumerate(NOTE_LABELS)}
    return sorted(groups.values(), key=lambda group: order.get(group.kind, len(order)))


def around(links: Sequence[Link], key: str) -> Sequence[Link]:
    """Return the links near `key`: all if they are few, else those just before and after it."""
    if len(links) <= 2 * NEIGHBOURS + 1:
        return links
    at = next((index for index, link in enumerate(links) if link.key == key), 0)
    start = max(0, min(at - NEIGHBOURS, len(links) - 2 * NEIGHBOURS - 1))
    return links[start : start + 2 * NEIGHBOURS + 1]


def wait_words(seconds: int) -> str:
    """Return how long to wait: “30 seconds”, “5 minutes”, “2 hours”, rounded up."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return count_of(-(-seconds // size), unit)
    return count_of(max(1, seconds), "second")


FILTERS = {
    "wait_words": wait_words,
    "code_label": label,
    "long_date": long_date,
    "count_of": count_of,
    "money": money,
    "notes_by_kind": notes_by_kind,
    "around": around,
}
