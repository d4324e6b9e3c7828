"""Symbolic derivatives of the logistic map swell, those of a program do not: Table 1 of Baydin et al. (2018).

python docs/figures/expression_swell.py FILE.png
"""

import re
import sys
from fractions import Fraction

import numpy as np
import sympy
from drawing import BLUE, GREEN, ORANGE, RED, panels, save
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sympy import Expr, Poly

import taylorad as ta
from taylorad.rings import Tape

x = sympy.Symbol("x")
ITERATES = range(2, 10)  # l₁ = x needs no operation
POINT = 0.2
FLOOR = float(np.finfo(float).eps) / 4  # where an error of zero is drawn


def iterate(value, n: int):
    """The program: l₁ = value, l_{n+1} = 4 l_n (1 - l_n)."""
    for _ in range(n - 1):
        value = 4 * value * (1 - value)
    return value


def closed_form(n: int) -> Expr:
    """l_n as the survey writes it, 4^(n-1) x (1 - x) (1 - 2 l₁)² … (1 - 2 l_{n-2})²: the product rule meets n factors.

    It holds because 1 - l_{k+1} = (1 - 2 l_k)². The polynomials 1 - 2 l_k are multiplied out.
    """
    if n == 1:
        return x
    factors = [(1 - 2 * iterate(Poly(x), k)).as_expr() ** 2 for k in range(1, n - 1)]
    return sympy.prod(factors, start=4 ** (n - 1) * x * (1 - x))


def derivative(n: int) -> Expr:
    """The derivative of the closed form, as SymPy returns it."""
    return sympy.diff(closed_form(n), x)


def simplified(n: int) -> Expr:
    """The derivative, multiplied out, with the common factor of its coefficients in front."""
    content, polynomial = iterate(Poly(x), n).diff(x).primitive()
    return sympy.Mul(content, polynomial.as_expr(), evaluate=bool(content == 1))


def broken(pieces: list[str], count: int) -> str:
    """LaTeX with so many pieces a line; brackets of fixed size, because the others may not be broken."""
    lines = ["".join(pieces[i : i + count]) for i in range(0, len(pieces), count)]
    text = r" \\ ".join(f"& {line}" for line in lines).replace(r"\left", "").replace(r"\right", "")
    return rf"\begin{{aligned}}{text}\end{{aligned}}"


def table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The survey's Table 1: headings, and rows in LaTeX with line breaks that make it fit the page."""
    rows = []
    for n in range(1, 5):
        closed, slope, short = (sympy.latex(form(n), order="rev-lex") for form in (closed_form, derivative, simplified))
        factors = re.split(r"(?=\\left)", closed)
        terms = [sympy.latex(term, order="rev-lex") for term in derivative(n).as_ordered_terms(order="rev-lex")]
        products = [terms[0], *(term if term.startswith("-") else f"+ {term}" for term in terms[1:])]
        monomials = re.split(r"(?= [+-] )", short)
        rows.append((str(n), broken(factors, 3), broken(products, 1) if n > 2 else slope, broken(monomials, 2)))
    return ("n", "lₙ", "derivative, as SymPy differentiates", "simplified"), rows


def operations_shared(n: int) -> int:
    """The operations for l_n and l_n' together after SymPy has looked for common subexpressions."""
    nested = iterate(x, n)
    definitions, results = sympy.cse([nested, sympy.diff(nested, x)])
    return int(sum(sympy.count_ops(part) for part in [*(right for _, right in definitions), *results]))


def operations_of(n: int) -> int:
    """The operations for l_n and l_n' together in this package: a dual number of symbols writes them down."""
    tape = Tape()
    seed = ta.Dual(np.array(tape.input("x")), np.array(tape.input("dx")))
    before = len(tape.lines)
    iterate(seed, n)
    return len(tape.lines) - before


def relative_error(value: float, n: int) -> float:
    """The relative error of a value of l_n'(0.2); the exact one comes from rational numbers and the chain rule."""
    point, slope = Fraction(POINT), Fraction(1)
    for _ in range(n - 1):
        point, slope = 4 * point * (1 - point), 4 * (1 - 2 * point) * slope
    return max(float(abs(Fraction(float(value)) / slope - 1)), FLOOR)


def draw_sizes(panel: Axes) -> None:
    """Operation counts against n."""
    curves = {
        "as SymPy differentiates": ([sympy.count_ops(derivative(n)) for n in ITERATES], RED, "o-"),
        "simplified": ([sympy.count_ops(simplified(n)) for n in ITERATES], ORANGE, "s-"),
        "common subexpressions shared": ([operations_shared(n) for n in ITERATES], GREEN, "^-"),
        "taylorad": ([operations_of(n) for n in ITERATES], BLUE, "D-"),
    }
    for label, (counts, color, marker) in curves.items():
        panel.semilogy(ITERATES, counts, marker, color=color, label=label)
    panel.set(xlabel="$n$", ylabel="arithmetic operations", ylim=(1, 2e4))
    panel.set_title("Size of the derivative $l_n'(x)$", fontsize=10)


def draw_errors(panel: Axes) -> None:
    """Relative errors of the values against n."""
    forms = {"as SymPy differentiates": (derivative, RED, "o-"), "simplified": (simplified, ORANGE, "s-")}
    for label, (form, color, marker) in forms.items():
        values = [sympy.lambdify(x, form(n), "math")(POINT) for n in ITERATES]
        errors = [relative_error(value, n) for n, value in zip(ITERATES, values, strict=True)]
        panel.semilogy(ITERATES, errors, marker, color=color, label=label)
    ours = [relative_error(ta.derivative(lambda v, n=n: iterate(v, n), POINT), n) for n in ITERATES]
    panel.semilogy(ITERATES, ours, "D-", color=BLUE, label="taylorad")
    panel.axhline(1, color="0.35", linewidth=1, linestyle=(0, (5, 3)))
    panel.text(ITERATES[0], 2, "no digit correct", color="0.25", fontsize=8.5)
    panel.set(xlabel="$n$", ylabel="relative error", ylim=(1e-17, 1e8))
    panel.set_title(f"Error of its value at {POINT}, in float64", fontsize=10)


def figure() -> Figure:
    """Sizes at the left, errors of the values at the right."""
    drawn, (left, right) = panels(2)
    draw_sizes(left)
    draw_errors(right)
    for panel in (left, right):
        panel.set_xticks(ITERATES)
        panel.legend(loc="upper left", frameon=False, fontsize=8.5)
    return drawn


if __name__ == "__main__":
    save(figure(), sys.argv[1])
