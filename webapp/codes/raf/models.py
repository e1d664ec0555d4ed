"""The risk adjustment models: which dataset maps diagnoses to each one's categories, and how these are named."""

from __future__ import annotations

from dataclasses import dataclass

CMS_HCC, ESRD, RX = "CMS-HCC", "ESRD", "RxHCC"
PREFIXES = {CMS_HCC: "HCC", ESRD: "HCC", RX: "RXHCC"}


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `domain` and `version` name it in CMS's files of labels, hierarchies and factors."""

    dataset: str
    name: str
    domain: str
    version: str

    def category(self, cc: str) -> str:
        """Return a category as CMS name it: `HCC37`, `RXHCC5`."""
        return f"{PREFIXES[self.domain]}{cc}"

    def label_key(self, cc: str) -> str:
        """Return the code of a category's rows in `hcc-labels` and `hcc-factors`."""
        return f"{self.version}:{self.category(cc)}"

    def hierarchy_key(self, cc: str) -> str:
        """Return the code of the rows of those whom a category drops in `hcc-hierarchies`."""
        return f"{self.version}:{cc}"


MODELS = (
    Model("hcc-v28", "CMS-HCC V28", CMS_HCC, "V28"),
    Model("hcc-v24", "CMS-HCC V24", CMS_HCC, "V24"),
    Model("hcc-v23", "CMS-HCC V23", CMS_HCC, "V23"),
    Model("hcc-v22", "CMS-HCC V22", CMS_HCC, "V22"),
    Model("hcc-v21", "CMS-HCC V21", CMS_HCC, "V21"),
    Model("hcc-v20", "CMS-HCC V20", CMS_HCC, "V20"),
    Model("hcc-esrd-v24", "CMS-HCC ESRD V24", ESRD, "V24"),
    Model("hcc-esrd-v21", "CMS-HCC ESRD V21", ESRD, "V21"),
    Model("hcc-rx-v08", "RxHCC V08", RX, "R08"),
    Model("hcc-rx-v05", "RxHCC V05", RX, "R05"),
)
"""All models, the newest of each kind first."""
BY_DATASET = {model.dataset: model for model in MODELS}
