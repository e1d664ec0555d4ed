"""The one-command run.

python -m webapp            start Redis, migrate, load the catalogue if there is none, serve and work until Ctrl-C
python -m webapp prepare    migrate and load only
python -m webapp check      try settings and plans only
"""

from __future__ import annotations

import contextlib
import os
import sys

import config
from webapp.embedded import problems
from webapp.embedded.problems import EXIT_CODE, StartError

COMMANDS = ("run", "prepare", "check")


def main(arguments: list[str]) -> int:
    """Return the exit code: 2 with one clear sentence when the site cannot start."""
    command = arguments[0] if arguments else "run"
    if len(arguments) > 1 or command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return EXIT_CODE
    try:
        settings = config.load(os.environ)
    except config.SettingsError as error:
        return _refuse(str(error))
    try:
        return _run(settings) if command == "run" else _with_site(settings, command)
    except StartError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(problems.in_words(error, settings.data))
    except KeyboardInterrupt:
        return 130


def _run(settings: config.Settings) -> int:
    from webapp.embedded import site

    ours = [sys.executable, "-m", "webapp"]
    return site.run(settings, _say, prepare=[*ours, "prepare"], check=[*ours, "check"])


def _with_site(settings: config.Settings, command: str) -> int:
    """Import the application, which the supervising process does without."""
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.app import create_app
    from webapp.billing.plans import PlansError
    from webapp.core.errors import CodeshelfError
    from webapp.embedded.prepare import database_trouble, prepare

    try:
        app = create_app(settings)
        if command == "prepare":
            prepare(app, _say)
    except PlansError as error:
        return _refuse(str(error))
    except SQLAlchemyError as error:
        return _refuse(database_trouble(error, settings))
    except CodeshelfError as error:
        return _refuse(error.message)
    return 0


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # no one may be reading
        print(line, flush=True)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return EXIT_CODE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
