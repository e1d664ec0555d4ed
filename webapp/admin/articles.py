"""Pages of staff: the articles of codes, written in Markdown, with preview and history."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from flask import Blueprint, make_response, redirect, render_template, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.wrappers import Response

from webapp.admin.guard import staff_only
from webapp.codes import article_history, editing
from webapp.codes.editing import Place, Stale
from webapp.codes.listing import FileRefused
from webapp.codes.markdown import Written, parse_article
from webapp.core.errors import NotFound
from webapp.extensions import db, settings, transaction

blueprint = Blueprint("staff_articles", __name__, url_prefix="/staff/articles")
blueprint.before_request(staff_only)

LONGEST_QUERY = 100
BUSY = "It could not be saved: the catalogue is being written just now. Your text stands below; please try again soon."

log = structlog.get_logger(__name__)


@blueprint.get("/")
def index() -> str:
    """Articles, by the beginning of their code or words of their title."""
    query = request.args.get("q", "").strip()[:LONGEST_QUERY]
    found, count = editing.listed(query)
    return render_template(
        "admin/articles.html", query=query, found=found, count=count, systems=editing.systems(), done=_done()
    )


@blueprint.get("/write")
def write() -> Response:
    """Lead to the page of one article, however its code is written."""
    at = _place(request.args.get("system", ""), request.args.get("code", "").strip())
    return _to(at)


@blueprint.get("/<system>/<code>")
def edit(system: str, code: str) -> Response:
    """The form with an article, or with the beginnings of one."""
    at = _place(system, code)
    text = at.article.markdown if at.article else editing.draft(at, settings().site_name)
    return _editor(at, text, at.article.sha256 if at.article else "")


@blueprint.post("/<system>/<code>")
def save(system: str, code: str) -> Response:
    """Show what an article would look like, or save it. 409: another has changed it; 422: refused, naming the line."""
    at = _place(system, code)
    text, base = request.form.get("markdown", ""), request.form.get("base", "")
    try:
        if request.form.get("do") == "preview":
            return _editor(at, text, base, preview=editing.check(at, text))
        with transaction():
            changed = editing.save(at, text, base, current_user.id)
    except FileRefused as error:
        return _editor(at, text, base, problem=error.message, status=422)
    except Stale as error:
        return _conflict(at, text, error)
    except IntegrityError:  # another one made the same article in the same moment
        db.session.rollback()
        return _conflict(at, text, Stale(_place(system, code).article))
    except OperationalError as error:
        log.warning("article not saved", article=at.name, error=type(error).__name__)
        return _editor(at, text, base, problem=BUSY, status=503)
    return _to(at, "saved" if changed else "same")


@blueprint.post("/<system>/<code>/delete")
def delete(system: str, code: str) -> Response:
    """Take an article off its page. Errors: Stale."""
    at = _place(system, code)
    with transaction():
        editing.delete(at, request.form.get("base", ""), current_user.id)
    return redirect("/staff/articles/?done=deleted", 303)


@blueprint.get("/<system>/<code>/history")
def history(system: str, code: str) -> str:
    """All that an article ever said."""
    at = _place(system, code)
    changes = article_history.of(at.code.id) if at.code else []
    return render_template("admin/article_history.html", at=at, changes=changes)


@blueprint.get("/<system>/<code>/history/<int(max=2147483647):revision>")
def revision(system: str, code: str, revision: int) -> str:
    """What an article said after one change."""
    at, change = _revision(system, code, revision)
    return render_template(
        "admin/article_revision.html",
        at=at,
        change=change,
        base=at.article.sha256 if at.article else "",
        is_current=at.article is not None and at.article.markdown == change.row.markdown,
        shown=_read(change.row.markdown, at),
    )


@blueprint.post("/<system>/<code>/history/<int(max=2147483647):revision>")
def restore(system: str, code: str, revision: int) -> Response:
    """Let an article say again what it said. 409: changed by another since."""
    at, change = _revision(system, code, revision)
    text = change.row.markdown
    try:
        with transaction():
            editing.save(at, text, request.form.get("base", ""), current_user.id, "restored")
    except Stale as error:
        return _conflict(at, text, error)
    except FileRefused as error:
        return _editor(at, text, request.form.get("base", ""), problem=error.message, status=422)
    return _to(at, "restored")


def _place(system: str, code: str) -> Place:
    """Return the place of an article. Errors: NotFound."""
    at = editing.place(system, code)
    if at is None:
        raise NotFound("There is no such code system, or no code is written like this.")
    return at


def _revision(system: str, code: str, revision: int) -> tuple[Place, article_history.Change]:
    at = _place(system, code)
    if at.code is None:
        raise NotFound
    return at, article_history.one(at.code.id, revision)


def _read(text: str, at: Place) -> Written | None:
    """Return an old text as it would be shown, None if it would be refused today."""
    try:
        return parse_article(text, at.name)
    except FileRefused:
        return None


def _editor(
    at: Place, text: str, base: str, *, preview: Written | None = None, problem: str = "", status: int = 200
) -> Response:
    return make_response(
        render_template(
            "admin/article.html", at=at, text=text, base=base, preview=preview, problem=problem, done=_done()
        ),
        status,
    )


def _conflict(at: Place, text: str, stale: Stale) -> Response:
    """Both texts: the one that was sent, to be saved over the other if that is meant."""
    page = render_template("admin/article.html", at=at, text=text, base=stale.base, conflict=stale)
    return make_response(page, stale.status)


def _done() -> str:
    return request.args.get("done", "")


def _to(at: Place, done: str = "") -> Response:
    return redirect(f"/staff/articles/{quote(at.system.key)}/{quote(at.key)}{'?done=' + done if done else ''}", 303)
