"""The tools' pages."""

from __future__ import annotations

from flask import Blueprint, render_template

from webapp.core.errors import NotFound

blueprint = Blueprint("tools", __name__)

TOOLS = {
    "casepilot": ("CasePilot", "A coding assistant."),
    "case2code": ("Case2Code", "Codes for a case in your own words, line by line, and why each was found."),
    "redactphi": ("RedactPHI", "Redaction of protected health information."),
    "detecticd10cm": ("DetectICD10CM", "ICD-10-CM codes found in free text."),
}
"""Every tool that plans may name, with its name and what it does."""


@blueprint.get("/tools/<tool>")
def tool_page(tool: str) -> tuple[str, int]:
    """Say what a tool is, and that it is not open yet."""
    if tool not in TOOLS:
        raise NotFound
    name, summary = TOOLS[tool]
    return render_template("tools/tool.html", name=name, summary=summary), 404
