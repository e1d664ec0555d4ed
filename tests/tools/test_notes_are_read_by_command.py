"""`flask detecticd10cm detect`: lines in, lines out, one by one; without Redis and without a running site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sites import ROOT, environ
from tests.tools import notes

COMMAND = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "detecticd10cm", "detect"]


@pytest.fixture
def data(notes_folder: Path, tmp_path: Path) -> Path:
    notes.copy(notes_folder, tmp_path / "site")
    return tmp_path / "site"


def surroundings(data: Path) -> dict[str, str]:
    return environ(data, REDIS_URL="redis://127.0.0.1:1/0", LOG_LEVEL="warning")


def run(data: Path, text: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *options], cwd=ROOT, env=surroundings(data), input=text, capture_output=True, timeout=60
    )


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_with_its_codes(data: Path) -> None:
    text = "Essential hypertension. Denies chest pain."
    done = run(data, json.dumps({"id": "a", "text": text}).encode() + b'\n\n{"id": 2, "text": ""}\n', "--jsonl")
    assert done.returncode == 0, done.stderr
    first, second = answers(done)
    assert first["id"] == "a"
    assert [(each["code"], each["status"], text[each["start"] : each["end"]]) for each in first["codes"]] == [
        ("I10", "present", "Essential hypertension"),
        ("R07.9", "negated", "chest pain"),
    ]
    assert set(first["codes"][0]) == {"code", "start", "end", "score", "status", "term"}
    assert second == {"id": 2, "codes": []}


def test_setting_and_day_are_options(data: Path) -> None:
    line = b'{"id": 1, "text": "Possible pneumonia."}\n'
    [answer] = answers(run(data, line, "--jsonl", "--setting", "inpatient", "--on", "2026-10-02"))
    assert [(code["code"], code["status"]) for code in answer["codes"]] == [("J18.9", "present")]
    assert answers(run(data, line, "--jsonl", "--on", "1999-01-01")) == [{"id": 1, "codes": []}]


def test_bad_lines_are_told_and_the_others_go_on(data: Path) -> None:
    lines = [
        b"no json",
        b"[1]",
        b'{"id": [1], "text": "a"}',
        b'{"id": "b"}',
        b'{"id": "c", "text": 1}',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"id": 1e999, "text": "a"}',
        json.dumps({"id": "d", "text": "a" * 100_001}).encode(),
        b'{"id": "\\ud800", "text": "Fever\\ud800\\u0000."}',
    ]
    done = run(data, b"\n".join(lines), "--jsonl")
    assert done.returncode == 1
    found = answers(done)
    assert len(found) == len(lines)
    assert all(answer["error"] and "codes" not in answer for answer in found[:-1])
    assert [answer["id"] for answer in found] == [None, None, None, "b", "c", None, None, None, "d", "\ud800"]
    assert [code["code"] for code in found[-1]["codes"]] == ["R50.9"]
    assert done.stderr == b""


def test_an_answer_comes_before_the_next_line_is_sent(data: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--jsonl"], cwd=ROOT, env=surroundings(data), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for number in range(2):
            process.stdin.write(b'{"id": %d, "text": "Fever"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(30) == 0


def test_one_note_is_shown_to_people(data: Path) -> None:
    done = run(data, b"Essential hypertension.\r\nDenies chest pain.")
    lines = [line.split()[:2] for line in done.stdout.decode().splitlines()]
    assert lines == [["I10", "present"], ["R07.9", "negated"]]


def test_without_a_term_store_the_command_says_what_to_do(data: Path) -> None:
    (data / "terms" / "current").unlink()
    done = run(data, b"{}", "--jsonl")
    assert done.returncode == 1
    assert b"flask codes terms" in done.stderr
    assert b"Traceback" not in done.stderr
