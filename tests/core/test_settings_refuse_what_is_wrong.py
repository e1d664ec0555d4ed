"""Settings: a bad or missing one refuses the start and is named."""

from __future__ import annotations

import secrets

import pytest

import config

STRONG = secrets.token_urlsafe(48)
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": STRONG,
    "SITE_URL": "https://codes.example.org",
    "CONTACT_EMAIL": "help@example.org",
}


def test_production_starts_without_a_stripe_key():
    assert config.load(PRODUCTION).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("WORKERS", "-1"),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "localhost:6379"),
        ("MAIL_TIME_ZONE", "Mars/Olympus"),
        ("SMTP_URL", "mail.example.org"),
        ("SITE_URL", "codes.example.org"),
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "loud"),
        ("TRUSTED_PROXIES", "99"),
        ("CRAWLER_RENDITION", "all"),
        ("NETWORK_HARD_CEILING", "1"),
        ("SESSION_ABSOLUTE_DAYS", "1"),
    ],
)
def test_a_bad_setting_names_itself(name, value, tmp_path):
    with pytest.raises(config.SettingsError, match=name):
        config.load({"DATA": str(tmp_path), name: value})


@pytest.mark.parametrize("key", ["", "short", "a" * 64, "my-secret-key-my-secret-key-my-secret-key"])
def test_production_refuses_a_weak_secret(key):
    with pytest.raises(config.SettingsError, match="SECRET_KEY"):
        config.load({**PRODUCTION, "SECRET_KEY": key})


@pytest.mark.parametrize("name", ["SITE_URL", "CONTACT_EMAIL"])
def test_production_names_what_is_missing(name):
    with pytest.raises(config.SettingsError, match=name):
        config.load({key: value for key, value in PRODUCTION.items() if key != name})


def test_production_refuses_the_payment_sandbox():
    with pytest.raises(config.SettingsError, match="STRIPE_API_BASE"):
        config.load({**PRODUCTION, "STRIPE_API_BASE": "http://127.0.0.1:12111"})


def test_only_the_environment_that_is_handed_over_counts(monkeypatch, tmp_path):
    monkeypatch.setenv("PORT", "9999")
    assert config.load({"DATA": str(tmp_path)}).port == 8000


def test_several_problems_are_told_at_once():
    with pytest.raises(config.SettingsError) as caught:
        config.load({"PORT": "x", "LOG_LEVEL": "y"})
    assert "PORT" in str(caught.value)
    assert "LOG_LEVEL" in str(caught.value)


def test_outside_production_a_secret_is_made_once_and_kept_private(tmp_path):
    first = config.load({"DATA": str(tmp_path / "new")})
    again = config.load({"DATA": str(tmp_path / "new")})
    assert first.secret_key == again.secret_key
    assert config.weak_secret(first.secret_key.get_secret_value()) is None
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_secrets_do_not_show_in_the_settings_text():
    settings = config.load({**PRODUCTION, "STRIPE_WEBHOOK_SECRETS": "whsec_one, whsec_two"})
    assert STRONG not in repr(settings)
    assert "whsec_one" not in repr(settings)
    assert [s.get_secret_value() for s in settings.stripe_webhook_secrets] == ["whsec_one", "whsec_two"]
