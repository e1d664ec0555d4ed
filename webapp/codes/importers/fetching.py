"""Files from the publishers' sites: an https address is downloaded and then read as a file is.

Messages name the site and the file, and nothing else of an address: a name, a password or a key may stand in it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from webapp.codes.importers.files import LARGEST_FILE
from webapp.codes.listing import FileRefused
from webapp.codes.progress import Progress, silent

ADDRESS = ("https://", "http://")
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
"""How long a site may take to answer a call, and to send the next piece."""
REDIRECTS = 5
PIECE = 256 * 1024
"""Bytes that are written at a time."""
LONGEST_NAME = 200
DIGITS = 20
"""Digits of a length that are looked at: one with as many is too large however it goes on."""
HEADERS = {"User-Agent": "Codeshelf", "Accept-Encoding": "identity"}
"""Unpacked by nobody on the way: so a length is that of the file."""
CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "does not prove with a certificate that it is this site"),
    (requests.exceptions.ProxyError, "is not reached through the proxy"),
    (requests.exceptions.Timeout, "does not answer"),
)
"""What went wrong, in the words that stand after the site's name; the first that fits counts."""
NOT_REACHED, BROKEN_OFF = "is not reached", "broke off while it was sending"


class _Session(requests.Session):
    """Follows no redirect itself: it would read the whole body of one, however long that is."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as called
        return None


def is_address(text: str) -> bool:
    """Tell an address from the path of a file. One without encryption is an address too, which `fetched` refuses."""
    return text.lower().startswith(ADDRESS)


def fetched(address: str, folder: Path, progress: Progress = silent) -> Path:
    """Download the file at an https address into a new private folder inside `folder`, under its own name.

    Importers read dates from names, so the name is that of the address, also where it leads to another one. What was
    downloaded stays until the caller removes `folder`; of a download that fails nothing stays. The certificate is
    checked, against `REQUESTS_CA_BUNDLE` where that is set. Errors: FileRefused, for an address that is no https
    address or leads to one that is none, an answer that is no file, one larger than LARGEST_FILE or broken off.
    """
    name = _name_in(_https(address).path)
    private = _private(folder, name)
    try:
        with _Session() as session, _answer(session, address, name) as answer:
            _store(answer, private / name, progress)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise
    return private / name


def _private(folder: Path, name: str) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="fetched-", dir=folder))
    except OSError as error:
        raise _not_written(name, error) from None


def _https(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise FileRefused("The address is none: its site or port cannot be read.") from None
    if parts.scheme != "https":
        raise FileRefused(f"Files are fetched from https addresses only, not from {parts.scheme[:20] or 'others'}.")
    if not host:
        raise FileRefused("The address names no site.")
    return parts


def _name_in(path: str) -> str:
    """Return the last part of an address's path. Errors: FileRefused if no file can have it as its name."""
    name = unquote(path.rsplit("/", 1)[-1])
    if not name.strip(". ") or "/" in name or not name.isprintable() or len(name.encode()) > LONGEST_NAME:
        raise FileRefused(f"The address names no file: {name[:60]!r} stands at its end.")
    return name


@contextlib.contextmanager
def _answer(session: requests.Session, address: str, name: str) -> Iterator[requests.Response]:
    """Ask for a file, and follow where the site sends us; the answer is read in the block, which may go wrong too."""
    session.headers.update(HEADERS)
    site, otherwise = _site(address), NOT_REACHED
    timeouts = (CONNECT_SECONDS, READ_SECONDS)
    try:
        for _ in range(REDIRECTS + 1):
            with session.get(address, timeout=timeouts, stream=True) as answer:
                if not answer.is_redirect:
                    _check(answer, site, name)
                    otherwise = BROKEN_OFF
                    yield answer
                    return
                address = _onward(address, answer.headers["Location"], site)
                site = _site(address)
        raise FileRefused(f"{site} sends us on and on, and gives no {name}.")
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        # the libraries' own words hold the whole address, and are not repeated
        words = next((words for cause, words in CAUSES if isinstance(error, cause)), otherwise)
        raise FileRefused(f"{name} is not fetched: {site} {words}.") from None


def _site(address: str) -> str:
    return _https(address).hostname or ""


def _onward(address: str, location: str, site: str) -> str:
    """Return where a redirect leads. Errors: FileRefused unless that is an https address."""
    try:
        onward = urljoin(address, location)
        _https(onward)
    except (ValueError, FileRefused):
        raise FileRefused(f"{site} sends us on to an address that is no https address.") from None
    return onward


def _check(answer: requests.Response, site: str, name: str) -> None:
    """Refuse an answer that is no file. A page comes where a site first asks to accept a licence, or to sign in."""
    if answer.status_code != HTTPStatus.OK:
        raise FileRefused(f"{site} gives no {name}: it answers {_status(answer.status_code)}.")
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise FileRefused(
            f"{site} answers with a web page instead of {name}: if it asks to accept terms, download the file in a "
            "browser."
        )
    if _length(answer) > LARGEST_FILE:
        raise _too_large(name)


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _length(answer: requests.Response) -> int:
    """Return how many bytes an answer says that it has; 0 if it does not say."""
    said = answer.headers.get("Content-Length", "").lstrip("0")
    return int(said[:DIGITS]) if said.isascii() and said.isdecimal() else 0


def _too_large(name: str) -> FileRefused:
    return FileRefused(f"{name} is larger than any file of this source.")


def _store(answer: requests.Response, path: Path, progress: Progress) -> None:
    """Write an answer's body to a new file, counting: what an answer says of its length may be less than the truth.

    An answer shorter than it says is an error of the library's.
    """
    label, said, done = f"Fetching {path.name}", _length(answer) or LARGEST_FILE, 0
    progress(label, 0, said)
    try:
        with path.open("xb") as stream:
            for piece in answer.iter_content(PIECE):
                done += len(piece)
                if done > LARGEST_FILE:
                    raise _too_large(path.name)
                stream.write(piece)
                progress(label, done, max(done, said))
    except requests.RequestException:  # an OSError as well, told by `_answer`
        raise
    except OSError as error:
        raise _not_written(path.name, error) from None
    progress(label, done, done)


def _not_written(name: str, error: OSError) -> FileRefused:
    return FileRefused(f"{name} cannot be written: {error.strerror}.")
