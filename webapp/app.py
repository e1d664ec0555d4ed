"""The application factory: one tuple each of extensions, blueprints, command groups and schedules."""

from __future__ import annotations

import logging

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from webapp.access import web as access
from webapp.account.views import blueprint as account_blueprint
from webapp.admin.articles import blueprint as staff_articles_blueprint
from webapp.admin.catalogue import blueprint as staff_catalogue_blueprint
from webapp.admin.cli import meter_cli, stats_command
from webapp.admin.dev import cli as dev_cli
from webapp.admin.royalty import blueprint as royalty_blueprint
from webapp.admin.views import blueprint as admin_blueprint
from webapp.api.views import blueprint as api_blueprint
from webapp.auth import tasks as auth_tasks
from webapp.auth.cli import cli as auth_cli
from webapp.auth.views import blueprint as auth_blueprint
from webapp.billing import plans as billing_plans
from webapp.billing import tasks as billing_tasks
from webapp.billing.cli import cli as billing_cli
from webapp.billing.views import blueprint as billing_blueprint
from webapp.billing.webhook import blueprint as webhook_blueprint
from webapp.codes import tasks as codes_tasks
from webapp.codes.cli import cli as codes_cli
from webapp.codes.document import SECTIONS
from webapp.codes.express import Express, WsgiApp
from webapp.codes.features import FEATURES
from webapp.codes.pages import CodePages
from webapp.codes.release_views import blueprint as code_releases_blueprint
from webapp.codes.royalty import Recorder
from webapp.codes.terms import keeping as terms
from webapp.codes.uploads import tasks as upload_tasks
from webapp.codes.views import PERSONAL
from webapp.codes.views import blueprint as codes_blueprint
from webapp.codes.worksheets.views import blueprint as worksheets_blueprint
from webapp.core import clock
from webapp.extensions import csrf, db, engine_options, login_manager, migrate, redis
from webapp.jobs.cli import cli as jobs_cli
from webapp.mail import tasks as mail_tasks
from webapp.metering import tasks as metering_tasks
from webapp.site import context, errors, headers, static_files
from webapp.site.bodies import Bodies
from webapp.site.health import blueprint as health_blueprint
from webapp.site.views import blueprint as site_blueprint
from webapp.tools.case2code.cli import cli as case2code_cli
from webapp.tools.case2code.views import blueprint as case2code_blueprint
from webapp.tools.detecticd10cm.batch_views import blueprint as detecticd10cm_batch_blueprint
from webapp.tools.detecticd10cm.cli import cli as detecticd10cm_cli
from webapp.tools.detecticd10cm.views import blueprint as detecticd10cm_blueprint
from webapp.tools.scoreboard import blueprint as scoreboard_blueprint
from webapp.tools.views import TOOLS
from webapp.tools.views import blueprint as tools_blueprint

BLUEPRINTS = (
    site_blueprint,
    health_blueprint,
    codes_blueprint,
    code_releases_blueprint,
    auth_blueprint,
    account_blueprint,
    admin_blueprint,
    staff_catalogue_blueprint,
    staff_articles_blueprint,
    royalty_blueprint,
    billing_blueprint,
    webhook_blueprint,
    worksheets_blueprint,
    scoreboard_blueprint,
    case2code_blueprint,
    detecticd10cm_blueprint,
    detecticd10cm_batch_blueprint,
    tools_blueprint,
    api_blueprint,
)
COMMANDS = (auth_cli, billing_cli, codes_cli, jobs_cli, meter_cli, stats_command, case2code_cli, detecticd10cm_cli)
OPEN_TOOLS = tuple(key for key in TOOLS if key in {blueprint.name for blueprint in BLUEPRINTS})
"""The tools that work: the header and the pricing page name no others."""
SCHEDULES = (
    auth_tasks.SCHEDULE,
    mail_tasks.SCHEDULE,
    codes_tasks.SCHEDULE,
    upload_tasks.SCHEDULE,
    metering_tasks.SCHEDULE,
    billing_tasks.SCHEDULE,
)

LARGEST_BODY = 1024 * 1024
"""Bytes of a request's body; forms here are far smaller."""


def create_app(settings: config.Settings | None = None) -> Flask:
    """Build the application. Errors: config.SettingsError, billing.plans.PlansError."""
    settings = settings or config.load()
    plans = billing_plans.load(settings.plans_file)
    _check_names(plans)
    _set_up_logging(settings)
    _set_up_clock(settings)
    app = Flask("webapp", root_path=str(config.ROOT / "webapp"))
    app.config.update(_flask_settings(settings))
    app.extensions.update(settings=settings, plans=plans, tools=OPEN_TOOLS, schedule=sum(SCHEDULES, ()))
    app.url_map.merge_slashes = False
    for extension in (db, csrf, redis, static_files, context, access, terms):
        extension.init_app(app)
    login_manager.init_app(app, add_context_processor=False)  # it would ask the database on every page
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"))
    app.extensions["code_pages"] = CodePages(plans, settings.public_url, app.jinja_env)
    app.extensions["royalty"] = Recorder(app, app.extensions["counts"])
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for command in COMMANDS if settings.production else (*COMMANDS, dev_cli):
        app.cli.add_command(command)
    errors.register(app)
    app.after_request(headers.apply)
    app.wsgi_app = _wrapped(app, settings)  # type: ignore[method-assign, assignment]  # Flask's documented way
    return app


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    """Return Flask's and its extensions' own settings."""
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SECRET_KEY_FALLBACKS": settings.signing_keys()[:-1],
        "SESSION_COOKIE_NAME": f"{settings.cookie_prefix}form",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # a form may stay open for as long as its session
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.sqlalchemy_url),
        "REDIS_URL": settings.redis_address,
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
    }


def _wrapped(app: Flask, settings: config.Settings) -> WsgiApp:
    """Return the application behind its middleware, from the inside out."""
    wrapped: WsgiApp = app.wsgi_app
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        wrapped = ProxyFix(wrapped, x_for=hops, x_proto=hops, x_host=hops)
    return Express(
        Bodies(wrapped, settings.threads),
        app.extensions["gate"],
        app.extensions["code_pages"],
        app.extensions["royalty"],
        cookies=(app.extensions["session_cookie"], app.extensions["guest_cookie"]),
        headers=(*PERSONAL, *headers.pairs(settings)),
    )


def _check_names(plans: billing_plans.PlanCatalogue) -> None:
    """Refuse sections, features and tools in the plan catalogue that do not exist."""
    for plan in plans.plans.values():
        for section in sorted(plan.sections - SECTIONS.keys()):
            known = ", ".join(SECTIONS)
            raise billing_plans.PlansError(f"plans.{plan.key}.sections: {section!r} is none of {known}")
        for feature in sorted(plan.features - FEATURES.keys()):
            known = ", ".join(FEATURES)
            raise billing_plans.PlansError(f"plans.{plan.key}.features: {feature!r} is none of {known}")
        for tool in sorted(plan.tools.keys() - TOOLS.keys()):
            raise billing_plans.PlansError(f"plans.{plan.key}.tools: {tool!r} is none of {', '.join(TOOLS)}")


def _set_up_clock(settings: config.Settings) -> None:
    clock.use_offset_file(None if settings.production else settings.data / "clock_offset")


def _set_up_logging(settings: config.Settings) -> None:
    """Log lines for people, or JSON in production. Tracebacks never show local variables, which hold secrets."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(ending if settings.production else [plain]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
