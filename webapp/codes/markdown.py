"""Articles as written: Markdown with front matter, checked, and made into sections of a page.

A file holds front matter between lines of three hyphens, then level-2 headings that name the sections. What stands
under `Procedure` may hold one ordered list: its items are the steps (`Establishing access — text`, with or without
`Step 1:` before it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import nh3
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from webapp.codes.document import Block, Section, Step
from webapp.codes.listing import FileRefused

HEADINGS = {
    "Common language description": "common_language",
    "Indications": "indications",
    "Procedure": "procedure",
    "Post-procedure": "post_procedure",
}
TEXT_KEYS = ("system", "code", "title", "author")
KEYS = (*TEXT_KEYS, "updated", "sources")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
STEP = re.compile(r"\s*(?:Step\s+\d+\s*[:.]\s*)?(?P<title>[^—<>&]{1,120}?)\s+—\s+(?P<rest>.+)", re.DOTALL)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{,19}")
"""What can end the address of a code's page."""
LONGEST_AUTHOR = 200
TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "a", "br", "h3", "h4", "blockquote", "sub", "sup"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Written:
    """One article, checked. `markdown` is the whole file."""

    system: str
    code: str
    title: str
    author: str
    updated: date
    sources: list[str]
    sections: list[Section]
    markdown: str


def parse_article(text: str, name: str) -> Written:
    """Check an article and make its sections. Errors: FileRefused naming `name` and the line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if found := UNSTORABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise FileRefused(f"{name}, line {line}: it holds a NUL character or half a surrogate pair.")
    head = FRONT_MATTER.match(text)
    if not head:
        raise FileRefused(f"{name}, line 1: an article begins with front matter between two lines of ---.")
    meta = _front_matter(head[1], name)
    sections = _sections(text[head.end() :], text[: head.end()].count("\n"), name)
    if not sections:
        raise FileRefused(f"{name} has no section; each begins with a heading such as “## Indications”.")
    return Written(**meta, sections=sections, markdown=text)


def _front_matter(text: str, name: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark else ""
        raise FileRefused(f"{name}{line}: the front matter is no YAML.") from None
    except RecursionError:
        raise FileRefused(f"{name}, line 2: the front matter is nested too deeply.") from None
    except ValueError as error:  # a date such as 2026-13-01
        raise FileRefused(f"{name}: the front matter holds a value that is none: {error}.") from None
    if not isinstance(raw, dict):
        raise FileRefused(f"{name}, line 2: the front matter holds no keys.")
    for key in raw:
        if key not in KEYS:
            raise FileRefused(f"{name}, line {_line_of(key, text)}: {key!r} is no key of an article.")
    for key in TEXT_KEYS:
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise FileRefused(f"{name}, line {_line_of(key, text)}: {key!r} is missing or no text.")
        if not raw[key].strip().isprintable():
            raise FileRefused(f"{name}, line {_line_of(key, text)}: {key!r} holds characters that cannot be printed.")
    if not CODE.fullmatch(raw["code"].strip()):
        raise FileRefused(f"{name}, line {_line_of('code', text)}: {raw['code'][:40]!r} is written like no code.")
    if len(raw["author"].strip()) > LONGEST_AUTHOR:
        at = _line_of("author", text)
        raise FileRefused(f"{name}, line {at}: the author is longer than {LONGEST_AUTHOR} characters.")
    if type(raw.get("updated")) is not date:
        raise FileRefused(f"{name}, line {_line_of('updated', text)}: 'updated' is no date such as 2026-11-21.")
    sources = raw.get("sources") or []
    if not isinstance(sources, list) or not all(isinstance(each, str) and each.isprintable() for each in sources):
        raise FileRefused(f"{name}, line {_line_of('sources', text)}: 'sources' is no list of printable texts.")
    return {**{key: raw[key].strip() for key in TEXT_KEYS}, "updated": raw["updated"], "sources": sources}


def _line_of(key: object, front_matter: str) -> int:
    lines = front_matter.splitlines()
    return next((number for number, line in enumerate(lines, 2) if line.startswith(f"{key}:")), 1)


def _sections(text: str, lines_before: int, name: str) -> list[Section]:
    sections: list[Section] = []
    tokens = PARSER.parse(text)
    starts = [at for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    if tokens and (not starts or starts[0] > 0):
        raise FileRefused(f"{name}, line {_line(tokens[0], lines_before)}: text stands before the first section.")
    for at, end in pairwise([*starts, len(tokens)]):
        heading, line = tokens[at + 1].content.strip(), _line(tokens[at], lines_before)
        key = HEADINGS.get(heading)
        if key is None:
            raise FileRefused(f"{name}, line {line}: “{heading[:60]}” is no section; known are {', '.join(HEADINGS)}.")
        if any(section.key == key for section in sections):
            raise FileRefused(f"{name}, line {line}: the section “{heading}” stands there twice.")
        blocks = _blocks(tokens[at + 3 : end], steps=key == "procedure")
        if not blocks:
            raise FileRefused(f"{name}, line {line}: the section “{heading}” is empty.")
        sections.append(Section(key, blocks))
    return sections


def _line(token: Token, lines_before: int) -> int:
    return lines_before + 1 + (token.map[0] if token.map else 0)


def _blocks(tokens: list[Token], *, steps: bool) -> list[Block]:
    """Return prose and, where there may be steps, each outer ordered list as steps."""
    blocks = []
    at = 0
    for start, end in _outer_lists(tokens) if steps else ():
        blocks.extend(_prose(tokens[at:start]))
        blocks.append(Block("steps", steps=[_step(item) for item in _items(tokens[start + 1 : end])]))
        at = end + 1
    return [*blocks, *_prose(tokens[at:])]


def _outer_lists(tokens: list[Token]) -> list[tuple[int, int]]:
    opens = [at for at, token in enumerate(tokens) if token.type == "ordered_list_open" and token.level == 0]
    closes = [at for at, token in enumerate(tokens) if token.type == "ordered_list_close" and token.level == 0]
    return list(zip(opens, closes, strict=True))


def _items(tokens: list[Token]) -> list[list[Token]]:
    opens = [at for at, token in enumerate(tokens) if token.type == "list_item_open" and token.level == 1]
    closes = [at for at, token in enumerate(tokens) if token.type == "list_item_close" and token.level == 1]
    return [tokens[start + 1 : end] for start, end in zip(opens, closes, strict=True)]


def _step(tokens: list[Token]) -> Step:
    """Return one step: its title is what stands before the dash."""
    html = _html(tokens).strip()
    inner = html.removeprefix("<p>")
    found = STEP.fullmatch(inner)
    if not found:
        return Step("", html)
    rest = found["rest"]
    return Step(found["title"].strip(), f"<p>{rest}" if rest.rstrip().endswith("</p>") else f"<p>{rest}</p>")


def _prose(tokens: list[Token]) -> list[Block]:
    return [Block("prose", html=html)] if (html := _html(tokens).strip()) else []


def _html(tokens: list[Token]) -> str:
    """Render tokens and leave only harmless markup."""
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    return nh3.clean(html, tags=TAGS, attributes={"a": {"href", "title"}}, url_schemes={"https", "http", "mailto"})
