"""Directive ``validation-table``: a part of validation/enclosures/report.json, which a full validation run writes.

``validation-table functions`` has a row for each function of the table, ``validation-table composed`` for each
composed one, ``validation-table reasons`` the reasons of large bounds.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from rule_table import row, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

REPORT = Path(__file__).resolve().parents[2] / "validation" / "enclosures" / "report.json"
HEADINGS = ("function", "what", "points", "numbers", "ulps", "allowed", "at", "conditioned", "allowed", "at")


def place(worst: dict[str, Any]) -> str:
    from taylorad.validate.report import number

    at = ", ".join(number(complex(a) if "j" in a else float(a)) for a in worst["at"])
    return f"{at}: {worst['where']}" if at else ""


def cells(result: dict[str, Any]) -> nodes.row:
    from taylorad.validate.report import figure

    texts = [result["kind"], str(result["points"]), str(result["numbers"])]
    for kind in ("plain", "conditioned"):
        worst = result[kind]
        texts += [figure(worst["ulps"]), figure(worst["allowed"]), place(worst)]
    return row(nodes.literal("", result["name"]), *(nodes.Text(text) for text in texts))


def reasons(results: list[dict[str, Any]]) -> nodes.bullet_list:
    given: dict[str, list[str]] = {}
    for result in results:
        names = given.setdefault(result["reason"], [])
        if result["name"] not in names:
            names.append(result["name"])
    given.pop("", None)
    items = (f"{', '.join(names)}: {reason}" for reason, names in given.items())
    return nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", item)) for item in items))


class ValidationTable(SphinxDirective):
    """A table or the list of reasons."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        from taylorad.validate import points

        self.env.note_dependency(REPORT)
        results = json.loads(REPORT.read_text(encoding="utf-8"))["results"]
        if self.arguments[0] == "reasons":
            return [reasons(results)]
        wanted = self.arguments[0] == "functions"
        known = set(points.names())
        rows = [cells(result) for result in results if (result["name"] in known) == wanted]
        return [table(HEADINGS, rows)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("validation-table", ValidationTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
