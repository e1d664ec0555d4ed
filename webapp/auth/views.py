"""Pages of accounts: register, log in, log out, a new password, the owner's set-up."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request, session
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from webapp.auth import passwords, recovery, service, sessions, throttles
from webapp.auth.forms import AddressForm, LoginForm, LogoutForm, NewAccountForm, NewPasswordForm, ReturningForm
from webapp.auth.loader import live_session
from webapp.auth.service import Device, Login
from webapp.core.net import network_of
from webapp.extensions import transaction

WRONG = "The e-mail address or the password is not right."
NOT_CREATED = "We could not create this account. If you already have one, log in or reset your password."

blueprint = Blueprint("auth", __name__)


@blueprint.after_request
def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/register", methods=["GET", "POST"])
def register() -> Response:
    form = NewAccountForm()
    if form.validate_on_submit():
        throttles.before_register(form.address.normalized, _network())
        login = _register_or_log_in(form)
        if login:
            return _enter(login, form.next_path)
        form.form_errors.append(NOT_CREATED)
    return _form_or_leave("register", form)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Response:
    form = LoginForm()
    if form.validate_on_submit():
        throttles.before_login(form.address.normalized, _network())
        begun = _log_in(form)
        if begun:
            throttles.login_succeeded(form.address.normalized)
            return _enter(begun, form.next_path)
        throttles.login_failed(_network())
        form.form_errors.append(WRONG)
    return _form_or_leave("login", form)


@blueprint.route("/logout", methods=["GET", "POST"])
def logout() -> Response:
    form = LogoutForm()
    if not form.validate_on_submit():
        return _page("logout", form, signed_in=live_session() is not None)
    live = live_session()
    if live:
        with transaction():
            service.log_out(live.session_id, live.user_id)
    return _leave("/")


@blueprint.route("/reset", methods=["GET", "POST"])
def reset_request() -> Response:
    form = AddressForm()
    if form.validate_on_submit():
        throttles.before_reset(form.address.normalized, _network())
        with transaction():
            recovery.request_reset(form.address, form.next_path)
        return redirect("/reset/sent", 303)
    return _page("reset_request", form)


@blueprint.get("/reset/sent")
def reset_sent() -> str:
    return render_template("auth/reset_sent.html")


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    try:
        email = recovery.reader_of(token).email
        form = NewPasswordForm(email)
        if form.validate_on_submit():
            password_hash = passwords.make_hash(form.password.data)
            with transaction():
                recovery.set_password(token, password_hash)
            return _leave("/login", changed="1", next=form.next_path)
    except recovery.DeadLink:
        return _dead_link()
    return _page("reset", form, email=email)


@blueprint.route("/setup/<token>", methods=["GET", "POST"])
def setup(token: str) -> Response:
    if not service.owner_link_holds(token):
        return _dead_link()
    form = NewAccountForm()
    if form.validate_on_submit():
        verified = service.verify(form.address, form.password.data)
        password_hash = passwords.make_hash(form.password.data)
        try:
            with transaction():
                begun = service.create_owner(token, form.address, password_hash, verified, _device())
        except recovery.DeadLink:
            return _dead_link()
        if begun:
            return _enter(begun, "/")
        form.form_errors.append("This address has an account already: type that account's password.")
    return _page("setup", form)


def _register_or_log_in(form: NewAccountForm) -> Login | None:
    """Register; whoever has an account and types its password (a double click, a new device) is just logged in."""
    was_known = service.is_known(form.address)
    verified = service.verify(form.address, form.password.data)
    password_hash = passwords.make_hash(form.password.data)
    with transaction():
        if verified:
            return service.log_in(verified, _device())
        tell = form.next_path if was_known else None
        begun = service.register(form.address, password_hash, _device(), tell=tell)
    if begun is None and not was_known:  # the first of two clicks has made the account meanwhile
        return _log_in(form)
    return begun


def _log_in(form: LoginForm) -> Login | None:
    verified = service.verify(form.address, form.password.data)
    if verified is None:
        return None
    with transaction():
        return service.log_in(verified, _device())


def _form_or_leave(name: str, form: LoginForm | NewAccountForm) -> Response:
    """Show the form; who is logged in already goes on to the wanted page."""
    if request.method == "GET" and live_session():
        return redirect(form.next_path, 303)
    return _page(name, form, changed="changed" in request.args)


def _page(name: str, form: FlaskForm, **values: object) -> Response:
    """A page with a form: 422 if it comes back with errors."""
    if isinstance(form, ReturningForm):
        form.next.data = form.next_path
    page = render_template(f"auth/{name}.html", form=form, **values)
    return make_response(page, 422 if form.errors else 200)


def _dead_link() -> Response:
    return make_response(render_template("auth/dead_link.html", message=recovery.DeadLink.message), 404)


def _enter(login: Login, path: str) -> Response:
    response = redirect(path, 303)
    sessions.set_cookie(response, login.user_id, login.token)
    session.clear()  # a new CSRF token for the new login
    return response


def _leave(path: str, **arguments: str) -> Response:
    response = redirect(f"{path}?{urlencode(arguments)}" if arguments else path, 303)
    sessions.clear_cookie(response)
    session.clear()
    return response


def _device() -> Device:
    live = live_session()
    agent = "".join(char for char in request.user_agent.string if char.isprintable())
    return Device(_network(), agent, ends=live.session_id if live else None)


def _network() -> str:
    return network_of(request.remote_addr or "")
