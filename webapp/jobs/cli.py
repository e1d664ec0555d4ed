"""`flask jobs …`: the worker."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from redis import RedisError

from webapp.jobs import worker

cli = AppGroup("jobs", help="Work done outside of requests.")


@cli.command("work")
@click.option("--once", is_flag=True, help="Do the jobs that are queued now, then end; the schedule does not run.")
def work_command(once: bool) -> None:
    """Do queued jobs and run the schedule until told to stop."""
    if once:
        try:
            worker.drain()
        except RedisError as error:
            raise click.ClickException(f"Redis does not answer: {error}") from None
    else:
        worker.run(current_app.extensions["schedule"])
