"""Directives ``conformance-files``, ``conformance-operations`` and ``conformance-deviations``.

The tables of the page on conformance to IEEE 1788: every build runs the vectors of ITF1788 in tests/interval/itf1788
and counts how they come out. A vector that comes out wrong is a warning, so that `sphinx-build -W` fails.
"""

import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from rule_table import row, table
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
HEADINGS = {
    "equal": "as expected",
    "wider": "enclosing",
    "otherwise": "otherwise",
    "not offered": "not offered",
}


@cache
def judged() -> tuple[tuple[Any, str], ...]:
    """Return every vector with its verdict."""
    from tests.interval.itf1788 import operations, vectors

    by_operation = defaultdict(list)
    for vector in vectors.read_all():
        by_operation[vector.operation].append(vector)
    results = [pair for group in by_operation.values() for pair in operations.outcomes(group)]
    verdicts = tuple((vector, operations.verdict(vector, answer)) for vector, answer in results)
    for vector, found in verdicts:
        if found == "wrong":
            logger.warning("vector of ITF1788 comes out wrong: %s", vector.place)
    return verdicts


def counts(key: str) -> dict[str, Counter]:
    """Return how many vectors of each file or operation come out in which way."""
    found: dict[str, Counter] = defaultdict(Counter)
    for vector, verdict in judged():
        found[getattr(vector, key)][verdict] += 1
    return found


def numbers(counter: Counter) -> list[nodes.Text]:
    """Return the cells of a row: the total, and the number of each verdict, blank for none."""
    shown = (str(counter[verdict]) if counter[verdict] else "" for verdict in HEADINGS)
    return [nodes.Text(str(counter.total())), *map(nodes.Text, shown)]


class Files(SphinxDirective):
    """One row a file of vectors, and their sum."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        found = counts("file")
        rows = [row(nodes.literal("", name), *numbers(counter)) for name, counter in sorted(found.items())]
        rows.append(row(nodes.strong("", "all"), *numbers(sum(found.values(), Counter()))))
        return [table(("file", "vectors", *HEADINGS.values()), rows)]


class Operations(SphinxDirective):
    """One row an operation of the standard, with what it is called here."""

    def run(self) -> list[nodes.Node]:
        from tests.interval.itf1788.operations import NOT_OFFERED, OPERATIONS, is_offered

        self.env.note_reread()
        rows = []
        for name, counter in counts("operation").items():
            here = (
                nodes.literal("", OPERATIONS[name].ours)
                if is_offered(name)
                else nodes.Text(NOT_OFFERED.get(name, "not yet"))
            )
            rows.append(row(nodes.literal("", name), here, *numbers(counter)))
        return [table(("IEEE 1788", "here", "vectors", *HEADINGS.values()), rows)]


class Deviations(SphinxDirective):
    """The reasons why vectors come out otherwise, with their lines."""

    def run(self) -> list[nodes.Node]:
        from tests.interval.itf1788.operations import DEVIATIONS

        items = []
        for reason, lines in DEVIATIONS.items():
            code = nodes.literal_block("", "\n".join(lines), language="text")
            items.append(nodes.list_item("", nodes.paragraph("", reason), code))
        return [nodes.bullet_list("", *items)]


def setup(app: Sphinx) -> dict[str, bool]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # tests.interval.itf1788
    app.add_directive("conformance-files", Files)
    app.add_directive("conformance-operations", Operations)
    app.add_directive("conformance-deviations", Deviations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
