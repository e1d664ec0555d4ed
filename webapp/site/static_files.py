"""Static files under addresses that hold a hash of their content, so that browsers may keep them for good.

All are small: they are read once at start and served from memory, compressed where that helps.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

FOR_GOOD = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"
COMPRESSIBLE = ("text/", "image/svg+xml")
MINIMUM_GZIP_BYTES = 400
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    """The body gzipped, empty where that does not pay."""
    mimetype: str
    version: str
    """The first 12 hexadecimal digits of the content's SHA-256."""


def init_app(app: Flask) -> None:
    """Read the static folder and serve it in place of Flask's own view."""
    folder = Path(app.static_folder or "")
    app.extensions["static_files"] = {
        path.relative_to(folder).as_posix(): _read(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    app.view_functions["static"] = serve


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    mimetype = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    worth = mimetype.startswith(COMPRESSIBLE) and len(body) >= MINIMUM_GZIP_BYTES
    packed = gzip.compress(body, 9, mtime=0) if worth else b""
    return Asset(body, packed, mimetype, hashlib.sha256(body).hexdigest()[:12])


def static_url(app: Flask) -> Callable[[str], str]:
    """Return the function that gives a static file's address. Errors: KeyError for a file that is not there."""
    assets: dict[str, Asset] = app.extensions["static_files"]
    base = app.static_url_path or "/static"
    addresses = {name: f"{base}/{name}?v={asset.version}" for name, asset in assets.items()}
    return addresses.__getitem__


def serve(filename: str) -> Response:
    """Send a static file: for good under its hash, for five minutes otherwise. 404 if there is none."""
    asset: Asset | None = current_app.extensions["static_files"].get(filename)
    if asset is None:
        abort(404)
    return respond(asset, for_good=request.args.get("v") == asset.version)


def respond(asset: Asset, *, for_good: bool) -> Response:
    """Build the response for an asset, with its ETag checked against the request."""
    zipped = bool(asset.packed) and request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if zipped else asset.body, mimetype=asset.mimetype)
    if zipped:
        response.content_encoding = "gzip"
    if asset.packed:
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOR_GOOD if for_good else FOR_A_WHILE
    response.set_etag(f"{asset.version}{'-gz' if zipped else ''}")
    response.make_conditional(request)
    return response
