"""Passes: graphs in, graphs out, each one small pure function."""

from __future__ import annotations

from taylorad.compile.graph import Graph
from taylorad.compile.passes import constants, invariants, moves, places, powers, reductions
from taylorad.compile.passes.common import applied, merged, swept
from taylorad.compile.passes.constants import folded
from taylorad.compile.passes.invariants import hoisted
from taylorad.compile.passes.lanes import Widening, widened
from taylorad.compile.passes.linear import combined, combining
from taylorad.compile.passes.moves import composed_moves
from taylorad.compile.passes.places import flattened
from taylorad.compile.passes.powers import reduced
from taylorad.compile.passes.reductions import simplified

__all__ = [
    "simplify",
    "combined",
    "composed_moves",
    "flattened",
    "folded",
    "hoisted",
    "reduced",
    "simplified",
    "swept",
    "widened",
]

LOCAL = (constants, powers, moves, invariants, reductions, places)
ROUNDS = 6
LANE_ROUNDS = 3  # wide values may make others alike


def simplify(graph: Graph, lanes: bool = True) -> Graph:
    """A graph with the same results, to rounding, of fewer and wider values.

    Parameters
    ----------
    graph : Graph
    lanes : bool
        Whether independent small values become lanes of wide ones.
    """
    graph = _rounds(graph, long_sums=lanes)
    for _ in range(LANE_ROUNDS if lanes else 0):
        widening = Widening(graph)
        graph = widening.run()
        if not widening.changed:
            break
        graph = _rounds(graph, long_sums=False)
    return swept(graph)


def _rounds(graph: Graph, long_sums: bool) -> Graph:
    """All passes but the lanes."""
    graph = _local(graph)
    graph, changed = combining(graph, long_sums)
    return _local(graph) if changed else graph


def _local(graph: Graph) -> Graph:
    """All passes that look at a value and its operands, until nothing changes."""
    for _ in range(ROUNDS):
        graph, changed = applied(graph, merged(one.rules(graph) for one in LOCAL))
        if not changed:
            break
    return graph
