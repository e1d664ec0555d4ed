"""What is loaded of every dataset, what is missing or out of date, and telling staff when a release is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from webapp.auth.models import User
from webapp.codes.datasets.catalogue import DATASETS, NCHS, Cadence
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.importers.registry import IMPORTERS, PTP
from webapp.codes.models import Release
from webapp.codes.uploads.models import CatalogueReminder
from webapp.core import clock
from webapp.extensions import db, insert_into
from webapp.mail import service as mail

ICD10CM = "icd10cm"
AHEAD = timedelta(days=14)
"""How long before its first day staff are told of a release of ICD-10-CM, which must be there on that day."""

NCCI = "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits"
FEE_SCHEDULE = "https://www.cms.gov/medicare/payment/fee-schedules/physician/pfs-relative-value-files"
PAYMENT = "https://www.cms.gov/medicare/payment/prospective-payment-systems"
CODING = "https://www.cms.gov/medicare/coding-billing"
PLACES = {
    ICD10CM: f"{CODING}/icd-10-codes",
    "gem": f"{CODING}/icd-10-codes",
    "hcpcs": f"{CODING}/healthcare-common-procedure-system/quarterly-update",
    "mpfs": FEE_SCHEDULE,
    "gpci": FEE_SCHEDULE,
    "locality": FEE_SCHEDULE,
    "anesthesia": FEE_SCHEDULE,
    "oppscap": FEE_SCHEDULE,
    "opps": f"{PAYMENT}/hospital-outpatient-pps/quarterly-addenda-updates",
    "asc": f"{PAYMENT}/ambulatory-surgical-center-asc/asc-payment-rates-addenda",
    "aoc": f"{NCCI}/medicare-ncci-add-code-edits",
    "ptp": f"{NCCI}/medicare-ncci-procedure-procedure-ptp-edits",
    "mue": f"{NCCI}/medicare-ncci-medically-unlikely-edits-mues",
    "rbcs": "https://data.cms.gov/provider-summary-by-type-of-service/provider-service-classifications",
    "hcc": "https://www.cms.gov/medicare/payment/medicare-advantage-rates-statistics/risk-adjustment",
    "pos": f"{CODING}/place-of-service-codes",
    "ccs": "https://hcup-us.ahrq.gov/tools_software.jsp",
    "ccsr": "https://hcup-us.ahrq.gov/tools_software.jsp",
}
"""Where publishers offer the files of a source; what begins like a key is there too."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One dataset as staff see it. `current` is what holds on the day, `newest` may begin after it."""

    key: str
    source: str
    name: str
    publisher: str
    cadence: Cadence
    current: DatasetRelease | Release | None
    newest: DatasetRelease | Release | None
    day: date

    @property
    def ended(self) -> bool:
        """Whether the release that holds is past its last day."""
        return self.current is not None and self.current.valid_to is not None and self.current.valid_to < self.day

    @property
    def due(self) -> bool:
        """Whether the publisher's next release should be there, and is not loaded."""
        if self.newest is None or self.newest.valid_to is None or self.cadence == "never":
            return False
        ahead = AHEAD if self.source.startswith(ICD10CM) else timedelta(0)
        return self.day > self.newest.valid_to - ahead

    @property
    def age(self) -> int | None:
        """Days since the first valid day of the release that holds."""
        return (self.day - self.current.valid_from).days if self.current is not None else None

    @property
    def can_be_loaded(self) -> bool:
        return self.source in IMPORTERS or self.source == PTP


def shelves(day: date) -> list[Shelf]:
    """Return the lists of codes, then every dataset in the catalogue's order."""
    return [*_listings(day), *_datasets(day)]


def latest(found: Iterable[Shelf]) -> dict[str, date]:
    """Return the first valid day of the latest release of each source that has one: what a roll-back takes away."""
    days: dict[str, date] = {}
    for shelf in found:
        if shelf.newest is not None:
            days[shelf.source] = max(days.get(shelf.source, shelf.newest.valid_from), shelf.newest.valid_from)
    return days


def place(source: str) -> str:
    """Return where the publisher offers the files of a source, empty where they are licensed or in no one place."""
    return next((address for key, address in PLACES.items() if source == key or source.startswith(f"{key}-")), "")


def remind() -> None:
    """Write the mails of what is due to all staff, once for each source and release, in the running transaction."""
    staff = list(db.session.scalars(select(User).where(User.is_staff, User.closed_at.is_(None))))
    by_release: dict[tuple[str, str], list[Shelf]] = {}
    for shelf in shelves(clock.today()) if staff else ():
        if shelf.due and shelf.newest is not None:
            by_release.setdefault((shelf.source, shelf.newest.name), []).append(shelf)
    for (source, release), found in by_release.items():
        if _is_news(source, release):
            for user in staff:
                mail.send(user.email, "release_due", f"due:{user.id}:{source}:{release}", **_told(found))


def _is_news(source: str, release: str) -> bool:
    """Note that staff are told of a release; False if they were before."""
    note = insert_into(CatalogueReminder).values(source=source, release=release, told_at=clock.now())
    noted = note.on_conflict_do_nothing(index_elements=["source", "release"]).returning(CatalogueReminder.source)
    return db.session.scalars(noted).one_or_none() is not None


def _told(found: list[Shelf]) -> dict[str, object]:
    first = found[0]
    return {"shelves": found, "shelf": first, "release": first.newest, "place": place(first.source)}


def _datasets(day: date) -> Iterable[Shelf]:
    current: dict[str, DatasetRelease] = {}
    newest: dict[str, DatasetRelease] = {}
    for release in db.session.scalars(select(DatasetRelease).order_by(DatasetRelease.valid_from)):
        newest[release.dataset] = release
        if release.valid_from <= day:
            current[release.dataset] = release
    for key, each in DATASETS.items():
        yield Shelf(key, each.source, each.name, each.publisher, each.cadence, current.get(key), newest.get(key), day)


def _listings(day: date) -> Iterable[Shelf]:
    """Yield sources that fill no dataset, but bring the codes themselves."""
    for source in sorted(IMPORTERS.keys() - {each.source for each in DATASETS.values()}):
        rows = select(Release).where(Release.source == source).order_by(Release.valid_from, Release.id)
        loaded = list(db.session.scalars(rows))
        current = next((each for each in reversed(loaded) if each.valid_from <= day), None)
        newest = loaded[-1] if loaded else None
        yield Shelf(source, source, IMPORTERS[source].summary, NCHS, "half-year", current, newest, day)
