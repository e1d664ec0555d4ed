from __future__ import annotations

import pytest

import config
from webapp.billing.plans import PlanCatalogue, load
from webapp.codes.document import SECTIONS
from webapp.codes.features import FEATURES
from webapp.core.periods import Period
from webapp.site import pricing
from webapp.site.context import money


@pytest.fixture
def plans() -> PlanCatalogue:
    return load(config.ROOT / "plans.toml")


def test_only_guest_free_and_what_is_on_sale_are_shown(plans):
    assert [column.name for column in pricing.columns(plans)] == ["Guest", "Free", "Pro"]


def test_views_are_told_in_words(plans):
    assert [column.views for column in pricing.columns(plans)] == [
        "1 code page a month",
        "6 code pages a month",
        "Unlimited code pages",
    ]


def test_sections_come_in_page_order_with_who_may_read_them(plans):
    sections = pricing.groups(plans, tools=())[1].rows
    assert [row.label for row in sections] == list(SECTIONS.values())
    answers = {row.label: row.cells for row in sections}
    assert answers["Official descriptor"] == [True, True, True]
    assert answers["Procedure"] == [False, True, True]
    assert answers["Crosswalks"] == [False, False, True]


def test_a_section_that_no_shown_plan_has_is_left_out(plans):
    for plan in plans.plans.values():
        plan.__dict__["sections"] = plan.sections - {"history"}
    assert "History" not in [row.label for row in pricing.groups(plans, tools=())[1].rows]


def test_tools_that_do_not_work_are_not_sold(plans):
    assert [group.heading for group in pricing.groups(plans, tools=())] == ["", "Sections", "More"]


def test_features_are_told_by_the_plans_that_have_them(plans):
    more = {row.label: row.cells for row in pricing.groups(plans, tools=())[2].rows}
    assert more.keys() <= set(FEATURES.values())
    assert more["Differences between releases"] == more["Codes as of a date of service"] == [False, False, True]


def test_tools_that_work_are(plans):
    tools = pricing.groups(plans, tools=("redactphi",))[-1]
    assert [(row.label, row.cells) for row in tools.rows] == [
        ("RedactPHI", ["1 a day, sample text only", "5 a month", "2,000 a month"])
    ]


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("day", "a day"),
        ("month", "a month"),
        ("rolling:1", "in 1 day"),
        ("rolling:30", "in 30 days"),
        ("lifetime", "in all"),
    ],
)
def test_periods_are_told_in_words(period, words):
    assert pricing.period_in_words(Period.parse(period)) == words


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (2900, "usd", "$29"),
        (2950, "usd", "$29.50"),
        (0, "usd", "$0"),
        (123_456_700, "eur", "€1,234,567"),
        (500, "jpy", "¥500"),
    ],
)
def test_amounts_are_in_the_currencys_smallest_unit(amount, currency, shown):
    assert money(amount, currency) == shown
