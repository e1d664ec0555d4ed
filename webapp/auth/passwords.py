"""Password hashes: argon2id at OWASP's first recommended strength (19 MiB, two passes, one lane)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
DECOY = "$argon2id$v=19$m=19456,t=2,p=1$eEUpemIEY0ep+ygrgURIKQ$xe9dnrnKkIfafOl7JnQ6WF+sZRiw6xYeo7530jbMsb4"
"""The hash of a random password no one knows: checked where there is no account, so that both cases cost the same."""


def make_hash(password: str) -> str:
    """Hash a password; about 20 ms of work and 19 MiB."""
    return HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. None (no such account) costs the same and is never right."""
    try:
        return HASHER.verify(password_hash or DECOY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made at another strength than today's."""
    return HASHER.check_needs_rehash(password_hash)
