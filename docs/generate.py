"""Write the parts of the documentation that follow from the code: the table of settings.

Run `python docs/generate.py` after changing config.py. The result depends on config.py alone, so running it twice
changes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

DOCS = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))

import config  # noqa: E402

START, END = "<!-- settings:start -->", "<!-- settings:end -->"
HEADER = "| Setting | Value | Default | Meaning |\n| --- | --- | --- | --- |\n"


def settings_table() -> str:
    """Return the Markdown table of every setting, in the order of config.Settings."""
    return HEADER + "".join(_row(name, field) for name, field in config.Settings.model_fields.items())


def rewritten(page: str) -> str:
    """Return the page with the table between its markers made anew. Errors: ValueError if a marker is missing."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page lacks {START} or {END}")
    return f"{before}{START}\n\n{settings_table()}\n{END}{after}"


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{name.upper()}`", _value(field), _default(field.default), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _value(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "list"
    if kind is bool:
        return "`true`, `false`"
    if kind is int:
        return _range(field)
    if kind is Path:
        return "path"
    return "secret" if kind is SecretStr else "text"


def _range(field: FieldInfo) -> str:
    low = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
    if low is None:
        return "number"
    return f"number from {low}" + (f" to {high}" if high is not None else "")


def _default(value: Any) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, Path):
        text = text.relative_to(config.ROOT) if text.is_absolute() else text
    if isinstance(text, bool):
        text = str(text).lower()
    return f"`{text}`" if str(text) and text != () else "none"


def main() -> None:
    page = DOCS / "settings.md"
    page.write_text(rewritten(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
