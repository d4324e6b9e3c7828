"""Directives ``computed-figure`` and ``computed-table``: the scripts of docs/figures run in every build.

``computed-figure NAME`` shows what ``figure()`` of docs/figures/NAME.py draws, as an SVG; ``:alt:`` puts it in
words, the content is the caption. ``computed-table NAME`` shows the headings and the rows of LaTeX of ``table()``.
"""

import os
import runpy
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from rule_table import row, table
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure
from sphinx.util.docutils import SphinxDirective

FOLDER = Path(__file__).resolve().parent.parent / "figures"


class Computed(SphinxDirective):
    """A directive whose argument names a script; its page is read again in every build, for code has no timestamp."""

    required_arguments = 1

    def script(self) -> dict[str, Any]:
        """Return the names the script defines."""
        self.env.note_reread()
        self.env.note_dependency(FOLDER / f"{self.arguments[0]}.py")
        return runpy.run_path(str(FOLDER / f"{self.arguments[0]}.py"))


class ComputedFigure(Computed, Figure):
    """The image of a script, with a caption."""

    def run(self) -> list[nodes.Node]:
        from drawing import save

        if "alt" not in self.options:
            raise self.error("a computed-figure needs :alt:, what the figure shows in words")
        target = Path(self.env.doctreedir) / "figures" / f"{self.arguments[0]}.svg"
        target.parent.mkdir(parents=True, exist_ok=True)
        save(self.script()["figure"](), target)
        self.arguments[0] = os.path.relpath(target, Path(self.env.doc2path(self.env.docname)).parent)
        return super().run()


class ComputedTable(Computed):
    """Cells of mathematics under headings of text."""

    def run(self) -> list[nodes.Node]:
        headings, rows = self.script()["table"]()
        return [table(headings, [row(*(nodes.math("", latex) for latex in cells)) for cells in rows])]


def setup(app: Sphinx) -> dict[str, bool]:
    sys.path.insert(0, str(FOLDER))  # scripts share drawing.py
    app.add_directive("computed-figure", ComputedFigure)
    app.add_directive("computed-table", ComputedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
