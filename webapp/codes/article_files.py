"""Articles from a folder of Markdown files, `<system>/<code>.md`."""

from __future__ import annotations

from pathlib import Path

from webapp.codes import article_history, articles, releases
from webapp.codes.importers.files import open_source
from webapp.codes.listing import FileRefused
from webapp.codes.markdown import Written, parse_article


def store(folder: Path, *, newer_only: bool = False) -> tuple[int, int]:
    """Store the articles of a folder; return how many were read, how many are new or changed.

    `newer_only` passes over what is stored with the same or a later date, and codes that no release has.
    Errors: FileRefused naming file and line.
    """
    written = read(folder)
    chosen = [article for article in written if not newer_only or articles.has_place_for(article)]
    return len(written), sum(map(store_one, chosen))


def store_one(article: Written) -> bool:
    """Store an article from a file, with a revision. Returns False if the very same one is there."""
    if not articles.store_article(article):
        return False
    code = articles.find_code(releases.system_named(article.system), article.code)
    if code is not None:
        article_history.record(code.id, "imported", article.markdown)
    return True


def read(folder: Path) -> list[Written]:
    """Read and check all articles of a folder. Errors: FileRefused naming file and line."""
    found = []
    for path in sorted(folder.rglob("*.md")):
        name = f"{path.parent.name}/{path.name}"
        article = parse_article("\n".join(open_source(path).lines()) + "\n", name)
        if (article.system, article.code) != (path.parent.name, path.stem):
            raise FileRefused(f"{name}, line 2: the front matter is of {article.system}/{article.code}.")
        found.append(article)
    if not found:
        raise FileRefused(f"{folder} holds no article (*.md).")
    return found
