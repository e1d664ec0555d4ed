"""Sixteen readers while releases come: no error, and no page that is half of one release and half of another."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace

import pytest
from flask import Flask

from tests.codes import level_two
from tests.support import people
from webapp.codes import pages
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import hcpcs
from webapp.codes.importers.files import SourceFile
from webapp.extensions import transaction

READERS, GENERATIONS = 16, 6
PAGE = "/codes/hcpcs/A0001"
NAMED = re.compile(r"generation (\d+)")


def edition(number: int) -> SourceFile:
    """The file with a number in its titles, which stand in the codes and in their data."""
    codes = [replace(each, long=f"{each.code} of generation {number}") for each in level_two.CODES]
    return level_two.text_file(codes)


@pytest.mark.slow
def test_every_page_is_of_one_release(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STAMP_SECONDS", 0.0)  # each request looks for a new release, and renders it
    with database.app_context(), transaction():
        loading.load(edition(0), hcpcs.read(edition(0), Given()))
    reader_id = people.add_reader(database, "pro@example.org", "pro")
    seen: Counter[object] = Counter()
    over = threading.Event()

    def read(client) -> None:
        while not over.is_set():
            answer = client.get(PAGE)
            named = set(NAMED.findall(answer.text))
            seen[answer.status_code if answer.status_code != 200 else tuple(sorted(named))] += 1

    readers = [threading.Thread(target=read, args=(people.client_for(database, reader_id),)) for _ in range(READERS)]
    for each in readers:
        each.start()
    try:
        for number in range(1, GENERATIONS):
            with database.app_context(), transaction():
                loading.load(edition(number), hcpcs.read(edition(number), Given()))
    finally:
        over.set()
        for each in readers:
            each.join()
    assert all(isinstance(key, tuple) and len(key) == 1 for key in seen), seen
    assert len(seen) > 2
    last = people.client_for(database, reader_id).get(PAGE).text
    assert set(NAMED.findall(last)) == {str(GENERATIONS - 1)}
