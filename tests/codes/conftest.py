"""Catalogues that tests of this package stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.codes import tabular
from tests.support import kept
from webapp.codes import loader
from webapp.codes.terms import keeping
from webapp.extensions import transaction


@pytest.fixture
def empty(database: Flask) -> Iterator[Flask]:
    """An application without any release, with its context."""
    with database.app_context():
        yield database


@pytest.fixture
def catalogue(empty: Flask) -> Flask:
    """An application with the made-up tabular list loaded, with its context."""

    def load() -> None:
        with transaction():
            loader.load(tabular.listing())
        keeping.keep()

    kept.filled(empty, "tabular", load)
    return empty
