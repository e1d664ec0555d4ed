"""The payment formula and the rules for modifiers and several procedures, with figures reckoned by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import mpfs, mpfs_places, oppscap
from webapp.codes.importers.files import SourceFile
from webapp.codes.prices.draft import Payment, Service
from webapp.codes.prices.engine import NATIONAL, Gpci, Rvu, formula, price, share
from webapp.codes.prices.rules import pay

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "mpfs"
RVU = Rvu(Decimal("4.57"), Decimal("8.33"), Decimal("2.38"), Decimal("0.56"))
PLACE = Gpci(Decimal("1.017"), Decimal("1.093"), Decimal("0.662"))
FACTOR = Decimal("32.3465")


def service(number: int = 1, fee: str = "100.00", **changed: object) -> Service:
    values: dict[str, object] = {"code": f"1000{number}", "modifiers": (), "units": 1, **changed}
    return Service(number=number, fee=Decimal(fee), **values)  # type: ignore[arg-type]  # tests name the fields


def amounts(*services: Service) -> list[str | None]:
    paid = pay(services)
    return [None if paid[each.number].amount is None else str(paid[each.number].amount) for each in services]


def reasons(payment: Payment) -> str:
    return " ".join(f"{step.formula} {step.reason}" for step in payment.steps)


@pytest.mark.parametrize(
    ("gpci", "facility", "expected"),
    [
        (NATIONAL, False, "435.38"),  # 13.46 × 32.3465 = 435.38389
        (NATIONAL, True, "242.92"),  # 7.51 × 32.3465 = 242.922215
        (PLACE, False, "456.83"),  # (4.64769 + 9.10469 + 0.37072) × 32.3465 = 456.833…
        (PLACE, True, "246.47"),  # (4.64769 + 2.60134 + 0.37072) × 32.3465 = 246.472…
    ],
)
def test_the_formula_weighs_each_unit_by_the_place(gpci: Gpci, facility: bool, expected: str) -> None:
    assert str(price(RVU, gpci, FACTOR, facility)) == expected
    assert formula(RVU, gpci, FACTOR, facility).endswith(f"× 32.3465 = {expected}")


def test_a_price_shows_its_figures() -> None:
    assert formula(RVU, PLACE, FACTOR, True) == ("(4.57 × 1.017 + 2.38 × 1.093 + 0.56 × 0.662) × 32.3465 = 246.47")


def test_half_a_cent_is_rounded_up() -> None:
    half = Rvu(Decimal("0.005"), Decimal(0), Decimal(0), Decimal(0))
    assert price(half, NATIONAL, Decimal(1), facility=True) == Decimal("0.01")
    assert share(Decimal("0.25"), Decimal(50)) == Decimal("0.13")


@pytest.mark.parametrize(
    ("indicator", "expected"), [("0", "100.00"), ("1", "150.00"), ("2", "100.00"), ("3", "200.00"), ("9", "100.00")]
)
def test_both_sides_are_paid_by_the_bilateral_indicator(indicator: str, expected: str) -> None:
    assert amounts(service(modifiers=("50",), bilateral=indicator)) == [expected]
    assert amounts(service(bilateral=indicator)) == ["100.00"]


@pytest.mark.parametrize(("modifier", "expected"), [("80", "16.00"), ("81", "16.00"), ("82", "16.00"), ("AS", "13.60")])
@pytest.mark.parametrize(("indicator", "paid"), [("0", True), ("1", False), ("2", True), ("9", False)])
def test_an_assistant_is_paid_a_part_if_the_indicator_lets_him(
    modifier: str, expected: str, indicator: str, paid: bool
) -> None:
    assert amounts(service(modifiers=(modifier,), assistant=indicator)) == [expected if paid else "0.00"]


@pytest.mark.parametrize(("indicator", "expected"), [("0", "0.00"), ("1", "62.50"), ("2", "62.50"), ("9", "0.00")])
def test_each_of_two_surgeons_is_paid_five_eighths(indicator: str, expected: str) -> None:
    assert amounts(service(modifiers=("62",), co_surgeons=indicator)) == [expected]


@pytest.mark.parametrize(("indicator", "expected"), [("0", "0.00"), ("1", None), ("2", None), ("9", "0.00")])
def test_a_team_is_paid_by_report(indicator: str, expected: str | None) -> None:
    assert amounts(service(modifiers=("66",), team=indicator)) == [expected]


@pytest.mark.parametrize("modifier", ["22", "52", "53"])
def test_unusual_services_are_paid_by_report(modifier: str) -> None:
    payment = pay([service(modifiers=(modifier,))])[1]
    assert payment.amount is None
    assert "by report" in reasons(payment)


def test_a_row_for_a_discontinued_procedure_is_a_price() -> None:
    assert amounts(service(modifiers=("53",), row="53", fee="50.00")) == ["50.00"]


@pytest.mark.parametrize(("modifier", "expected"), [("54", "86.00"), ("55", "14.00"), ("56", "10.00"), ("78", "76.00")])
def test_a_part_of_the_care_is_paid_its_share(modifier: str, expected: str) -> None:
    shares = {"pre_op": Decimal("0.10"), "intra_op": Decimal("0.76"), "post_op": Decimal("0.14")}
    assert amounts(service(modifiers=(modifier,), **shares)) == [expected]


def test_a_price_without_shares_is_not_split() -> None:
    assert amounts(service(modifiers=("54",))) == [None]
    assert amounts(service(modifiers=("78",))) == ["100.00"]


def test_units_multiply_what_is_not_ranked() -> None:
    assert amounts(service(units=3, multiple="0")) == ["300.00"]


def test_several_procedures_are_ranked_by_price() -> None:
    lines = [service(at, fee, multiple="2") for at, fee in enumerate(("60.01", "300.00", "100.00"), start=1)]
    assert amounts(*lines) == ["30.01", "300.00", "50.00"]
    payment = pay(lines)[3]
    assert payment.steps[1].formula == "100.00 × 50 % = 50.00"
    assert payment.steps[1].reason == "2 of 3 by price, multiple indicator 2."


def test_the_sixth_procedure_is_paid_by_report() -> None:
    lines = [service(at, str(100 - at), multiple="2") for at in range(1, 7)]
    assert amounts(*lines) == ["99.00", "49.00", "48.50", "48.00", "47.50", None]
    assert "no lower than 50 % (47.00)" in reasons(pay(lines)[6])


def test_each_unit_of_a_ranked_procedure_is_ranked() -> None:
    assert amounts(service(units=3, multiple="2")) == ["200.00"]
    assert amounts(service(units=7, multiple="2")) == [None]


def test_one_procedure_is_not_reduced_and_others_do_not_count() -> None:
    assert amounts(service(1, multiple="2", modifiers=("51",)), service(2, multiple="0")) == ["100.00", "100.00"]


def test_both_sides_are_reckoned_before_the_ranking() -> None:
    lines = [service(1, "80.00", multiple="2", modifiers=("50",), bilateral="1"), service(2, "100.00", multiple="2")]
    assert amounts(*lines) == ["120.00", "50.00"]


def test_an_assistant_is_ranked_apart_from_the_surgeon() -> None:
    lines = [service(1, multiple="2"), service(2, multiple="2", modifiers=("80",), assistant="2")]
    assert amounts(*lines) == ["100.00", "16.00"]


def test_what_is_refused_takes_no_place_in_the_ranking() -> None:
    lines = [service(1, multiple="2"), service(2, "900.00", multiple="2", modifiers=("62",), co_surgeons="0")]
    assert amounts(*lines) == ["100.00", "0.00"]


def scope(number: int, fee: str, base_fee: str | None = "70.00", **changed: object) -> Service:
    base = None if base_fee is None else Decimal(base_fee)
    return service(number, fee, multiple="3", endoscopic_base="20000", base_fee=base, **changed)


def test_endoscopies_of_a_family_lose_the_price_of_their_base() -> None:
    lines = [scope(1, "100.00"), scope(2, "160.00"), scope(3, "60.00")]
    assert amounts(*lines) == ["30.00", "160.00", "0.00"]
    assert "100.00 − 70.00 = 30.00" in reasons(pay(lines)[1])


def test_the_base_beside_an_endoscopy_of_its_family_is_included() -> None:
    lines = [service(1, "70.00", code="20000", multiple="2"), scope(2, "160.00")]
    assert amounts(*lines) == ["0.00", "160.00"]


def test_a_family_is_ranked_as_one_procedure() -> None:
    lines = [scope(1, "100.00"), scope(2, "160.00"), service(3, "400.00", multiple="2")]
    assert amounts(*lines) == ["15.00", "80.00", "400.00"]


def test_two_families_are_ranked_by_what_each_pays() -> None:
    other = {"endoscopic_base": "30000", "base_fee": Decimal("10.00"), "multiple": "3"}
    lines = [scope(1, "100.00"), scope(2, "90.00"), service(3, "110.00", **other), service(4, "30.00", **other)]
    assert amounts(*lines) == ["50.00", "10.00", "110.00", "20.00"]


def test_an_endoscopy_whose_base_has_no_price_is_left_open() -> None:
    assert amounts(scope(1, "100.00", None), scope(2, "160.00", None)) == [None, "160.00"]


@pytest.mark.parametrize("indicator", ["4", "5", "6", "7"])
def test_other_reductions_are_told_and_not_computed(indicator: str) -> None:
    two = [service(1, multiple=indicator), service(2, multiple=indicator)]
    assert amounts(*two) == ["100.00", "100.00"]
    assert "not computed" in reasons(pay(two)[2])
    assert "not computed" not in reasons(pay(two[:1])[1])


def test_status_t_is_paid_only_alone() -> None:
    assert amounts(service(1, status="T")) == ["100.00"]
    assert amounts(service(1, status="T"), service(2)) == ["0.00", "100.00"]


def test_modifiers_without_a_rule_are_named() -> None:
    assert "No payment rule is computed for 59, LT." in reasons(pay([service(modifiers=("59", "LT"))])[1])


def rows_of(
    name: str, read: Callable[[SourceFile, Given], Parsed], given: Given
) -> dict[tuple[str, str], dict[str, str]]:
    if not (SHARED / name).exists():
        pytest.skip("the publisher's files are not on this machine")
    table = read(SourceFile(name, (SHARED / name).read_bytes()), given).tables[0]
    columns = DATASETS[table.dataset].columns
    return {key: dict(zip(columns, values, strict=True)) for key, values in table.rows.items()}


def test_the_formula_gives_the_amounts_that_cms_publish() -> None:
    units = rows_of("PPRRVU2025_Oct.nodesc.csv", mpfs.read, Given())
    places = rows_of("GPCI2025.csv", mpfs_places.read_gpci, Given())
    caps = rows_of("OPPSCAP_Oct.csv", oppscap.read, Given(effective=date(2025, 10, 1)))
    compared = 0
    for (code, part), cap in caps.items():
        row = units[code, part.split()[0] if part.count(" ") > 1 else ""]
        place = places.get((cap["mac"] + cap["locality"], ""))
        if row["status"] != "A" or place is None:
            continue  # carriers' own prices, and localities under another contractor in the file of indices
        rvu = Rvu(*(Decimal(row[name]) for name in ("work", "opps_non_facility_pe", "opps_facility_pe", "opps_mp")))
        gpci = Gpci(*(Decimal(place[name]) for name in ("work", "pe", "mp")))
        assert str(price(rvu, gpci, Decimal(row["factor"]), facility=False)) == cap["non_facility"]
        compared += 1
    assert compared == 6322
