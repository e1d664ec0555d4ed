"""Code pages as bytes: rendered once for each release, plan and wall, and filled in with what differs by reader.

Nothing here is kept by reader: two places stay open in the rendered page, the header's account links and the meter's
banner, and both come from small texts that many readers share.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from webapp.access.policy import Admission, Target, Usage
from webapp.access.sentences import PATH_SLOT, Wall, notice, wall
from webapp.access.visitor import Visitor
from webapp.billing.plans import PlanCatalogue
from webapp.codes import rendition, seo, service
from webapp.codes.document import Document, parse
from webapp.core import clock

PAGES_KEPT = 2048
TARGETS_KEPT = 65_536
STAMP_SECONDS = 1.0
"""How long a process may show the catalogue as it was before a release was loaded."""

NAV_SLOT = "<!--slot:account-->"
BANNER_SLOT = "<!--slot:banner-->"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's bytes around its two open places."""

    before_nav: bytes
    before_banner: bytes
    after_banner: bytes


class CodePages:
    """Finds and renders code pages for one application."""

    def __init__(self, plans: PlanCatalogue, public_url: str) -> None:
        self._plans, self._public_url = plans, public_url
        self._stamp, self._stamp_due = "", 0.0
        self._target = functools.lru_cache(maxsize=TARGETS_KEPT)(_target)
        self._rendered = functools.lru_cache(maxsize=PAGES_KEPT)(self._render)
        self._nav = functools.lru_cache(maxsize=16)(_nav)
        self._banner = functools.lru_cache(maxsize=1024)(self._render_banner)

    def target(self, system: str, key: str) -> Target | None:
        """Return what opening the page of a canonical key asks for, None if there is no such page."""
        return self._target(self._current_stamp(), system, key)

    def html(self, system: str, key: str, visitor: Visitor, admission: Admission) -> bytes:
        """Return the page as `admission` allows it."""
        path = path_of(system, key)
        what = admission.plan.key, admission.full, wall(admission, self._plans)
        page = self._rendered(self._current_stamp(), system, key, clock.today().isoformat(), *what)
        nav = self._nav(visitor.signed_in, visitor.plan_name).replace(PATH_SLOT, path)
        banner = ""
        if admission.usage is not None:
            banner = self._banner(admission.plan.key, admission.usage).replace(PATH_SLOT, path)
        return b"".join((page.before_nav, nav.encode(), page.before_banner, banner.encode(), page.after_banner))

    def _current_stamp(self) -> str:
        if time.monotonic() >= self._stamp_due:
            try:
                self._stamp = service.catalogue_stamp()
            except SQLAlchemyError:
                if not self._stamp:
                    raise
                # The database is away: pages rendered before are still right.
            self._stamp_due = time.monotonic() + STAMP_SECONDS
        return self._stamp

    def _render(
        self, _stamp: str, system: str, key: str, today: str, plan_key: str, full: bool, barrier: Wall | None
    ) -> Rendered:
        packed = service.document(system, key)
        if packed is None:
            raise LookupError(f"the page {system} {key} is gone")
        document, plan = parse(packed), self._plans[plan_key]
        path = path_of(system, key)
        shown = rendition.entries(document, plan, self._plans)
        metered = document.billable and self._plans.is_metered(system)
        canonical = self._public_url + path
        html = render_template(
            "codes/code.html",
            doc=rendition.prune(document, shown) if full else rendition.preview(document),
            contents=shown if full else [],
            preview=not full,
            wall=barrier,
            ended=ended(document, today),
            json_ld=seo.json_ld(document, shown, canonical, metered=metered),
            canonical=canonical,
            noarchive=metered,
            account_nav=Markup(NAV_SLOT),  # noqa: S704 - a constant of ours
            banner=Markup(BANNER_SLOT),  # noqa: S704 - a constant of ours
        ).replace(PATH_SLOT, path)
        before_nav, rest = html.split(NAV_SLOT)
        before_banner, after_banner = rest.split(BANNER_SLOT)
        return Rendered(before_nav.encode(), before_banner.encode(), after_banner.encode())

    def _render_banner(self, plan_key: str, usage: Usage) -> str:
        return render_template("parts/banner.html", notice=notice(self._plans[plan_key], self._plans, usage))


def path_of(system: str, key: str) -> str:
    """Return the path of a code page. Keys hold only characters that need no quoting."""
    return f"/codes/{system}/{key}"


def ended(document: Document, today: str) -> str:
    """Say that a page's release has ended; empty while it has not. Dates are ISO texts."""
    if document.release_to and today > document.release_to:
        return (
            f"The release {document.release} ended on {document.release_to}. "
            "Check a current release before you use this code for a later date of service."
        )
    return ""


def _target(_stamp: str, system: str, key: str) -> Target | None:
    found = service.resolve(system, key)
    if found is None or found.key != key:
        return None
    return Target(system, found.meter_id, found.billable)


def _nav(signed_in: bool, plan_name: str) -> str:
    return render_template("parts/account_nav.html", visitor={"signed_in": signed_in, "plan_name": plan_name})
