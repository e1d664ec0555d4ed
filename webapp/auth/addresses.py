"""E-mail addresses: what we take, and which of them are one reader."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError

from webapp.core.errors import BadInput
from webapp.mail.addresses import check

LONGEST = 254


class UnusableAddress(BadInput):
    code, message = "unusable_address", "This is not an e-mail address we can write to."


@dataclass(frozen=True, slots=True)
class Address:
    """An address as typed, and the form under which its reader is counted."""

    typed: str
    normalized: str


def read(text: str) -> Address:
    """Check an address without asking the network. Errors: UnusableAddress.

    Normalised means lower-case, without `+part`, the domain in IDNA:
    `Bob+x@Bücher.example` is `bob@xn--bcher-kva.example`.
    """
    typed = text.strip()
    if len(typed) > LONGEST:
        raise UnusableAddress
    try:
        found = check(typed)
    except EmailNotValidError as error:
        raise UnusableAddress from error
    mailbox = found.local_part.lower()
    name = mailbox.partition("+")[0] or mailbox
    return Address(typed, f"{name}@{found.ascii_domain}")
