"""What machines read of a code page: schema.org data, with the marks of a page that is not wholly free."""

from __future__ import annotations

import json

from markupsafe import Markup

from webapp.codes.document import Document, label
from webapp.codes.rendition import Entry

LOCKED_SELECTOR = ".locked"
METERED_SELECTOR = ".section"


def json_ld(document: Document, shown: list[Entry], canonical: str, *, metered: bool) -> Markup:
    """Return the JSON-LD of a page, safe inside a script element.

    Source: schema.org MedicalCode and BreadcrumbList;
    Google's marks for paywalled content (isAccessibleForFree, hasPart, cssSelector).
    """
    locked = any(entry.locked for entry in shown)
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "url": canonical,
        "name": f"{document.key} {document.title}",
        "description": document.lead,
        "about": {
            "@type": "MedicalCode",
            "codeValue": document.key,
            "codingSystem": document.system_name,
            "name": document.title,
        },
        "breadcrumb": _breadcrumb(document, canonical),
        "isAccessibleForFree": not (metered or locked),
    }
    if metered or locked:
        selector = METERED_SELECTOR if metered else LOCKED_SELECTOR
        data["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": selector}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # `<` begins markup even inside a data block; JSON may write it as an escape, and then the text is safe (S704).
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _breadcrumb(document: Document, canonical: str) -> dict[str, object]:
    """Return the way from the code systems to the page, as the page itself shows it. `canonical` ends with the key."""
    system = canonical.removesuffix(document.key)
    steps = [(system, document.system_name), *((system + link.key, label(link.key)) for link in document.path)]
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": address}
        for number, (address, name) in enumerate([*steps, (canonical, label(document.key))], 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}
