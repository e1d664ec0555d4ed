"""Pages of staff: what is loaded, loading more, and taking a release back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, Request, Response, jsonify, make_response, redirect, render_template, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, FileField, Form, MultipleFileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from webapp.admin.guard import staff_only
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.importers.files import LARGEST_FILE
from webapp.codes.importers.registry import IMPORTERS
from webapp.codes.importing import LONGEST_RELEASE
from webapp.codes.listing import FileRefused
from webapp.codes.models import Release
from webapp.codes.rollback import Newest
from webapp.codes.uploads import due, progress, service, store, tasks
from webapp.codes.uploads.models import UNFINISHED, CatalogueJob
from webapp.codes.uploads.store import Folder
from webapp.core import clock
from webapp.core.errors import BadInput, NotFound
from webapp.extensions import RedisUnavailable, csrf, transaction

blueprint = Blueprint("staff_catalogue", __name__, url_prefix="/staff/catalogue")
blueprint.before_request(staff_only)

FORM_ROOM = 1024 * 1024
"""Bytes of a request beside its files."""
MOST_FILES = 20
"""Of one source; PTP edits come in four files for each of two tables."""
JOBS_SHOWN = 20


class LoadForm(Form):  # type: ignore[misc]  # wtforms has no types
    """Files of one source, and what staff say of them."""

    source = SelectField("Source", validate_choice=False)
    files = MultipleFileField(
        "File",
        description="As the publisher offers it: a zip, a text, a CSV file or a workbook, with its own name. Several "
        "where a source comes in parts, such as the PTP edits; 512 MB in all.",
    )
    codes = FileField(
        "List of codes that exist", description="For the ICD-10-CM tabular list only: a text with a code in each line."
    )
    release = StringField(
        "Name of the release", [Length(max=LONGEST_RELEASE)], description="Empty: as the file names it."
    )
    effective = DateField("First valid day", [Optional()], description="Empty: as the file says.")

    def validate_source(self, field: SelectField) -> None:
        if field.data not in service.sources():
            raise ValidationError("Choose what the file is.")

    def validate_release(self, field: StringField) -> None:
        if field.data and not field.data.isprintable():
            raise ValidationError("Use printable characters only.")


@blueprint.get("/")
def index() -> BaseResponse:
    """What is loaded, and the form to load more."""
    return _page(_form(source=request.args.get("source", "")))


@blueprint.post("/loads")
@csrf.exempt  # type: ignore[untyped-decorator]  # the library is untyped
def load() -> BaseResponse:
    """Take files in and have them loaded, or tried.

    Left out of the check of tokens before views, which reads the body: `_receive` says where files go, then checks.
    """
    with store.receiving() as folder:
        form, files = _receive(folder)
        _check_files(form, files)
        if form.errors:
            store.delete(folder.name)
            return _page(form)
        with transaction():
            job = service.ask_for_load(
                form.source.data,
                folder.name,
                files,
                _given(form),
                dry_run=request.form.get("do") != "load",
                staff_id=current_user.id,
            )
            tasks.run_soon(job.id)
            job_id = job.id
    return _to(job_id)


@blueprint.get("/jobs/<int(max=2147483647):job_id>")
def job_page(job_id: int) -> str:
    """How a job goes, or what it did."""
    job = service.of(job_id)
    return render_template(
        "admin/job.html",
        job=job,
        name=service.name_of(job.source),
        step=_step(job),
        unfinished=job.state in UNFINISHED,
        may_be_loaded=service.may_be_loaded(job),
    )


@blueprint.get("/jobs/<int(max=2147483647):job_id>/state")
def job_state(job_id: int) -> Response:
    """How a job goes, for the page's script: `state`, and while it runs `label`, `done`, `total`."""
    job = service.of(job_id)
    step = _step(job)
    shown = {"label": step.label, "done": step.done, "total": step.total} if step else {}
    answer = jsonify(state=job.state, unfinished=job.state in UNFINISHED, **shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/jobs/<int(max=2147483647):job_id>/load")
def load_again(job_id: int) -> BaseResponse:
    """Load the files of a job: in earnest after a dry run, or once more. Errors: BadInput, NotFound."""
    with transaction():
        again = service.ask_again(job_id, current_user.id).id
        tasks.run_soon(again)
    return _to(again)


@blueprint.get("/sources/<source>/take-back")
def confirm_take_back(source: str) -> str:
    """What goes with the newest release of a source. Errors: NotFound."""
    found = _newest(source)
    releases: list[DatasetRelease | Release] = [*([found.codes] if found.codes else []), *found.datasets]
    return render_template(
        "admin/take_back.html",
        source=source,
        name=service.sources()[source],
        found=found,
        releases=[(each, _names(each), service.release_before(each)) for each in releases],
    )


@blueprint.post("/sources/<source>/take-back")
def take_back(source: str) -> BaseResponse:
    """Have the newest release of a source taken back. Errors: NotFound; FileRefused if it is not what was shown."""
    _newest(source)
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise BadInput from None
    with transaction():
        job_id = service.ask_to_take_back(source, day, current_user.id).id
        tasks.run_soon(job_id)
    return _to(job_id)


def _newest(source: str) -> Newest:
    if source not in service.sources():
        raise NotFound
    try:
        return service.newest(source)
    except FileRefused as error:
        raise NotFound(error.message) from None


def _names(release: DatasetRelease | Release) -> str:
    return service.name_of(release.dataset) if isinstance(release, DatasetRelease) else "The codes themselves"


def _receive(folder: Folder) -> tuple[LoadForm, list[dict[str, Any]]]:
    """Read the form, each file straight into `folder`; return it with the files as a job's row has them."""

    def parser(**options: Any) -> FormDataParser:
        return FormDataParser(**{**options, "stream_factory": folder.open})

    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # the proxy's documented way
    asked.max_content_length = LARGEST_FILE + FORM_ROOM
    asked.form_data_parser_class = parser  # type: ignore[assignment]  # Werkzeug calls it with these options
    csrf.protect()
    form = _form(request.form)
    form.validate()
    sent = [(each, "file") for each in request.files.getlist("files")]
    sent += [(each, "codes") for each in request.files.getlist("codes")[:1]]
    return form, [_stored(folder, each, role) for each, role in sent if each.filename]


def _stored(folder: Folder, sent: FileStorage, role: str) -> dict[str, Any]:
    path = Path(sent.stream.name)
    sent.close()
    return {
        "place": path.relative_to(folder.path).as_posix(),
        "name": path.name,
        "size": path.stat().st_size,
        "role": role,
    }


def _check_files(form: LoadForm, files: list[dict[str, Any]]) -> None:
    sent = [each for each in files if each["role"] == "file"]
    if not sent:
        form.files.errors = ["Choose the file to load."]
    elif len(sent) > MOST_FILES:
        form.files.errors = [f"Send {MOST_FILES} files at most."]
    elif any(each["size"] == 0 for each in files):
        form.files.errors = ["A file is empty."]
    importer = IMPORTERS.get(form.source.data)
    if len(sent) < len(files) and not (importer and importer.takes_codes):
        form.codes.errors = ["Only the ICD-10-CM tabular list is loaded with a list of codes."]


def _given(form: LoadForm) -> dict[str, Any]:
    given = {"release": (form.release.data or "").strip(), "effective": form.effective.data}
    return {key: str(value) for key, value in given.items() if value}


def _form(data: object = None, source: str = "") -> LoadForm:
    form = LoadForm(data, source=source)
    choices = [SelectChoice(key, f"{text} ({key})") for key, text in service.sources().items()]
    form.source.choices = [SelectChoice("", "Choose …"), *choices]
    return form


def _step(job: CatalogueJob) -> progress.Step | None:
    """How far a running job is, as far as Redis tells."""
    try:
        return progress.of(job.id) if job.state == "running" else None
    except RedisUnavailable:
        return None


def _page(form: LoadForm) -> BaseResponse:
    shelves = due.shelves(clock.today())
    page = render_template(
        "admin/catalogue.html",
        form=form,
        shelves=shelves,
        latest=due.latest(shelves),
        jobs=[(job, service.name_of(job.source)) for job in service.recent(JOBS_SHOWN)],
    )
    return make_response(page, 422 if form.errors else 200)


def _to(job_id: int) -> BaseResponse:
    return redirect(f"/staff/catalogue/jobs/{job_id}", 303)
