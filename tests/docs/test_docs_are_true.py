"""The documentation says what the code does: nothing is missing from it, and nothing in it has gone."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from flask import Flask

import config
from webapp.billing import plans

DOCS = config.ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *config.ROOT.glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_cells(page: str) -> list[str]:
    """The code spans in the first cell of every table row of a page."""
    rows = (DOCS / page).read_text("utf-8").splitlines()
    return [found[1] for row in rows if (found := re.match(r"\| `([^`]+)` \|", row))]


def commands(group: click.Group, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def anchors(text: str) -> set[str]:
    """Anchors that headings get on a code host: lower case, blanks to hyphens, other marks left out."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_in_the_table_and_the_table_is_up_to_date(generate: ModuleType) -> None:
    page = (DOCS / "settings.md").read_text("utf-8")
    assert generate.rewritten(page) == page, "run: python docs/generate.py"
    assert [name.lower() for name in first_cells("settings.md")] == list(config.Settings.model_fields)


def test_every_setting_has_a_meaning() -> None:
    assert not [name for name, field in config.Settings.model_fields.items() if not field.description]


def test_every_route_is_documented_and_no_other(app: Flask) -> None:
    assert sorted(first_cells("routes.md")) == sorted({rule.rule for rule in app.url_map.iter_rules()})


def test_the_documented_methods_are_the_real_ones(app: Flask) -> None:
    real: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        real.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    rows = re.findall(r"^\| `([^`]+)` \| ([A-Z, ]+) \|", (DOCS / "routes.md").read_text("utf-8"), re.MULTILINE)
    assert {path: set(methods.split(", ")) for path, methods in rows} == real


def test_every_command_is_documented_and_no_other(app: Flask) -> None:
    ours = {name: command for name, command in app.cli.commands.items() if name != "db"}
    documented = [re.sub(r" (--|[A-Z\[]).*", "", cell) for cell in first_cells("commands.md")]
    assert sorted(documented) == sorted(commands(click.Group(commands=ours), "flask"))


def test_every_direct_dependency_is_documented_and_no_other() -> None:
    project = tomllib.loads((config.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = sorted(re.split(r"[\s\[;<>=!~]", requirement)[0] for requirement in direct)
    assert sorted(first_cells("dependencies.md")) == names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{page.name} links to {target}"


def test_the_index_names_every_page() -> None:
    index = set(LINK.findall((DOCS / "README.md").read_text("utf-8")))
    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} <= index


def test_the_plans_page_shows_a_catalogue_that_loads(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", (DOCS / "plans.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    file = tmp_path / "plans.toml"
    file.write_text('currency = "usd"\n' + example[1], "utf-8")
    catalogue = plans.load(file)
    assert catalogue.guest.unlimited
    assert catalogue.free.unlimited
