"""The equations themselves: integers only, runnable over symbols, and usable degree by degree inside an ODE."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from types import CodeType
from typing import Any
from zlib import crc32

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from taylorad.algebras.recurrence import Recurrence, solve
from taylorad.algebras.structure import HyperDualStructure, MultivariateStructure, Structure, TaylorStructure
from taylorad.rings import Symbol, Tape
from taylorad.rings.symbolic import SymbolNamespace
from taylorad.rules import TABLE, Rule
from taylorad.rules.equation import Equation, lower
from tests.points import elementary_names

mp = mpmath.mp
COMPLEX_ONLY = {"wofz"}  # its equation has an imaginary constant, which neither symbols nor Fractions know
EQUATIONS = [name for name in elementary_names() if TABLE[name].rule.ode is not None and name not in COMPLEX_ONLY]
ALGEBRAS: dict[str, Structure] = {
    "Taylor": TaylorStructure.of(4),
    "HyperDual": HyperDualStructure.of(1, 1, 1, 1),
    "MultivariateTaylor": MultivariateStructure.of(2, 3),
}


# ------------------------------------------------------------------------------------------------------- integers only


def numbers(code: CodeType) -> list:
    """All literal numbers of a function, nested ones included."""
    found: list[Any] = []
    for constant in code.co_consts:
        found += numbers(constant) if isinstance(constant, CodeType) else [constant]
    return [c for c in found if isinstance(c, int | float | complex)]


@pytest.mark.parametrize("name", EQUATIONS)
def test_equation_holds_integers_only(name):
    ode = TABLE[name].rule.ode
    free = [cell.cell_contents for cell in ode.__closure__ or ()]
    assert all(
        isinstance(c, int) for c in numbers(ode.__code__) + [c for c in free if isinstance(c, int | float | complex)]
    )


@pytest.mark.parametrize("ode", [lambda x, y: (1, 0.5 * y), lambda x, y: (x + 1e-3, 1), lambda x, y: (1, y / 2)])
def test_a_number_that_is_not_an_integer_is_refused(ode):
    with pytest.raises(TypeError):
        lower(Rule(start=lambda xp, x: xp.exp(x), ode=ode))


def test_negative_powers_are_refused():
    with pytest.raises(TypeError, match="positive integer"):
        lower(Rule(start=lambda xp, x: xp.exp(x), ode=lambda x, y: (1, y**-1)))


def test_symbols_refuse_floats():
    with pytest.raises(TypeError, match="only integers"):
        Tape().input("x") * 0.5


# ------------------------------------------------------------------------------------------------------------ lowering


class Names:
    """A namespace whose functions return one fixed number each: any start values will do for an equation."""

    def __init__(self, seed: int, kind: Callable = lambda value: value):
        self.seed, self.kind = seed, kind

    def number(self, name: str) -> Any:
        """A number of this name, different from 0."""
        return self.kind(Fraction(crc32(f"{name} {self.seed}".encode()) % 53 + 1, 29))

    @property
    def pi(self) -> Any:
        """Not quite π."""
        return self.number("pi")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        known = TABLE.get(name)
        results = known.rule.outputs if known is not None and known.kind == "elementary" else 1
        values = tuple(self.number(f"{name}{i}") for i in range(results))
        return lambda *arguments: values if results > 1 else values[0]


def setting(name: str, names: Names, size: int) -> tuple[Rule, list, tuple, tuple]:
    """(rule, coefficient lists of its arguments, parameters, start values) for a seed."""
    rule = TABLE[name].rule
    arguments = [[names.number(f"x{i} {k}") for k in range(size)] for i in range(len(rule.arguments))]
    parameters = tuple(names.number(f"p{i}") for i in rule.parameters)
    values: list[Any] = [None] * rule.nin
    for i, v in zip((*rule.arguments, *rule.parameters), (*(a[0] for a in arguments), *parameters), strict=True):
        values[i] = v
    start = rule.start(names, *values)
    return rule, arguments, parameters, start if isinstance(start, tuple) else (start,)


def atoms_of(equation: Equation, values: list) -> list:
    """Values of all atoms, nodes included."""
    known = list(values)
    for node in equation.nodes:
        if node.kind == "linear":
            known.append(node.constant + sum(c * known[i] for c, i in node.operands))
        else:
            u, v = node.operands if node.kind == "product" else node.operands * 2
            known.append(known[u] * known[v])
    return known


@pytest.mark.parametrize("name", EQUATIONS)
def test_lowering_keeps_the_polynomials(name):
    names = Names(1)
    rule, arguments, parameters, start = setting(name, names, 1)
    values = [*(a[0] for a in arguments), *start]
    constants = (*parameters, *rule.constants(names))
    equation = lower(rule, constants)
    known = atoms_of(equation, values)
    a, *rows = rule.ode(*values, *constants)
    constant, coefficient, atom = equation.a
    assert a == constant + (coefficient * known[atom] if atom is not None else 0)
    for row, slopes in zip(rows, equation.rows, strict=True):
        expected = list(row) if isinstance(row, tuple) else [row]
        for slope in slopes:
            value = slope.constant + (slope.coefficient * known[slope.atom] if slope.atom is not None else 0)
            expected[slope.argument] -= value
        assert not any(expected)


# ------------------------------------------------------------------------------------------------------------- symbols


@cache
def program(name: str, algebra: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Source of a function over symbols, and the names of the coefficients of its unknowns."""
    structure, tape = ALGEBRAS[algebra], Tape()
    xp = SymbolNamespace(tape)
    rule = TABLE[name].rule
    arguments = [
        np.array([tape.input(f"x{i}_{k}") for k in range(structure.size)], dtype=object)
        for i in range(len(rule.arguments))
    ]
    parameters = tuple(tape.input(f"p{i}") for i in rule.parameters)
    values: list[Any] = [None] * rule.nin
    for i, v in zip((*rule.arguments, *rule.parameters), (*(a[0] for a in arguments), *parameters), strict=True):
        values[i] = v
    start = rule.start(xp, *values)
    start = start if isinstance(start, tuple) else (start,)
    solved = solve(
        structure, lower(rule, (*parameters, *rule.constants(xp))), arguments, [_symbol(tape, s) for s in start]
    )
    return tape.source(), tuple(tuple(str(_symbol(tape, c)) for c in unknown) for unknown in solved)


def _symbol(tape: Tape, value: Any) -> Any:
    """A symbol also for the integers that a recurrence leaves."""
    value = value.item() if isinstance(value, np.ndarray) else value
    return value if isinstance(value, Symbol) else tape.write(str(value))


def executed(name: str, algebra: str, names: Names) -> list[list]:
    """Coefficients of the unknowns from the program."""
    source, outputs = program(name, algebra)
    _, arguments, parameters, _ = setting(name, names, ALGEBRAS[algebra].size)
    scope: dict[str, Any] = {"xp": names}
    scope |= {f"x{i}_{k}": c for i, a in enumerate(arguments) for k, c in enumerate(a)}
    scope |= {f"p{i}": p for i, p in zip(TABLE[name].rule.parameters, parameters, strict=True)}
    exec(source, scope)  # the text the tape has written
    return [[scope[c] for c in unknown] for unknown in outputs]


def interpreted(name: str, algebra: str, names: Names, dtype: Any) -> list[list]:
    """Coefficients of the unknowns from the solver."""
    structure = ALGEBRAS[algebra]
    rule, arguments, parameters, start = setting(name, names, structure.size)
    equation = lower(rule, (*parameters, *rule.constants(names)))
    solved = solve(
        structure, equation, [np.array(a, dtype=dtype) for a in arguments], [dtype_of(dtype, s) for s in start]
    )
    return [list(unknown) for unknown in solved]


def dtype_of(dtype: Any, value: Any) -> Any:
    """A start value of a type."""
    return value if dtype is object else dtype(value)


@pytest.mark.parametrize("algebra", ALGEBRAS)
@pytest.mark.parametrize("name", EQUATIONS)
def test_program_of_symbols_is_straight_line(name, algebra):
    source, outputs = program(name, algebra)
    assert all(line.split(" = ")[0].isidentifier() for line in source.splitlines())
    assert len(set(source.splitlines())) == len(source.splitlines())
    assert len(outputs[0]) == ALGEBRAS[algebra].size


@pytest.mark.parametrize("algebra", ALGEBRAS)
@pytest.mark.parametrize("name", EQUATIONS)
@settings(max_examples=3)
@given(seed=st.integers(0, 10**6))
def test_program_equals_the_solver_exactly(name, algebra, seed):
    names = Names(seed)
    assert executed(name, algebra, names) == interpreted(name, algebra, names, object)


@pytest.mark.parametrize("algebra", ALGEBRAS)
@pytest.mark.parametrize("name", EQUATIONS)
def test_program_equals_the_solver_in_floating_point(name, algebra):
    names = Names(7, float)
    for ours, theirs in zip(executed(name, algebra, names), interpreted(name, algebra, names, float), strict=True):
        size = max(map(abs, theirs))
        assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14 * size)  # sums may be taken in another order


@pytest.mark.parametrize("name", EQUATIONS)
def test_hyperdual_recurrence_is_the_multivariate_one_without_squares(name):
    """R[ε₁, ε₂]/(ε²) is a quotient of R[t₁, t₂]: the coefficient of t₁t₂ is that of ε₁ε₂."""
    hyper, multi, names = HyperDualStructure.of(1, 1), MultivariateStructure.of(2, 2), Names(3)
    rule, arguments, parameters, start = setting(name, names, 4)
    equation = lower(rule, (*parameters, *rule.constants(names)))
    short = [np.array(a, dtype=object) for a in arguments]
    long = [np.array([a[0], a[1], a[2], Fraction(0), a[3], Fraction(0)], dtype=object) for a in arguments]
    for u, v in zip(solve(hyper, equation, short, start), solve(multi, equation, long, start), strict=True):
        assert list(u) == [v[0], v[1], v[2], v[4]]


# ----------------------------------------------------------------------------------------- degree by degree, in an ODE


def advance(field: Callable, state: list[float], step: float, order: int = 24) -> list[float]:
    """One Taylor step of y' = f(y); `field(structure, y)` returns a function of k that gives part k of f(y)."""
    structure = TaylorStructure.of(order)
    y = [np.zeros(order + 1) for _ in state]
    for component, value in zip(y, state, strict=True):
        component[0] = value
    part = field(structure, y)
    for k in range(order):
        for component, slope in zip(y, part(k), strict=True):
            component[k + 1] = slope / (k + 1)
    return [float(np.polyval(component[::-1], step)) for component in y]


def lorenz(structure: TaylorStructure, state: list) -> Callable:
    """x' = 10 (y - x), y' = x (28 - z) - y, z' = x y - 8/3 z: products only."""
    x, y, z = state

    def part(k: int) -> tuple:
        xz, xy = structure.convolve(x, z, k, 0, k), structure.convolve(x, y, k, 0, k)
        return 10 * (y[k] - x[k]), 28 * x[k] - xz - y[k], xy - 8 / 3 * z[k]

    return part


def kepler(structure: TaylorStructure, state: list) -> Callable:
    """q'' = -q/|q|³ in the plane: r^-3 is the power rule's recurrence, stepped along."""
    x, y, u, v = state
    square = np.zeros(structure.size)
    square[0] = x[0] ** 2 + y[0] ** 2
    power = Recurrence(structure, lower(TABLE["constant_power"].rule, (-1.5,)), [square], [square[0] ** -1.5])

    def part(k: int) -> tuple:
        if k:
            square[k] = structure.convolve(x, x, k, 0, k) + structure.convolve(y, y, k, 0, k)
            power.step(k)
        pull = power.unknowns[0]
        return u[k], v[k], -structure.convolve(pull, x, k, 0, k), -structure.convolve(pull, y, k, 0, k)

    return part


def pendulum(structure: TaylorStructure, state: list) -> Callable:
    """θ'' = -sin θ, with the pair sin, cos stepped along."""
    angle, speed = state
    sine = Recurrence(structure, lower(TABLE["sin"].rule), [angle], [np.sin(angle[0]), np.cos(angle[0])])

    def part(k: int) -> tuple:
        if k:
            sine.step(k)
        return speed[k], -sine.unknowns[0][k]

    return part


def integrate(field: Callable, state: list[float], end: float, steps: int) -> list[float]:
    """The state at `end`."""
    for _ in range(steps):
        state = advance(field, state, end / steps)
    return state


def test_lorenz_by_taylor_steps_is_that_of_mpmath():
    with mp.workdps(25):
        flow = mp.odefun(
            lambda t, s: [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - mp.mpf(8) / 3 * s[2]],
            0,
            [1, 1, 1],
        )
        expected = [float(c) for c in flow(0.5)]
    assert_allclose(integrate(lorenz, [1.0, 1.0, 1.0], 0.5, 20), expected, rtol=1e-13)


def test_kepler_by_taylor_steps_is_the_ellipse():
    e, t = 0.5, 4.0
    anomaly = float(mp.findroot(lambda E: E - e * mp.sin(E) - t, t))
    c, s, b = np.cos(anomaly), np.sin(anomaly), np.sqrt(1 - e * e)
    expected = [c - e, b * s, -s / (1 - e * c), b * c / (1 - e * c)]
    start = [1 - e, 0.0, 0.0, np.sqrt((1 + e) / (1 - e))]
    assert_allclose(integrate(kepler, start, t, 40), expected, rtol=0, atol=1e-13)


def test_pendulum_by_taylor_steps_is_the_elliptic_sine():
    k, t = mp.mpf("0.7"), 3.0
    expected = float(2 * mp.asin(k * mp.ellipfun("sn", t, k=k)))  # starts at the bottom with speed 2k
    assert integrate(pendulum, [0.0, float(2 * k)], t, 20)[0] == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("name", EQUATIONS)
def test_stepping_is_solving(name):
    structure, names = TaylorStructure.of(6), Names(5, float)
    rule, arguments, parameters, start = setting(name, names, structure.size)
    equation = lower(rule, (*parameters, *rule.constants(names)))
    whole = [np.array(a) for a in arguments]
    growing = [np.array([a[0], *[np.nan] * structure.order]) for a in arguments]
    recurrence = Recurrence(structure, equation, growing, [np.float64(s) for s in start])
    for k in range(1, structure.size):
        for part, full in zip(growing, whole, strict=True):
            part[k] = full[k]
        recurrence.step(k)
    solved = solve(structure, equation, whole, [np.float64(s) for s in start])
    for ours, theirs in zip(recurrence.unknowns, solved, strict=True):
        assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14 * np.abs(theirs).max())
