"""Directive ``system-table``: every system of `taylorad.ode.systems`, so that a new one documents itself."""

from docutils import nodes
from rule_table import literals, row, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def interval(ends: tuple[float, float]) -> str:
    return " … ".join(f"{end:.4g}" for end in ends)


class SystemTable(SphinxDirective):
    """A row for each system: name, number of components, interval, what it conserves, source."""

    def run(self) -> list[nodes.Node]:
        from taylorad.ode import systems

        rows = []
        for name in systems.names():
            system = systems.load(name)
            rows.append(
                row(
                    literals([name]),
                    nodes.Text(str(system.initial_state.size)),
                    nodes.Text(interval(system.interval)),
                    nodes.Text(", ".join(system.invariants).replace("_", " ")),
                    nodes.Text(system.source),
                )
            )
        return [table(("name", "n", "interval", "conserved", "source"), rows)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("system-table", SystemTable)
    app.connect("env-get-outdated", lambda app, env, *others: ["guide/ode-systems"])  # code is its source
    return {"parallel_read_safe": True, "parallel_write_safe": True}
