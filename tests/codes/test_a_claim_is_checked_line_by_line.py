"""The rules for service lines, on made-up evidence: pairs and modifiers, units, add-on codes, codes in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from webapp.codes.claims import check, modifiers
from webapp.codes.claims.evidence import AddOn, Evidence, Known, Limit, Span
from webapp.codes.claims.model import Claim, Finding, Line, Report, Setting, Source
from webapp.codes.datasets.ptp_edits import Edit

DAY, OTHER_DAY = date(2026, 8, 3), date(2026, 8, 4)
ALWAYS = Span(date(1966, 1, 1))
PAIR = Edit("45380", "45378", date(2011, 4, 1), None, "1", "Made-up rationale")


def line(number: int, code: str, *given: str, units: int = 1, day: date = DAY) -> Line:
    return Line(number, code, units, given, day)


def source(dataset: str, last: date | None = date(2026, 9, 30)) -> Source:
    return Source(dataset, f"The {dataset} edits", "Q3 2026", date(2015, 1, 1), last)


SOURCES = {
    name: [source(name)]
    for name in ("ptp-practitioner", "ptp-hospital", "mue-practitioner", "mue-hospital", "mue-dme", "aoc", "mpfs")
}
KNOWN = {code: [Known("mpfs", ALWAYS)] for code in ("45378", "45380", "45397", "49327", "36000", "G0105")}
EVIDENCE = Evidence(SOURCES, KNOWN)


def report(*lines: Line, evidence: Evidence = EVIDENCE, setting: Setting = "practitioner", **more: object) -> Report:
    known = replace(evidence, **more)  # type: ignore[arg-type]  # the fields of Evidence
    return check.check(Claim(lines, setting=setting), DAY, known)


def only(found: Report) -> Finding:
    (finding,) = found.findings
    return finding


def test_a_claim_in_order_has_no_findings() -> None:
    found = report(line(1, "45380"), line(2, "36000"), edits=[PAIR])
    assert (found.findings, found.notes) == ([], [])
    assert [each.dataset for each in found.sources] == ["ptp-practitioner", "mue-practitioner", "aoc", "mpfs"]


def test_a_pair_without_a_modifier_is_an_error() -> None:
    finding = only(report(line(1, "45378"), line(2, "45380"), edits=[PAIR]))
    assert (finding.rule, finding.severity, finding.lines, finding.codes) == (
        "ptp",
        "error",
        (1, 2),
        ("45380", "45378"),
    )
    assert "45378 is part of 45380 on 2026-08-03 (Made-up rationale)" in finding.sentence
    assert "add an NCCI modifier" in finding.resolves
    assert str(finding.source) == "The ptp-practitioner edits, Q3 2026"


@pytest.mark.parametrize("modifier", sorted(modifiers.NCCI))
@pytest.mark.parametrize("column", ["45378", "45380"])
def test_an_ncci_modifier_on_either_line_bypasses_a_pair(modifier: str, column: str) -> None:
    given = {column: (modifier,)}
    finding = only(
        report(*(line(at, each, *given.get(each, ())) for at, each in enumerate(("45378", "45380"), 1)), edits=[PAIR])
    )
    assert finding.severity == "resolved"
    assert f"bypassed by modifier {modifier} on line {1 if column == '45378' else 2}" in finding.sentence
    assert finding.resolves == ""


def test_all_modifiers_of_ncci_are_known() -> None:
    assert {"24", "25", "27", "57", "58", "59", "78", "79", "91", "XE", "XS", "XP", "XU"} <= modifiers.NCCI
    assert {"LT", "RT", "E1", "E4", "FA", "F9", "TA", "T9", "LC", "LD", "LM", "RC", "RI"} <= modifiers.NCCI
    assert len(modifiers.NCCI) == 13 + 2 + 4 + 10 + 10 + 5


@pytest.mark.parametrize("modifier", ["76", "77", "26", "TC", "51", "GA"])
def test_other_modifiers_bypass_nothing(modifier: str) -> None:
    assert only(report(line(1, "45378", modifier), line(2, "45380"), edits=[PAIR])).severity == "error"


@pytest.mark.parametrize(
    ("day", "first", "second", "severity"),
    [
        (date(2019, 6, 30), ("59",), (), "error"),
        (date(2019, 6, 30), ("XS",), (), "error"),
        (date(2019, 6, 30), (), ("59",), "resolved"),
        (date(2019, 6, 30), ("LT",), (), "resolved"),
        (date(2019, 7, 1), ("59",), (), "resolved"),
    ],
)
def test_before_july_2019_distinct_services_were_marked_in_column_2(
    day: date, first: tuple[str, ...], second: tuple[str, ...], severity: str
) -> None:
    lines = line(1, "45380", *first, day=day), line(2, "45378", *second, day=day)
    assert only(report(*lines, edits=[PAIR])).severity == severity


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [
        (("RT",), ("LT",), "resolved"),
        (("RT",), ("RT",), "warning"),
        (("RT",), ("RT", "59"), "resolved"),
        (("RT",), (), "resolved"),
    ],
)
def test_the_same_site_on_both_lines_is_no_reason(
    first: tuple[str, ...], second: tuple[str, ...], severity: str
) -> None:
    finding = only(report(line(1, "45380", *first), line(2, "45378", *second), edits=[PAIR]))
    assert finding.severity == severity
    assert ("same site" in finding.sentence) == (severity == "warning")


def test_no_modifier_bypasses_an_edit_that_allows_none() -> None:
    finding = only(report(line(1, "45378", "59"), line(2, "45380"), edits=[replace(PAIR, modifier="0")]))
    assert (finding.severity, finding.resolves) == ("error", "Leave out 45378.")
    assert "no modifier changes that" in finding.sentence


@pytest.mark.parametrize(
    "edit",
    [
        replace(PAIR, modifier="9", deletion=PAIR.effective),
        replace(PAIR, modifier="1", deletion=PAIR.effective),
        replace(PAIR, deletion=date(2026, 8, 2)),
        replace(PAIR, effective=OTHER_DAY),
    ],
)
def test_an_edit_that_is_not_in_force_is_none(edit: Edit) -> None:
    assert report(line(1, "45378"), line(2, "45380"), edits=[edit]).findings == []


def test_a_pair_counts_on_the_same_day_only() -> None:
    assert report(line(1, "45378"), line(2, "45380", day=OTHER_DAY), edits=[PAIR]).findings == []
    last = replace(PAIR, deletion=DAY)
    lines = [
        line(at, code, day=day)
        for at, (code, day) in enumerate(
            [("45378", DAY), ("45380", DAY), ("45378", OTHER_DAY), ("45380", OTHER_DAY)], 1
        )
    ]
    assert only(report(*lines, edits=[last])).lines == (1, 2)


def test_each_line_of_column_2_has_its_own_finding() -> None:
    lines = line(1, "45380"), line(2, "45378", "59"), line(3, "45378"), line(4, "45380", "59")
    found = report(*lines, edits=[PAIR])
    assert [(each.severity, each.lines) for each in found.findings] == [("error", (1, 3)), ("resolved", (1, 2, 4))]


@pytest.mark.parametrize(
    ("indicator", "units", "lines"),
    [
        ("1", (2, 2), []),
        ("1", (3, 1), [(1,)]),
        ("2", (1, 1), []),
        ("2", (2, 1), [(1, 2)]),
        ("3", (2, 1), [(1, 2)]),
    ],
)
def test_units_count_by_line_or_by_day(indicator: str, units: tuple[int, int], lines: list[tuple[int, ...]]) -> None:
    limit = Limit(ALWAYS, 2, indicator, "Made up")
    found = report(
        *(line(at, "36000", units=count) for at, count in enumerate(units, 1)),
        line(3, "36000", units=2, day=OTHER_DAY),
        limits={"36000": [limit]},
    )
    assert [finding.lines for finding in found.findings] == lines
    for finding in found.findings:
        assert (finding.rule, finding.severity) == ("mue", "error")
        assert f"3 units of 36000 {'on one line' if indicator == '1' else 'on 2026-08-03'}" in finding.sentence


@pytest.mark.parametrize(("indicator", "words"), [("1", "line of their own"), ("2", "no appeal"), ("3", "on review")])
def test_what_helps_against_too_many_units_follows_the_indicator(indicator: str, words: str) -> None:
    limits = {"36000": [Limit(ALWAYS, 0, indicator, "Made up")]}
    finding = only(report(line(1, "36000"), limits=limits))
    assert "at most 0 are paid (Made up)" in finding.sentence
    assert words in finding.resolves


def test_units_are_those_of_the_release_of_the_day() -> None:
    limits = {"36000": [Limit(Span(date(2026, 1, 1), DAY), 1, "3", "Old"), Limit(Span(OTHER_DAY), 2, "3", "New")]}
    lines = line(1, "36000", units=2), line(2, "36000", units=2, day=OTHER_DAY)
    assert only(report(*lines, limits=limits)).lines == (1,)


def addon(kind: str, primary: str | None, *spans: Span) -> AddOn:
    return AddOn((ALWAYS, *spans), kind, primary)


@pytest.mark.parametrize(
    ("edits", "others", "severity", "words"),
    [
        ([addon("1", "45397")], ("45397",), None, ""),
        ([addon("1", "45397"), addon("1", "44970")], ("45378",), "error", "none of its primary codes"),
        ([addon("1", "45397")], (), "error", "none of its primary codes"),
        ([addon("2", None)], ("45378",), "note", "the contractor decides"),
        ([addon("2", None)], (), "error", "never paid alone"),
        ([addon("3", "45397")], ("45378",), "warning", "that CMS name"),
        ([addon("3", "45397")], (), "error", "never paid alone"),
        ([addon("3", "45397")], ("45397",), None, ""),
        ([addon("1", "45397", Span(date(2013, 1, 1), date(2020, 12, 31)))], ("45378",), None, ""),
    ],
)
def test_an_add_on_code_needs_a_primary_code(
    edits: list[AddOn], others: tuple[str, ...], severity: str | None, words: str
) -> None:
    lines = [line(at, code) for at, code in enumerate(("49327", *others), 1)]
    found = report(*lines, addons={"49327": edits})
    assert [finding.severity for finding in found.findings] == ([severity] if severity else [])
    for finding in found.findings:
        assert (finding.rule, finding.lines, finding.codes) == ("add-on", (1,), ("49327",))
        assert words in finding.sentence


def test_a_primary_code_of_another_day_is_none() -> None:
    found = report(line(1, "49327"), line(2, "45397", day=OTHER_DAY), addons={"49327": [addon("1", "45397")]})
    assert only(found).lines == (1,)


def test_of_many_primary_codes_some_are_named() -> None:
    edits = [addon("1", f"450{number:02d}") for number in range(20)]
    finding = only(report(line(1, "49327"), addons={"49327": edits}))
    assert finding.resolves.endswith("45006, 45007 and 12 more.")


@pytest.mark.parametrize(
    ("code", "known", "words"),
    [
        ("4A378", [], "has not the shape"),
        ("99998", [], "is unknown and is not in force on 2026-08-03"),
        ("99998", [Known("mpfs", Span(date(2020, 1, 1), date(2025, 12, 31)))], "ended on 2025-12-31"),
        ("99998", [Known("mpfs", Span(OTHER_DAY))], "begins on 2026-08-04"),
        ("99998", [Known("opps", Span(DAY))], None),
    ],
)
def test_a_code_must_be_in_force_on_its_day(code: str, known: list[Known], words: str | None) -> None:
    found = report(line(1, code), known={code: known})
    assert [finding.rule for finding in found.findings] == (["code"] if words else [])
    for finding in found.findings:
        assert finding.severity == "error"
        assert words
        assert words in finding.sentence


def test_level_two_is_whole_in_its_own_list() -> None:
    evidence = Evidence({**SOURCES, "hcpcs": [source("hcpcs")]}, {"G0105": [Known("mpfs", ALWAYS)]})
    assert only(report(line(1, "G0105"), evidence=replace(evidence, known={}))).source == source("hcpcs")


def test_a_code_that_no_list_can_tell_of_is_noted() -> None:
    found = report(line(1, "99998"), sources={name: each for name, each in SOURCES.items() if name != "mpfs"})
    assert found.findings == []
    assert found.notes == ["No list of codes for 2026-08-03 is loaded: whether 99998 is in force was not checked."]


def test_what_could_not_be_checked_is_noted() -> None:
    found = report(line(1, "45378"), sources={"mpfs": [source("mpfs")]})
    assert [note.split(":")[0] for note in found.notes] == [
        "NCCI procedure-to-procedure edits, practitioner services",
        "Medically unlikely edits, practitioner services",
        "NCCI add-on code edits",
    ]


def test_a_release_that_has_ended_is_noted() -> None:
    sources = {**SOURCES, "aoc": [source("aoc", date(2026, 6, 30))]}
    assert report(line(1, "45378"), sources=sources).notes == [
        "The aoc edits, Q3 2026 ended on 2026-06-30, before 2026-08-03: a later release may say otherwise."
    ]


def test_there_are_no_pairs_for_suppliers() -> None:
    found = report(line(1, "45378"), setting="dme")
    assert found.notes == ["NCCI has no procedure pairs for DME suppliers: pairs were not checked."]
    assert [each.dataset for each in found.sources] == ["mue-dme", "aoc", "mpfs"]


def test_the_gravest_comes_first_and_is_counted() -> None:
    found = report(
        line(1, "45380", "59"),
        line(2, "45378"),
        line(3, "36000", units=9),
        edits=[PAIR],
        limits={"36000": [Limit(ALWAYS, 1, "3", "Made up")]},
    )
    assert [finding.severity for finding in found.findings] == ["error", "resolved"]
    assert found.counts == {"error": 1, "warning": 0, "note": 0, "resolved": 1}
