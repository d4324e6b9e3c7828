"""Programs for people: tables like those of textbooks, and graphs for Graphviz.

In a program of n inputs the inputs are v₁₋ₙ … v₀ and the operations v₁, v₂, …; beside the value v stand its tangent v̇
(the derivative of v along a direction) and what the reverse sweep adds to the adjoints v̄, from the last line up.
"""

from __future__ import annotations

import html as markup
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.recurrence import QUIET
from taylorad.rings import as_coefficients
from taylorad.trace import naming
from taylorad.trace import operations as ops
from taylorad.trace.sweeps import Pullback

if TYPE_CHECKING:
    from taylorad.trace.node import Node
    from taylorad.trace.program import Program

LONGEST = 60  # operations that `print` shows
_DOT, _BAR = "\u0307", "\u0304"  # combining characters
Line = tuple[str, str, str]  # variable, formula, value


class Symbols:
    """Names of the variables of a program."""

    def __init__(self, program: Program):
        self.shift = 1 - len(program.inputs)
        self.x = {node.index: _numbered("x", i, len(program.inputs)) for i, node in enumerate(program.inputs)}
        self.y = [_numbered("y", i, len(program.outputs)) for i in range(len(program.outputs))]

    def value(self, operand: Any) -> str:
        """v₃, or the number that a constant is."""
        return self._of(operand, "")

    def tangent(self, operand: Any) -> str:
        """v̇₃."""
        return self._of(operand, _DOT)

    def adjoint(self, operand: Any) -> str:
        """v̄₃."""
        return self._of(operand, _BAR)

    def _of(self, operand: Any, accent: str) -> str:
        if not naming.is_node(operand):
            return naming.text(operand)
        return f"v{accent}{str(operand.index + self.shift).translate(naming.SUBSCRIPTS)}"

    def formula(self, node: Node) -> str:
        """What a node computes."""
        return self.x[node.index] if node.operation is ops.INPUT else naming.formula(node, self.value)


def _numbered(letter: str, i: int, count: int) -> str:
    return letter if count == 1 else letter + str(i + 1).translate(naming.SUBSCRIPTS)


def _accented(name: str, accent: str) -> str:
    return name[0] + accent + name[1:]


# -------------------------------------------------------------------------------------------------------------- sweeps


def tangents_of(program: Program, tangents: Sequence[Any]) -> list[Any]:
    """The tangent of every node, None where it is zero."""
    given = iter(tangents)
    results: list[Any] = []
    with np.errstate(**QUIET):
        for node in program.nodes:
            if node.operation is ops.INPUT:
                results.append(next(given))
                continue
            operands = [results[o.index] if naming.is_node(o) else None for o in node.operands]
            if node.operation.writes and operands[0] is not None:
                operands[0] = operands[0].copy()  # a store writes into it
            moved = any(t is not None for t in operands)
            results.append(node.operation.push(node, operands) if moved else None)
    return results


class Adjoints(Pullback):
    """A reverse sweep that keeps what it does.

    Attributes
    ----------
    steps : dict
        For the index of each node visited: (place of the operand, whether it had an adjoint before, its adjoint now).
    """

    def __init__(self, program: Program, seeds: Sequence[tuple[Node, Any]]):
        super().__init__(program)
        self.steps: dict[int, list[tuple[int, bool, Any]]] = {}
        with np.errstate(**QUIET):
            for node, ybar in seeds:
                self.add(node, ybar)
            for node in reversed(program.nodes):
                if node.operation is not ops.INPUT and self.cotangents[node.index] is not None:
                    self._visit(node)

    def _visit(self, node: Node) -> None:
        firsts: dict[int, int] = {}
        for i in naming.places(node):
            firsts.setdefault(node.operands[i].index, i)
        before = {index for index in firsts if self.cotangents[index] is not None}
        self.owned = False  # nothing may be written into an adjoint that is shown
        node.operation.pull(node, self.cotangents[node.index], self)
        after = [(i, index in before, self.cotangents[index]) for index, i in firsts.items()]
        self.steps[node.index] = [(i, had_one, np.copy(xbar)) for i, had_one, xbar in after if xbar is not None]


# -------------------------------------------------------------------------------------------------------------- tables


def columns_of(
    program: Program, nodes: list[Node], direction: Any = None, cotangent: Any = None
) -> list[tuple[str, list[list[Line]]]]:
    """Columns (title, lines for each row); a row for each of the nodes to be shown and one for each output."""
    symbols, values = Symbols(program), program.values()
    columns = [("primal", _primal(program, nodes, symbols, values))]
    if direction is not None:
        seeds = _seeds(direction, program.input_values, "direction")
        columns.append(("tangent", _tangent(program, nodes, symbols, tangents_of(program, seeds))))
    if cotangent is not None:
        outputs = [values[o.index] if naming.is_node(o) else o for o in program.outputs]
        bars = _seeds(cotangent, outputs, "cotangent")
        columns.append(("adjoint (upwards)", _adjoint(program, nodes, symbols, bars)))
    return columns


def _seeds(given: Any, like: Sequence[Any], what: str) -> list[Any]:
    """One array for each input or output, of its shape."""
    parts = [given] if len(like) == 1 else list(given)
    if len(parts) != len(like):
        raise ValueError(f"a {what} is needed for each of {len(like)} variables, got {len(parts)}")
    arrays = [p if hasattr(p, "level") else as_coefficients(p)[()] for p in parts]
    for i, (part, x) in enumerate(zip(arrays, like, strict=True)):
        if part.shape != np.shape(x):
            raise ValueError(f"{what} {i + 1} must have the shape {np.shape(x)} of its variable, got {part.shape}")
    return arrays


def _primal(program: Program, nodes: list[Node], symbols: Symbols, values: list) -> list[list[Line]]:
    rows = [[(symbols.value(node), symbols.formula(node), naming.text(values[node.index]))] for node in nodes]
    return rows + [
        [(y, symbols.value(o), naming.text(values[o.index] if naming.is_node(o) else o))]
        for y, o in zip(symbols.y, program.outputs, strict=True)
    ]


def _tangent(program: Program, nodes: list[Node], symbols: Symbols, tangents: list) -> list[list[Line]]:
    rows = []
    for node in nodes:
        tangent = tangents[node.index]
        if node.operation is ops.INPUT:
            formula = _accented(symbols.x[node.index], _DOT)
        else:
            formula = naming.tangent_formula(node, symbols.value, symbols.tangent)
        rows.append([(symbols.tangent(node), formula, "0" if tangent is None else naming.text(tangent))])
    for y, output in zip(symbols.y, program.outputs, strict=True):
        dy = tangents[output.index] if naming.is_node(output) else None
        formula = symbols.tangent(output) if naming.is_node(output) else "0"
        rows.append([(_accented(y, _DOT), formula, "0" if dy is None else naming.text(dy))])
    return rows


def _adjoint(program: Program, nodes: list[Node], symbols: Symbols, cotangents: list) -> list[list[Line]]:
    pairs = list(zip(program.outputs, cotangents, strict=True))
    sweep = Adjoints(program, [(output, bar) for output, bar in pairs if naming.is_node(output)])
    rows: list[list[Line]] = []
    for node in nodes:
        if node.operation is ops.INPUT:
            xbar = sweep.cotangents[node.index]
            text = "0" if xbar is None else naming.text(xbar)
            rows.append([(_accented(symbols.x[node.index], _BAR), symbols.adjoint(node), text)])
        else:
            rows.append([_step(node, step, symbols) for step in sweep.steps.get(node.index, ())][::-1])
    for y, (output, bar) in zip(symbols.y, pairs, strict=True):
        line = (symbols.adjoint(output), _accented(y, _BAR), naming.text(bar))
        rows.append([line] if naming.is_node(output) else [])
    return rows


def _step(node: Node, step: tuple[int, bool, Any], symbols: Symbols) -> Line:
    """How one visit of a node changes the adjoint of an operand, in all places where that occurs."""
    first, had_one, adjoint = step
    operand = node.operands[first]
    places = [i for i, o in enumerate(node.operands) if o is operand]
    terms = [symbols.adjoint(operand)] if had_one else []
    terms += [naming.adjoint_formula(node, i, symbols.value, symbols.adjoint) for i in places]
    return symbols.adjoint(operand), " + ".join(terms).replace("+ -", "- "), naming.text(adjoint)


def table(program: Program, direction: Any = None, cotangent: Any = None, longest: int | None = None) -> str:
    """Values node by node, with tangents and adjoints where their seeds are given."""
    nodes, hidden = _shown(program, longest)
    blocks = [_aligned(title, rows) for title, rows in columns_of(program, nodes, direction, cotangent)]
    lines = ["  ".join(block[0][0] for block in blocks).rstrip()]
    empty = [" " * _width(block[0][0]) for block in blocks]
    for i, parts in enumerate(zip(*(block[1:] for block in blocks), strict=True)):
        if hidden and i == len(nodes) // 2:
            lines.append(f"… {hidden} more …")
        for row in zip_longest(*parts):
            lines.append("  ".join(cell or blank for cell, blank in zip(row, empty, strict=True)).rstrip())
    return unicodedata.normalize("NFC", "\n".join(lines))


def _shown(program: Program, longest: int | None) -> tuple[list[Node], int]:
    """The nodes to be shown, the first and the last when there are too many, and how many are not."""
    nodes, half = program.nodes, (longest or 0) // 2
    if longest is None or len(nodes) <= longest:
        return nodes, 0
    return [*nodes[:half], *nodes[-half:]], len(nodes) - 2 * half


def _aligned(title: str, rows: list[list[Line]]) -> list[list[str]]:
    """A column as text: the title first, then the lines of each row, all of one width."""
    lines = [line for row in rows for line in row]
    widths = [max((_width(line[i]) for line in lines), default=0) for i in range(3)]
    full = max(sum(widths) + 6, _width(title))
    texts = [[_padded(" = ".join(map(_padded, line, widths)), full) for line in row] for row in rows]
    return [[_padded(title, full)], *texts]


def _width(text: str) -> int:
    """Characters as they are seen: accents stand above others."""
    return sum(not unicodedata.combining(c) for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def html(program: Program) -> str:
    """The table of values for notebooks."""
    nodes, hidden = _shown(program, LONGEST)
    ((_, rows),) = columns_of(program, nodes)
    lines = ["".join(f"<td>{markup.escape(cell)}</td>" for cell in line) for row in rows for line in row]
    if hidden:
        lines.insert(len(nodes) // 2, f"<td>… {hidden} more …</td>")
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><tr><th>variable</th><th>formula</th><th>value</th></tr>{body}</table>"


# -------------------------------------------------------------------------------------------------------------- graphs


def graphviz(program: Program) -> str:
    """The program in the language of Graphviz: inputs on top, operations as boxes, outputs below."""
    symbols = Symbols(program)
    lines = ["digraph program {", "  node [shape=box];"]
    for node in program.nodes:
        shape = "" if node.shape == () else f"\n{node.dtype} {node.shape}"
        style = ", shape=ellipse" if node.operation is ops.INPUT else ""
        label = _quoted(f"{symbols.value(node)} = {symbols.formula(node)}{shape}")
        lines.append(f"  n{node.index} [label={label}{style}];")
    for i, (y, output) in enumerate(zip(symbols.y, program.outputs, strict=True)):
        lines.append(f"  y{i} [label={_quoted(f'{y} = {symbols.value(output)}')}, shape=ellipse];")
    lines += [f"  n{o.index} -> n{node.index};" for node in program.nodes for o in node.operands if naming.is_node(o)]
    lines += [f"  n{o.index} -> y{i};" for i, o in enumerate(program.outputs) if naming.is_node(o)]
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    """A string of the language: only quotes and backslashes need care."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
