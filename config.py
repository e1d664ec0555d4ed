"""Settings: the environment, read once, typed and checked.

Every setting is a field of `Settings`; its name in the environment is the field's name in capitals.
`load()` raises `SettingsError` that names each missing or bad one, so that a wrong start ends in one clear message.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
MINIMUM_SECRET_LENGTH = 32
LONGEST_SOCKET_PATH = 100
"""Bytes."""
RUN_SETTINGS = "run/settings.json"
"""In the data folder: what a running site decided for itself, for commands beside it."""
PLACE_SETTINGS = ("HOST", "PORT")
PAYMENT_SETTINGS = ("STRIPE_SECRET_KEY", "STRIPE_API_BASE", "STRIPE_WEBHOOK_SECRETS")
WEAK_SECRET_WORDS = ("secret", "password", "changeme", "change-me", "example", "development", "0123456789")


class SettingsError(Exception):
    """One or more settings are missing or bad; the message has one line for each."""


class Settings(BaseSettings):
    """All settings of a site. Durations are in the unit their name says."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    environment: Literal["development", "test", "production"] = Field(
        "development",
        description="`production` refuses weak secrets, the bundled Redis and the payment sandbox.",
    )
    data: Path = Field(
        Path("data"),
        description="Folder for the database, the Redis socket, the append-only file and generated secrets.",
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the server listens on.")
    workers: int = Field(1, ge=1, le=64, description="Server processes.")
    threads: int = Field(8, ge=2, le=256, description="Request threads in each server process.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level logged.")

    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs cookies and tokens. Outside production one is made and kept in the data folder.",
    )
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Earlier secret keys, separated by commas, still accepted while a new one rolls in."
    )
    database_url: str = Field("", description="`postgresql://…` or `sqlite:///…`; empty: SQLite in the data folder.")
    redis_url: str = Field(
        "", description="`redis://…`, `rediss://…` or `unix://…`; empty: a Redis started beside the site."
    )
    plans_file: Path = Field(ROOT / "plans.toml", description="The plan catalogue.")

    site_name: str = Field("Codeshelf", min_length=1, max_length=60, description="Name shown on every page and mail.")
    site_url: str = Field("", description="Public address, as in `https://codes.example.org`.")
    site_logo: str = Field("", description="Path below `/static` or an own address of a logo; empty: the name alone.")
    legal_entity: str = Field("", description="Who runs the site, as named on legal pages and invoices.")
    contact_email: str = Field("", description="Address readers may write to.")

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="`smtp://user:password@host:port` or `smtps://…`; empty: mail is shown at `/dev/outbox`.",
    )
    mail_from: str = Field("", description="Sender of mails; empty: the contact address.")
    mail_time_zone: str = Field("UTC", description="Time zone in which mails tell dates, as in `Europe/Berlin`.")

    trusted_proxies: int = Field(
        0, ge=0, le=8, description="Number of proxies in front whose `X-Forwarded-*` headers are believed."
    )
    network_soft_ceiling: int = Field(
        30,
        ge=1,
        description="New guests a day from one network before a newcomer must return the cookie first.",
    )
    network_hard_ceiling: int = Field(
        300, ge=1, description="New guests a day from one network before newcomers are asked to register."
    )
    crawler_rendition: Literal["preview", "guest"] = Field(
        "preview", description="What a search crawler proven by reverse and forward DNS is served."
    )
    session_idle_days: int = Field(14, ge=1, le=365, description="A login ends after so many days without a visit.")
    session_absolute_days: int = Field(90, ge=1, le=365, description="A login ends after so many days in any case.")

    stripe_secret_key: SecretStr = Field(
        SecretStr(""), description="Stripe's secret key; empty: plans are granted by staff only."
    )
    stripe_api_base: str = Field("", description="Another server speaking Stripe's API; empty: Stripe's own.")
    stripe_webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Signing secrets of the webhook endpoint, separated by commas (two while one is rolled).",
    )

    payment_sandbox: bool = Field(
        True,
        description="Start a payment sandbox beside the site when no key is set, outside production; no money moves.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` hands over and nothing else: it has read the environment."""
        return (init_settings,)

    @field_validator("secret_key_fallbacks", "stripe_webhook_secrets", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("mail_time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone of the IANA database") from error
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_driver(cls, value: str) -> str:
        scheme = urlsplit(value).scheme if value else ""
        if value and scheme not in {"postgresql", "postgresql+psycopg", "sqlite"}:
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return value.replace("postgresql://", "postgresql+psycopg://", 1)

    @field_validator("site_url", "stripe_api_base")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
            raise ValueError("must be an address such as https://codes.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp_scheme(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (urlsplit(text).scheme not in {"smtp", "smtps"} or not urlsplit(text).hostname):
            raise ValueError("must begin with smtp:// or smtps:// and name a host")
        return value

    @model_validator(mode="after")
    def _ceilings_in_order(self) -> Self:
        if self.network_hard_ceiling < self.network_soft_ceiling:
            raise ValueError("NETWORK_HARD_CEILING must not be below NETWORK_SOFT_CEILING")
        if self.session_absolute_days < self.session_idle_days:
            raise ValueError("SESSION_ABSOLUTE_DAYS must not be below SESSION_IDLE_DAYS")
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment != "production":
            return self
        problems = []
        weakness = weak_secret(self.secret_key.get_secret_value())
        if weakness:
            problems.append(f"SECRET_KEY {weakness}")
        if not self.site_url:
            problems.append("SITE_URL is missing: mails and canonical links need it")
        if not self.contact_email:
            problems.append("CONTACT_EMAIL is missing: readers must be able to reach you")
        if self._pays_on_this_machine:
            problems.append("STRIPE_API_BASE names the payment sandbox, which does not run in production")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def _live_key_stays_with_stripe(self) -> Self:
        live = self.stripe_secret_key.get_secret_value()[:8] in {"sk_live_", "rk_live_"}
        if live and self._pays_on_this_machine:
            raise ValueError("STRIPE_API_BASE names this machine: a live STRIPE_SECRET_KEY is not sent there")
        if live and self.stripe_api_base.startswith("http://"):
            raise ValueError("STRIPE_API_BASE is not encrypted: a live STRIPE_SECRET_KEY is not sent there")
        return self

    @property
    def _pays_on_this_machine(self) -> bool:
        host = urlsplit(self.stripe_api_base).hostname or ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")
        return address.is_loopback or address.is_unspecified

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def secure(self) -> bool:
        """Whether readers come over https, so that cookies may be Secure and `__Host-`."""
        return self.public_url.startswith("https://")

    @property
    def public_url(self) -> str:
        return self.site_url or f"http://{self.host}:{self.port}"

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data.resolve() / 'codeshelf.db'}"

    @property
    def redis_socket(self) -> Path:
        """Where the Redis started beside the site listens: the same for the server and for every command on this data.

        The kernel silently cuts longer socket paths, so a deep data folder gets a short one of its own elsewhere.
        """
        path = self.data.resolve() / "redis.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"codeshelf-{os.getuid()}-{name}" / "redis.sock"

    @property
    def redis_address(self) -> str:
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def cookie_prefix(self) -> str:
        return "__Host-" if self.secure else ""

    def signing_keys(self) -> list[str]:
        """Keys for signing, oldest first: the last one signs, all are accepted."""
        return [
            *(key.get_secret_value() for key in self.secret_key_fallbacks),
            self.secret_key.get_secret_value(),
        ]


def weak_secret(value: str) -> str | None:
    """Say what is wrong with a secret key, or None if it is fit for production."""
    if not value:
        return "is missing"
    if len(value) < MINIMUM_SECRET_LENGTH:
        return f"is shorter than {MINIMUM_SECRET_LENGTH} characters"
    if len(set(value)) < 10 or any(word in value.lower() for word in WEAK_SECRET_WORDS):
        return "is easy to guess"
    return None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's environment).

    Commands started beside a running site also get what it decided for itself.
    Errors: SettingsError naming every missing or bad setting.
    """
    source = {**_left_by_the_run(os.environ), **os.environ} if environ is None else environ
    given = {name: source[name.upper()] for name in Settings.model_fields if source.get(name.upper())}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    if not settings.secret_key.get_secret_value():
        settings = settings.model_copy(update={"secret_key": SecretStr(_generated_secret(settings.data))})
    return settings


def _left_by_the_run(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the site that runs on the same data decided: where it is, and how it is paid if that is not given."""
    if environ.get("ENVIRONMENT") == "production":
        return {}
    try:
        found = json.loads((Path(environ.get("DATA") or "data") / RUN_SETTINGS).read_text())
    except (OSError, ValueError):
        return {}
    given = any(environ.get(name) for name in PAYMENT_SETTINGS)
    wanted = PLACE_SETTINGS if given else (*PLACE_SETTINGS, *PAYMENT_SETTINGS)
    return {name: str(found[name]) for name in wanted if name in found}


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        text = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {text}" if name else text)
    return "\n".join(lines)


def _generated_secret(folder: Path) -> str:
    """Return the data folder's own secret key, made at the first call.

    Two first starts at once agree on one key: the file is created exclusively, and whole, by a link.
    """
    path = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = folder / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"DATA: cannot keep a secret key in {folder}: {error.strerror}") from error
