"""A plain page as Flask's tutorials build it: Flask-Login, ORM rows, a Jinja template rendered for each request.

It shows a code's title, notes, children and siblings from the site's own database; it counts nothing and gates nothing.
"""

from __future__ import annotations

from flask import Flask, abort, render_template_string
from flask_login import LoginManager, current_user
from sqlalchemy import select

import config
from webapp.auth.models import User
from webapp.codes.models import Code, CodeNote, CodeVersion
from webapp.extensions import db, engine_options

PAGE = """<!doctype html>
{% macro listed(rows) %}
{% for code, row in rows %}
<li><a href="/codes/icd-10-cm/{{ code.key }}">{{ code.key }} {{ row.title }}</a></li>
{% endfor %}
{% endmacro %}
<html lang="en"><head><title>{{ version.title }}</title></head><body>
<header>
{% if current_user.is_authenticated %}{{ current_user.email }}{% else %}<a href="/login">Log in</a>{% endif %}
</header>
<nav><ul>{{ listed(path) }}</ul></nav>
<main><h1>{{ code.key }} {{ version.title }}</h1>
{% for note in notes %}<p><b>{{ note.kind }}</b> {{ note.text }}</p>{% endfor %}
<h2>Children</h2><ul>{{ listed(children) }}</ul>
<h2>Siblings</h2><ul>{{ listed(siblings) }}</ul>
</main></body></html>"""

settings = config.load()
app = Flask(__name__)
app.config.update(
    SECRET_KEY="a key for a benchmark",
    SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
    SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.sqlalchemy_url),
)
db.init_app(app)
login_manager = LoginManager(app)


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


@app.get("/codes/icd-10-cm/<key>")
def code_page(key: str) -> str:
    code = db.session.scalar(select(Code).filter_by(key=key))
    if code is None:
        abort(404)
    version = db.session.scalar(select(CodeVersion).filter_by(code_id=code.id))
    return render_template_string(
        PAGE,
        code=code,
        version=version,
        path=_path(version),
        notes=db.session.scalars(select(CodeNote).filter_by(version_id=version.id)).all(),
        children=_under(code.id),
        siblings=_under(version.parent_id) if version.parent_id else [],
        current_user=current_user,
    )


def _under(parent_id: int) -> list[tuple[Code, CodeVersion]]:
    query = select(Code, CodeVersion).join(CodeVersion, CodeVersion.code_id == Code.id)
    return list(db.session.execute(query.where(CodeVersion.parent_id == parent_id).order_by(CodeVersion.position)))


def _path(version: CodeVersion) -> list[tuple[Code, CodeVersion]]:
    path: list[tuple[Code, CodeVersion]] = []
    parent_id = version.parent_id
    while parent_id:
        query = select(Code, CodeVersion).join(CodeVersion, CodeVersion.code_id == Code.id)
        code, row = db.session.execute(query.where(Code.id == parent_id)).first()
        path.insert(0, (code, row))
        parent_id = row.parent_id
    return path
