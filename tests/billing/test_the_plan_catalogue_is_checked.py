"""plans.toml: the file we ship is sound, and every mistake is named by its path or line."""

from __future__ import annotations

import pytest

import config
from webapp.billing.plans import PlansError, load

SOUND = (config.ROOT / "plans.toml").read_text()


def changed(tmp_path, old: str, new: str):
    assert old in SOUND
    path = tmp_path / "plans.toml"
    path.write_text(SOUND.replace(old, new, 1))
    return path


def test_the_plans_we_ship_hold_what_readers_are_promised():
    plans = load(config.ROOT / "plans.toml")
    assert list(plans.plans) == ["guest", "free", "pro", "team"]
    assert (plans.guest.views.limit, plans.free.views.limit) == (1, 6)
    assert plans["pro"].unlimited
    assert plans["pro"].sections > plans.free.sections > plans.guest.sections
    assert [plan.key for plan in plans.on_sale()] == ["pro"]
    assert plans["team"].sections == plans["pro"].sections
    assert plans.guest.tools["redactphi"].sample_only
    assert plans.most.sections == plans.sections
    assert plans.lowest_with("crosswalks") is plans["pro"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("views = { limit = 1,", "views = { limit = -1,", "plans.guest.views.limit"),
        ("views = { limit = 1,", 'views = { limit = "many",', "plans.guest.views.limit"),
        ('period = "month" }\n\n[plans.guest.tools]', 'period = "fortnight" }\n\n[plans.guest.tools]', "views.period"),
        ('extends = "guest"', 'extends = "gest"', "plans.free.extends"),
        ('interval = "month"', 'interval = "week"', "plans.pro.prices.0.interval"),
        ("amount = 2900\n", "amount = 29.00\n", "plans.pro.prices.0.amount"),
        ('lookup_key = "pro_year"', 'lookup_key = "pro_month"', "plans.pro.prices"),
        ("on_sale = true", "onsale = true", "plans.pro.onsale"),
        ("[plans.free]", "[plans.basic]", "plans.free.name"),
        ('currency = "usd"', 'currency = "USD"', "currency"),
        ('limit = 500, period = "anniversary"', 'limit = 500, period = "never"', "plans.pro.tools.casepilot.period"),
        ("[plans.team]", "[plans.team", "line"),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, named):
    with pytest.raises(PlansError, match=named):
        load(changed(tmp_path, old, new))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PlansError, match="PLANS_FILE"):
        load(tmp_path / "nowhere.toml")


def test_a_site_without_walls_is_a_setting(tmp_path):
    plans = load(changed(tmp_path, "views = { limit = 1,", 'views = { limit = "unlimited",'))
    assert plans.guest.unlimited


def test_metering_can_be_off_for_one_code_system(tmp_path):
    plans = load(changed(tmp_path, "hcpcs = true", "hcpcs = false"))
    assert not plans.is_metered("hcpcs")
    assert plans.is_metered("icd-10-cm")
