"""The forms of accounts. Fields are named as password managers expect them."""

from __future__ import annotations

from flask import request
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, ValidationError
from wtforms.validators import InputRequired

from webapp.auth import addresses, strength
from webapp.auth.addresses import Address
from webapp.core.net import own_path
from webapp.extensions import settings

NEW_PASSWORD_HINT = f"{strength.SHORTEST} to {strength.LONGEST} characters of any kind; a few unrelated words do well."


class ReturningForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    """A form after which the reader goes on to the page they came for."""

    next = HiddenField()

    @property
    def next_path(self) -> str:
        """The page to go on to: one of our own in any case, and not one that has done its work."""
        path = own_path(self.next.data or request.args.get("next"))
        return "/" if path.startswith(("/logout", "/reset", "/setup")) else path


class AddressForm(ReturningForm):
    """A form with an address. After validation `address` holds it."""

    email = EmailField(
        "E-mail address", [InputRequired("Type your e-mail address.")], render_kw={"autocomplete": "username"}
    )
    address: Address

    def validate_email(self, field: EmailField) -> None:
        try:
            self.address = addresses.read(field.data)
        except addresses.UnusableAddress as error:
            raise ValidationError(error.message) from error


class LoginForm(AddressForm):
    password = PasswordField(
        "Password", [InputRequired("Type your password.")], render_kw={"autocomplete": "current-password"}
    )

    def validate_password(self, field: PasswordField) -> None:
        if len(field.data) > strength.LONGEST:
            raise ValidationError(f"Passwords have at most {strength.LONGEST} characters.")


class NewAccountForm(AddressForm):
    password = PasswordField(
        "New password",
        [InputRequired("Choose a password.")],
        description=NEW_PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )

    def validate_password(self, field: PasswordField) -> None:
        refuse_weak(field.data, self.email.data or "")


class NewPasswordForm(ReturningForm):
    """A new password for the reader whose address is given."""

    password = PasswordField(
        "New password",
        [InputRequired("Choose a password.")],
        description=NEW_PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, email: str) -> None:
        super().__init__()
        self._email = email

    def validate_password(self, field: PasswordField) -> None:
        refuse_weak(field.data, self._email)


class LogoutForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    pass


def refuse_weak(password: str, email: str) -> None:
    """Errors: ValidationError saying why."""
    weakness = strength.weakness(password, [email, settings().site_name])
    if weakness:
        raise ValidationError(weakness)
