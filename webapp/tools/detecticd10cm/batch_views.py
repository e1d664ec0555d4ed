"""DetectICD10CM for files of many notes: an upload that is read in memory, and an answer streamed while it is made."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Request, Response, current_app, render_template, request
from werkzeug.formparser import FormDataParser

from webapp.access.sentences import Wall
from webapp.access.web import PRIVATE, current_visitor
from webapp.codes import feature_gate
from webapp.codes.terms import keeping
from webapp.codes.terms.keeping import NotBuilt
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.extensions import csrf
from webapp.tools import answers, quotas, streams
from webapp.tools.detecticd10cm import batch, uploads
from webapp.tools.detecticd10cm.batch import How, Stream
from webapp.tools.detecticd10cm.forms import BatchForm
from webapp.tools.detecticd10cm.uploads import FileRefused, Note, Sent
from webapp.tools.detecticd10cm.views import PATH, TOOL
from webapp.tools.quotas import QuotaExceeded
from webapp.tools.streams import Busy

blueprint = Blueprint("detecticd10cm_batch", __name__, url_prefix=f"{PATH}/batch")

FEATURE = "batch"
FORM_ROOM = 512 * 1024
"""Bytes of a request beside its files: 500 files have 500 headers."""
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@blueprint.get("")
def batch_page() -> Response:
    """The form, or the offer for plans without batches."""
    return _page(BatchForm())


@blueprint.post("")
@csrf.exempt  # type: ignore[untyped-decorator]  # the library is untyped
def read_batch() -> Response:
    """Answer with the codes of many notes, streamed as CSV or JSON lines; uses count for the notes that were read.

    Left out of the check of tokens before views, which reads the body: `_receive` says where files go, then checks.
    422 with errors, 429 when the uses left are too few or too many streams run. Errors: NotInPlan.
    """
    feature_gate.require(FEATURE)
    form, files = _receive()
    notes = _notes(form, files)
    if form.errors:
        return _page(form, 422)
    try:
        return _stream(form, notes)
    except (QuotaExceeded, NotBuilt, Busy) as error:
        return _page(form, error.status, refused=error)


def _receive() -> tuple[BatchForm, list[Sent]]:
    """Read the form with its files in memory. Errors: NotInPlan for a day where the plan has none."""

    def parser(**options: Any) -> FormDataParser:
        return FormDataParser(**{**options, "stream_factory": lambda *_, **__: io.BytesIO()})

    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # the proxy's documented way
    asked.max_content_length = uploads.LARGEST_BATCH + FORM_ROOM
    asked.form_data_parser_class = parser  # type: ignore[assignment]  # Werkzeug calls it with these options
    csrf.protect()
    form = BatchForm(request.form)
    form.validate()
    if form.on.data:
        feature_gate.require("as_of")
    sent = [file for file in request.files.getlist("files") if file.filename]
    return form, [Sent(file.filename or "", file.stream.read()) for file in sent]


def _notes(form: BatchForm, files: list[Sent]) -> list[Note]:
    """Return the notes, or put beside the form why there are none."""
    try:
        return uploads.read(files, form.column.data or "", form.id_column.data or "")
    except FileRefused as error:
        form.form_errors.append(str(error))
        return []


def _stream(form: BatchForm, notes: list[Note]) -> Response:
    """Begin the answer: a place first, then the uses of all notes that can be read. Errors: Busy, QuotaExceeded,
    NotBuilt.
    """
    keeping.current()
    sound = sum(not note.error for note in notes)
    kind = form.format.data
    write = batch.csv_writer(current_visitor().plan.sections) if kind == "csv" else batch.json_writer
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's documented way
    place = streams.take_place()
    try:
        held = quotas.hold(TOOL, sound) if sound else None
    except BaseException:
        place.leave()
        raise
    body = Stream(app, notes, How(form.chosen_setting, form.day), write, held, place)
    response = Response(body, content_type=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="codes-{clock.today()}.{kind}"'
    response.headers["Cache-Control"] = PRIVATE
    response.headers["X-Notes"] = str(len(notes))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(form: BatchForm, status: int = 200, *, refused: CodeshelfError | None = None) -> Response:
    wall: Wall | None = feature_gate.wall(FEATURE)
    if isinstance(refused, QuotaExceeded):
        wall = answers.wall(refused.message, refused.offer)
    html = render_template(
        "tools/detecticd10cm_batch.html",
        form=form,
        wall=wall,
        refused=refused,
        may=feature_gate.has(FEATURE),
        may_choose_day=feature_gate.has("as_of"),
        left=quotas.left(TOOL),
        most=uploads.MOST_NOTES,
        megabytes=uploads.LARGEST_BATCH // 1024 // 1024,
    )
    return answers.page(html, status, refused)
