"""Uses of tools: exactly the limit under threads and processes, by whoever asks, in the plan's window, given back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, stream_with_context
from sqlalchemy import select

import config
from tests.support import applications, people
from tests.support.processes import forked
from webapp.access.web import current_visitor
from webapp.billing.models import EntitlementGrant
from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.metering.models import QuotaReservation, QuotaUsage
from webapp.tools import quotas

TOOL, LIMIT = "case2code", 50
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"


def cookies(app: Flask, plan: str | None = None, *, staff: bool = False) -> dict[str, str]:
    """The Cookie header of a reader with a plan."""
    reader = people.add_reader(app, f"{plan or 'free'}{'-staff' if staff else ''}@example.org", plan, staff=staff)
    return {"Cookie": f"session={people.session_cookie(app, reader)}"}


def guest(app: Flask) -> dict[str, str]:
    client = app.test_client()
    client.get("/", headers={"User-Agent": BROWSER})
    cookie = client.get_cookie("guest")
    assert cookie is not None
    return {"Cookie": f"guest={cookie.value}", "User-Agent": BROWSER}


@contextlib.contextmanager
def asking(app: Flask, headers: dict[str, str]) -> Iterator[None]:
    """A request of somebody."""
    with app.test_request_context("/tools/case2code", method="POST", headers=headers):
        yield


def try_once(app: Flask, headers: dict[str, str], amount: int = 1) -> bool:
    with asking(app, headers):
        try:
            with quotas.use(TOOL, amount):
                return True
        except quotas.QuotaExceeded:
            return False


def left(app: Flask, headers: dict[str, str]) -> quotas.Left:
    with asking(app, headers):
        return quotas.left(TOOL)


def refused(app: Flask, headers: dict[str, str], amount: int = 1) -> quotas.QuotaExceeded:
    with asking(app, headers), pytest.raises(quotas.QuotaExceeded) as caught, quotas.use(TOOL, amount):
        pass
    return caught.value


def test_threads_get_exactly_the_limit(database: Flask) -> None:
    reader = cookies(database)
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: try_once(database, reader), range(LIMIT + 30)))
    assert granted.count(True) == LIMIT
    assert (left(database, reader).used, left(database, reader).remaining) == (LIMIT, 0)


def try_in_a_process(data: str, redis_url: str, headers: dict[str, str], times: int) -> int:
    app = applications.create_app(applications.settings(DATA=Path(data), REDIS_URL=redis_url))
    granted = sum(try_once(app, headers) for _ in range(times))
    applications.close(app)
    return granted


@pytest.mark.slow
def test_processes_get_exactly_the_limit(app: Flask, tmp_path: Path, redis_url: str) -> None:
    reader = cookies(app)
    with forked().Pool(3) as pool:
        granted = pool.starmap(try_in_a_process, [(str(tmp_path), redis_url, reader, 25)] * 3)
    assert sum(granted) == LIMIT


def test_a_guest_is_known_by_the_cookie(app: Flask) -> None:
    alice, bob = guest(app), guest(app)
    assert try_once(app, alice)
    assert not try_once(app, alice)
    assert try_once(app, bob)


def test_without_a_cookie_nothing_can_be_counted(app: Flask) -> None:
    with asking(app, {"User-Agent": BROWSER}):
        assert quotas.left(TOOL).used == 0
        with pytest.raises(quotas.CookieNeeded, match="Allow cookies") as caught, quotas.use(TOOL):
            pass
    assert caught.value.status == 403


def test_what_raises_uses_nothing(app: Flask) -> None:
    reader = cookies(app)
    with asking(app, reader), pytest.raises(RuntimeError), quotas.use(TOOL, 3):
        raise RuntimeError
    assert left(app, reader).used == 0


def test_what_used_less_gives_the_rest_back(app: Flask) -> None:
    reader = cookies(app)
    with asking(app, reader), quotas.use(TOOL, 10) as held:
        assert quotas.left(TOOL).used == 10  # held is as good as used
        held.settle(4)
    assert left(app, reader).used == 4


def test_staff_and_plans_without_a_limit_are_never_refused(app: Flask) -> None:
    for who in (cookies(app, staff=True), cookies(app, "pro")):
        assert all(try_once(app, who) for _ in range(3))
        found = left(app, who)
        assert (found.limit, found.remaining, found.used, found.sentence) == (None, None, 3, "")
        assert not found.sample_only


def test_a_subscribers_window_runs_from_the_plans_first_day(
    make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_pro(make_app, tmp_path, 'case2code = { limit = 1, period = "anniversary" }')
    reader = cookies(app, "pro")
    with app.app_context(), transaction():
        grant = db.session.scalars(select(EntitlementGrant)).one()
        grant.starts_at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    for now, until in (
        (datetime(2026, 2, 28, 13, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)),
        (datetime(2026, 3, 31, 13, tzinfo=UTC), datetime(2026, 4, 30, 12, tzinfo=UTC)),
    ):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        assert try_once(app, reader)
        assert not try_once(app, reader)
        assert left(app, reader).until == until
    staff = cookies(app, staff=True)  # who has the plan without ever having begun it
    assert left(app, staff).until == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_rolling_window_runs_from_the_first_use(
    make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_pro(make_app, tmp_path, 'case2code = { limit = 1, period = "rolling:10" }')
    reader, first = cookies(app, "pro"), clock.now()
    assert try_once(app, reader)
    begun = first.replace(hour=0, minute=0, second=0, microsecond=0)
    assert left(app, reader).until == begun + timedelta(days=10)
    for days, granted in ((9, False), (10, True), (11, False), (20, True)):
        monkeypatch.setattr(clock, "now", lambda days=days: begun + timedelta(days=days, hours=1))
        assert try_once(app, reader) is granted, days


def with_pro(make_app: Callable[..., Flask], folder: Path, quota_line: str) -> Flask:
    """An application whose plan Pro has another quota of the tool."""
    shipped = (config.ROOT / "plans.toml").read_text()
    line = 'case2code = { limit = "unlimited", period = "anniversary" }'
    assert line in shipped
    (folder / "plans.toml").write_text(shipped.replace(line, quota_line))
    return make_app(PLANS_FILE=folder / "plans.toml")


def test_who_is_refused_is_told_what_is_used_up_until_when_and_what_gives_more(app: Flask) -> None:
    visitor, reader = guest(app), cookies(app)
    try_once(app, visitor)
    error = refused(app, visitor)
    tomorrow = clock.today() + timedelta(days=1)
    assert error.message == (
        f"You have used your one use of Case2Code. There are more on {tomorrow.day} {tomorrow:%B}. "
        "A free account gives 50 uses a month."
    )
    assert error.offer is not None
    assert (error.status, error.offer.text) == (429, "Create a free account")
    few = refused(app, reader, 51)
    assert few.message.startswith("This takes 51 uses of Case2Code. 50 uses left until 1 ")
    assert few.message.endswith(" Pro gives unlimited uses.")
    assert few.offer is not None
    assert few.offer.text == "Upgrade to Pro"
    assert try_once(app, reader, 49)
    assert left(app, reader).sentence.startswith("1 use left until 1 ")
    assert try_once(app, reader)
    assert left(app, reader).sentence.startswith("No use left until 1 ")
    assert refused(app, reader).message.startswith(
        "You have used all 50 of your uses of Case2Code. There are more on 1 "
    )


def test_a_plan_without_the_tool_is_told_which_has_it(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    shipped = (config.ROOT / "plans.toml").read_text()
    changed = shipped.replace('case2code = { limit = 1, period = "day" }\n', "")
    changed = changed.replace('case2code = { limit = 50, period = "month" }\n', "")
    assert changed.count("case2code") == 1
    (tmp_path / "plans.toml").write_text(changed)
    app = make_app(PLANS_FILE=tmp_path / "plans.toml")
    assert refused(app, cookies(app)).message == "Case2Code is not part of your plan. Pro gives unlimited uses."


def test_what_is_held_for_a_stream_ends_exactly_once_also_when_the_client_goes_away(app: Flask) -> None:
    @app.post("/stream")
    def stream() -> object:
        held = quotas.hold(TOOL, 10)

        def parts() -> Iterator[str]:
            done = 0
            try:
                for _ in range(10):
                    done += 1
                    yield "part\n"
            finally:
                held.settle(done)

        return parts() if current_visitor().staff else stream_with_context(parts())

    app.config["WTF_CSRF_ENABLED"] = False
    for who in (cookies(app), cookies(app, staff=True)):
        answer = app.test_client(use_cookies=False).post("/stream", headers=who, buffered=False)
        assert answer.status_code == 200, answer.text
        chunks = iter(answer.response)
        assert [next(chunks), next(chunks), next(chunks)] == [b"part\n"] * 3
        assert left(app, who).used == 10
        answer.close()  # as the server does when the client has gone
        assert left(app, who).used == 3
        answer.close()
    with app.app_context():
        assert set(db.session.scalars(select(QuotaReservation.state))) == {"settled"}


def test_an_amount_ends_once(app: Flask) -> None:
    reader = cookies(app)
    with asking(app, reader):
        held = quotas.hold(TOOL, 5)
        held.settle(2)
        held.release()
        held.settle(5)
    assert left(app, reader).used == 2
    with app.app_context():
        assert db.session.scalars(select(QuotaUsage.tool)).one() == TOOL
