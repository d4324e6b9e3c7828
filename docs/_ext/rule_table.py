"""Directive ``rule-table``: every function of `taylorad.rules.TABLE`, so that a new rule documents itself.

The elementary functions come with their equation, which is the rule itself evaluated on SymPy symbols.
"""

import inspect
from collections import defaultdict
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sympy import Symbol, latex, sympify


def equation(rule: Any) -> str:
    """Return ``a y' = b x'`` in LaTeX, one equation an unknown; empty for a function without an equation."""
    if rule.ode is None:
        return ""
    letters = [Symbol(name) for name in inspect.signature(rule.ode).parameters]
    a, *slopes = rule.ode(*letters)
    arguments = letters[: len(rule.arguments)]
    unknowns = letters[len(arguments) :][: len(slopes)]
    lines = []
    for unknown, slope in zip(unknowns, slopes, strict=True):
        factors = slope if isinstance(slope, tuple) else (slope,)
        terms = (product(b, x) for b, x in zip(factors, arguments, strict=True) if sympify(b) != 0)
        lines.append(f"{product(a, unknown)} &= {' + '.join(terms).replace('+ -', '-') or '0'}")
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


def product(factor: Any, unknown: Symbol) -> str:
    """Return ``factor · unknown'`` in LaTeX."""
    factor = sympify(factor)
    text = "" if factor == 1 else "-" if factor == -1 else latex(factor)
    return rf"\left({text}\right) {unknown}'" if factor.is_Add else f"{text} {unknown}'"


def row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def table(headings: tuple[str, ...], rows: list[nodes.row]) -> nodes.table:
    columns = (nodes.colspec(colwidth=1) for _ in headings)
    head = nodes.thead("", row(*(nodes.Text(heading) for heading in headings)))
    return nodes.table("", nodes.tgroup("", *columns, head, nodes.tbody("", *rows), cols=len(headings)))


def literals(names: list[str]) -> nodes.inline:
    """Return names as code, with spaces between them."""
    spaced = [part for name in names for part in (nodes.Text(" "), nodes.literal("", name))]
    return nodes.inline("", "", *spaced[1:])


def elementary(names: list[str], rule: Any) -> nodes.row:
    """Return the row of a function that has a rule; aliases follow its name."""
    formula = equation(rule)
    shown = nodes.math("", formula) if formula else nodes.emphasis("", "coefficients in closed form")
    return row(literals(names), shown, nodes.Text(str(rule.domain)))


class RuleTable(SphinxDirective):
    """A table of the elementary functions, then the names of each other kind."""

    def run(self) -> list[nodes.Node]:
        import taylorad.rules

        names: dict[Any, list[str]] = defaultdict(list)
        for name, primitive in taylorad.rules.TABLE.items():  # an alias is the same primitive under another name
            names[primitive].append(name)
        kinds: dict[str, list[Any]] = defaultdict(list)
        for primitive in names:
            kinds[primitive.kind].append(primitive)
        page: list[nodes.Node] = []
        for kind, primitives in kinds.items():
            page.append(nodes.rubric("", f"{kind} ({len(primitives)})"))
            if kind == "elementary":
                rows = [elementary(names[primitive], primitive.rule) for primitive in primitives]
                page.append(table(("function", "equation", "domain"), rows))
            else:
                page.append(
                    nodes.paragraph("", "", literals([name for primitive in primitives for name in names[primitive]]))
                )
        return page


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("rule-table", RuleTable)
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: ["reference/rules"])  # code is its source
    return {"parallel_read_safe": True, "parallel_write_safe": True}
