"""The face without the rest of the site: templates, static files, headers and errors, on no database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, render_template

import config
from tests.support.applications import settings as settings_for
from webapp.billing import plans as billing_plans
from webapp.site import context, errors, headers, static_files


@pytest.fixture
def make_face(tmp_path) -> Callable[..., Flask]:
    def make(**given: object) -> Flask:
        settings = settings_for(**{"DATA": tmp_path} | given)
        app = Flask("webapp", root_path=str(config.ROOT / "webapp"))
        plans = billing_plans.load(settings.plans_file)
        app.extensions.update(settings=settings, plans=plans, tools=())
        static_files.init_app(app)
        context.init_app(app)
        errors.register(app)
        app.after_request(headers.apply)
        return app

    return make


@pytest.fixture
def face(make_face) -> Flask:
    return make_face(LEGAL_ENTITY="Shelf & Sons", CONTACT_EMAIL="help@codes.example")


@pytest.fixture
def render(face) -> Callable[..., str]:
    """Render a template as a page for a visitor without an account."""

    def run(template: str, **values: object) -> str:
        with face.test_request_context("/"):
            return render_template(template, **values)

    return run
