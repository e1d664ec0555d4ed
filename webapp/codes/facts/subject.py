"""What a data section is made from: a code's document, what the datasets say of it on a day, and from which release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.codes.datasets import reading
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.reading import Facts
from webapp.codes.datasets.releases import Held
from webapp.codes.document import Block, Cell, Document, Reference, ReleaseShown
from webapp.core.dates import long_date

ICD10CM, HCPCS, CPT = "icd-10-cm", "hcpcs", "cpt"


@dataclass(frozen=True, slots=True)
class Subject:
    """One code on one day. `releases` are the releases that hold on it, by dataset."""

    document: Document
    facts: Facts
    on: date
    releases: Mapping[str, Held]

    @property
    def code(self) -> str:
        """The plain code: in capitals, without dots."""
        return self.facts.code

    def source(self, dataset: str) -> str:
        """Name a dataset and its release, with its last day where that has passed."""
        release = self.releases.get(dataset)
        name = DATASETS[dataset].name
        if release is None:
            return name
        ended = f", ended {long_date(release.valid_to)}" if release.valid_to and release.valid_to < self.on else ""
        return f"{name}, {release.name}{ended}"

    def others(self, codes: Iterable[str], *datasets: str) -> dict[str, Facts]:
        """Return what datasets say of other codes on the same day."""
        return reading.many(codes, datasets, self.on)

    def table(self, columns: list[str], rows: list[list[Cell]], *datasets: str) -> Block:
        """Return a table with the datasets that it comes from."""
        return self._told(Block("rows", columns=columns, rows=rows), datasets)

    def prose(self, html: str, dataset: str) -> Block:
        """Return a paragraph with the dataset that it comes from."""
        return self._told(Block("prose", html=html), [dataset])

    def _told(self, block: Block, datasets: Sequence[str]) -> Block:
        block.source = "; ".join(map(self.source, datasets))
        block.releases = [_shown(self.releases[dataset]) for dataset in datasets if dataset in self.releases]
        return block


def _shown(release: Held) -> ReleaseShown:
    last = release.valid_to.isoformat() if release.valid_to else ""
    return ReleaseShown(DATASETS[release.dataset].name, release.name, release.valid_from.isoformat(), last)


def reference(system: str, code: str) -> Reference:
    """Return a link to a code; `code` may be written without its dot."""
    key = f"{code[:3]}.{code[3:]}" if system == ICD10CM and len(code) > 3 and "." not in code else code
    return Reference(system, key)


def procedure(code: str) -> Reference:
    """Return a link to a CPT or HCPCS code."""
    return reference(HCPCS if code[:1].isalpha() else CPT, code)
