"""Logins with their entitlement, cached in Redis: one round trip a request, no database query while nothing changes.

Beside each cached login lies a stamp of its reader, raised after every commit that changes a login, the staff flag or
a grant. A cached login counts only under the stamp it was read with; the stamp is read before the database, so that
an answer older than a change never counts after it.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import timedelta

from webapp.auth import sessions, stamps
from webapp.auth.tasks import note_visit
from webapp.billing import service as billing
from webapp.core import clock
from webapp.extensions import RedisClient, RedisUnavailable
from webapp.jobs.queue import enqueue

CACHED_SECONDS = 300
FORMAT = 2
"""Part of the key: raised with every change of `Login`, so that two versions of the site never read each other's."""
TOUCH_AFTER = timedelta(minutes=5)
NEVER = 1e18


@dataclass(frozen=True, slots=True)
class Login:
    """A reader's login with what they are entitled to. `valid_until`: unix seconds until which this may be believed.

    `unpaid_plan` is the plan whose payment failed, empty if all is paid; `open_until` (unix seconds) ends its grace.
    """

    user_id: int
    session_id: int
    email: str
    staff: bool
    plan_key: str
    valid_until: float
    unpaid_plan: str = ""
    open_until: float = 0.0


def current(cookie: str | None, redis: RedisClient) -> Login | None:
    """Return the login that a session cookie stands for, or None. One Redis round trip when cached."""
    named = sessions.parse_cookie(cookie)
    if named is None:
        return None
    try:
        stamp, login = _look(named, redis)
    except RedisUnavailable:
        return _from_database(*named)
    if login is None:
        login = _from_database(*named)
        if login is not None:
            _keep(redis, named, stamp, login)
    return login


def cached(cookie: str, redis: RedisClient) -> Login | None:
    """Return the login if it is cached and holds; None tells nothing. One Redis round trip, no database."""
    named = sessions.parse_cookie(cookie)
    try:
        return _look(named, redis)[1] if named else None
    except RedisUnavailable:
        return None


def _look(named: tuple[int, str], redis: RedisClient) -> tuple[int, Login | None]:
    """Return the reader's stamp and the cached login that holds under it."""
    stamp, packed = redis.command("MGET", stamps.key(named[0]), _key(named))
    login = _unpack(packed, int(stamp or 0)) if packed is not None else None
    if login is not None and login.valid_until <= clock.now().timestamp():
        login = None
    return int(stamp or 0), login


def _key(named: tuple[int, str]) -> str:
    return f"login:{{{named[0]}}}:{FORMAT}:{named[1]}"


def _unpack(packed: bytes | str, stamp: int) -> Login | None:
    kept_stamp, *fields = json.loads(packed)
    return Login(*fields) if kept_stamp == stamp else None


def _keep(redis: RedisClient, named: tuple[int, str], stamp: int, login: Login) -> None:
    packed = json.dumps([stamp, *astuple(login)])
    try:
        redis.call(lambda client: client.set(_key(named), packed, ex=CACHED_SECONDS))
    except RedisUnavailable:
        return


def _from_database(user_id: int, token_hash: str) -> Login | None:
    live = sessions.find_live(user_id, token_hash)
    if live is None:
        return None
    entitled, trouble = billing.entitlement_of(user_id), billing.payment_trouble(user_id)
    ends = [moment.timestamp() for moment in (live.expires_at, entitled.stands_until) if moment]
    if live.last_seen_at < clock.now() - TOUCH_AFTER:
        enqueue(note_visit, live.session_id)  # a read must never wait for a writer
    return Login(
        live.user_id,
        live.session_id,
        live.email,
        live.is_staff,
        entitled.plan.key,
        min(ends, default=NEVER),
        trouble.plan_key if trouble else "",
        trouble.until.timestamp() if trouble else 0.0,
    )
