"""`flask dev …`: helps for development, absent in production."""

from __future__ import annotations

import re
from datetime import timedelta

import click
from flask.cli import AppGroup

from webapp.core import clock
from webapp.extensions import settings

cli = AppGroup("dev", help="Helps for development.")

_SHIFT = re.compile(r"([+-])(\d{1,5})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@cli.command("clock", context_settings={"ignore_unknown_options": True})
@click.argument("shift", required=False)
def clock_command(shift: str | None) -> None:
    """Show the site's time, or move it by SHIFT: +8d, -2h, +30m; `real` returns to real time."""
    file = settings().data / "clock_offset"
    if shift == "real":
        file.unlink(missing_ok=True)
    elif shift is not None:
        found = _SHIFT.fullmatch(shift)
        if not found:
            raise click.BadParameter("a shift reads +8d, -2h, +30m or real")
        by = timedelta(**{_UNITS[found[3]]: int(found[1] + found[2])})
        file.write_text(str(int((clock.offset() + by).total_seconds())))
    click.echo(f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")
