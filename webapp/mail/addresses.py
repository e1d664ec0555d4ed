"""Which e-mail addresses can be written to, by their form alone: the network is not asked."""

from __future__ import annotations

import email_validator
from email_validator import ValidatedEmail, validate_email

for _name in ("local", "test"):  # names of private networks: a site may run inside one
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_name)


def check(address: str) -> ValidatedEmail:
    """Return the parts of an address. Errors: email_validator.EmailNotValidError."""
    return validate_email(
        address, check_deliverability=False, allow_smtputf8=False, allow_quoted_local=False, strict=True
    )
