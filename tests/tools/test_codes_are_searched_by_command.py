"""`flask case2code search`: for people, and line by line for programs, without Redis and without a running site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.support import shelf, sites


def run(app: Flask, *arguments: str, given: str | bytes = "") -> Result:
    return app.test_cli_runner().invoke(args=["case2code", "search", *arguments], input=given)


def answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_people_see_codes_and_why(shelf_app: Flask) -> None:
    result = run(shelf_app, "honeyd", "veins", "--limit", "1")
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "E11.A     Sweet blood of its own kind"
    assert "found by inclusion term: Honeyed veins, honeyd read as honeyed" in result.output
    assert run(shelf_app, "bowel", "--system", "icd-10-cm").output == ""


def test_each_line_gets_its_line(shelf_app: Flask) -> None:
    lines = [{"id": 7, "q": "broken radius"}, {"id": "x", "q": "zzzzz"}, {"q": "bowel"}]
    result = run(shelf_app, "--jsonl", "--limit", "2", given="\n".join(map(json.dumps, lines)) + "\n\n")
    first, second, third = answers(result)
    assert result.exit_code == 0
    assert first["id"] == 7
    best = first["results"][0]  # type: ignore[index]
    assert best.pop("score") > 0.5
    assert best == {"code": "S52.501", "system": "icd-10-cm", "title": "Broken radius", "why": "title"}
    assert second == {"id": "x", "results": []}
    assert third["id"] is None
    assert third["results"][0]["code"] == "G0105"  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "this line is no JSON in UTF-8"),
        (b"\xff\xfe", "this line is no JSON in UTF-8"),
        (b"[" * 100_000, "this line is no JSON in UTF-8"),
        (b"[1]", "this line is no JSON object"),
        (b'{"id": 3}', '"q" is missing or no text'),
        (b'{"id": 3, "q": 4}', '"q" is missing or no text'),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(shelf_app: Flask, line: bytes, error: str) -> None:
    result = run(shelf_app, "--jsonl", given=line + b'\n{"id": 2, "q": "bowel"}\n')
    bad, good = answers(result)
    assert bad == {"id": 3 if b'"id"' in line else None, "error": error}
    assert (good["id"], bool(good["results"])) == (2, True)
    assert result.exit_code == 1


@pytest.mark.parametrize("query", ["", "\x00", "\ud800", "x" * 100_000, "💊", "; . \t"])
def test_any_text_is_a_query(shelf_app: Flask, query: str) -> None:
    result = run(shelf_app, "--jsonl", given=json.dumps({"id": 1, "q": query}))
    assert result.exit_code == 0
    assert answers(result)[0]["id"] == 1


def test_words_or_lines_and_not_both(shelf_app: Flask) -> None:
    assert run(shelf_app).exit_code == run(shelf_app, "a", "--jsonl").exit_code == 2
    assert run(shelf_app, "a", "--on", "someday").exit_code == 2
    assert run(shelf_app, "a", "--limit", "0").exit_code == 2


def test_codes_of_a_day_may_be_asked_for(shelf_app: Flask) -> None:
    assert run(shelf_app, "sweet", "blood", "--on", "2001-01-01").output == ""
    assert "E11" in run(shelf_app, "sweet", "blood").output


def test_without_an_index_the_command_says_what_builds_it(app: Flask) -> None:
    result = run(app, "sweet")
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no search index here yet: flask codes terms builds it.\n",
    )
    assert app.test_cli_runner().invoke(args=["codes", "terms"]).output == "The search index is built.\n"
    again = app.test_cli_runner().invoke(args=["codes", "terms"])
    assert again.output == "The search index is up to date, nothing to do.\n"


@pytest.mark.slow
def test_a_program_gets_each_answer_at_once_and_needs_no_redis(shelf_app: Flask, tmp_path: Path) -> None:
    environ = sites.environ(tmp_path, REDIS_URL="redis://127.0.0.1:9/0")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "case2code", "search", "--jsonl"]
    with subprocess.Popen(
        command, cwd=sites.ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(json.dumps({"id": number, "q": shelf.CODES[number]}) + "\n")
            running.stdin.flush()
            answer = json.loads(running.stdout.readline())
            assert (answer["id"], answer["results"][0]["code"]) == (number, shelf.CODES[number])
        running.stdin.close()
        assert running.wait(30) == 0
