"""`flask billing grant | grants | revoke`: a plan given by staff, its record, and clear errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.support import people
from webapp.auth import stamps
from webapp.auth.models import AuditEvent
from webapp.billing import service as billing
from webapp.core import clock
from webapp.extensions import db, redis

ALICE = "alice@example.org"


@pytest.fixture
def run(database):
    people.add_reader(database, ALICE)

    def run(*arguments: str, code: int = 0) -> str:
        result = database.test_cli_runner().invoke(args=["billing", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return run


def in_days(count: int) -> str:
    return (clock.today() + timedelta(days=count)).isoformat()


def test_a_grant_lasts_to_the_end_of_its_last_day(database, run):
    assert "pro from" in run("grant", ALICE, "pro", "--until", in_days(30))
    with database.app_context():
        entitled = billing.entitlement_of(1)
        assert entitled.plan.key == "pro"
        assert entitled.until == datetime.fromisoformat(in_days(31)).replace(tzinfo=UTC)


def test_an_address_is_found_however_it_is_typed(run):
    assert "pro" in run("grant", "Alice+codes@Example.org", "pro")


def test_a_grant_and_its_end_leave_a_record_and_move_the_stamp(database, run):
    run("grant", ALICE, "pro", "--comp", "--note", "for a talk")
    assert int(redis.client.get(stamps.key(1))) == 1
    assert "pro" in run("grants", ALICE)
    assert "Ended" in run("revoke", "1")
    assert int(redis.client.get(stamps.key(1))) == 2
    run("revoke", "1")
    assert int(redis.client.get(stamps.key(1))) == 2
    with database.app_context():
        kinds = db.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)).all()
        assert [kind for kind in kinds if kind.startswith("entitlement")] == [
            "entitlement.granted",
            "entitlement.revoked",
        ]
        assert billing.entitlement_of(1).plan.key == "free"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grant", "nobody@example.org", "pro"), "no reader has the address"),
        (("grant", ALICE, "gold"), "is no plan that can be granted"),
        (("grant", ALICE, "free"), "is no plan that can be granted"),
        (("grant", ALICE, "pro", "--until", "2020-01-01"), "would end before it begins"),
        (("revoke", "77"), "there is no grant 77"),
        (("grants", "nobody@example.org"), "no reader has the address"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(database, run, arguments, sentence):
    assert sentence in run(*arguments, code=1)
    with database.app_context():
        assert billing.grants_of(1) == []


def test_a_reader_without_grants_is_told_so(run):
    assert "was never given a plan" in run("grants", ALICE)
