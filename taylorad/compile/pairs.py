"""Complex graphs as real ones: every complex value is a pair, its real and its imaginary part.

A complex input or output of shape S is a real one of shape (*S, 2), which is the same memory. The formulas are the
textbooks' with their well-known repairs (Smith's division, Kahan's square root, a logarithm that is accurate near
|z| = 1); where they still give nan at special values, a compiled function is evaluated again by NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph, Placement, Value, row_major

Pair = tuple[int, int]


class UnpairedError(ValueError):
    """A value for which there is no formula in pairs; the message names it."""


def has_complex(graph: Graph) -> bool:
    """Whether some value is complex."""
    return any(value.dtype.kind == "c" for value in graph.values)


def as_pairs(graph: Graph) -> Graph:
    """The same graph over real numbers.

    Raises
    ------
    UnpairedError
        It holds a complex function that has no formula here.
    """
    pairs = _Pairs(Graph())
    for value in graph.values:
        pairs.enter(graph, value)
    new = pairs.graph
    for i in graph.outputs:
        new.outputs.append(pairs.joined(i) if graph[i].dtype.kind == "c" else pairs.real[i])
    for i, expected in graph.guards:
        if graph[i].dtype.kind == "c":
            array = np.asarray(expected, graph[i].dtype)
            parts = np.ascontiguousarray(array).reshape(-1).view(_real_type(graph[i].dtype)).reshape(*array.shape, 2)
            new.guards.append((pairs.joined(i), parts))
        else:
            new.guards.append((pairs.real[i], expected))
    return new


def _real_type(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.float32 if dtype == np.complex64 else np.float64)


class _Pairs:
    """Real and imaginary parts of values that have been entered; real values have a real part only."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.real: dict[int, int] = {}
        self.imaginary: dict[int, int] = {}

    def enter(self, old: Graph, value: Value) -> None:
        """Make the parts of one value."""
        i = value.index
        if value.dtype.kind != "c" and not any(old[o].dtype.kind == "c" for o in value.operands):
            self.real[i] = self._same(value)
            return
        rule = _RULES.get(value.data if value.kind == "call" else value.kind)
        if rule is None or (value.kind == "call" and value.data not in _RULES):
            name = value.data if value.kind in ("call", "numpy") else value.kind
            raise UnpairedError(f"{name} of complex numbers")
        made = rule(self, value, [self.pair(o) for o in value.operands])
        if isinstance(made, tuple):
            self.real[i], self.imaginary[i] = made
        else:
            self.real[i] = made

    def _same(self, value: Value) -> int:
        if value.kind == "input":
            return self.graph.input(value.shape, value.dtype)
        operands = [self.real[o] for o in value.operands]
        return self.graph.add(value.kind, operands, value.data, value.shape, value.dtype)

    def pair(self, i: int) -> Pair:
        """Both parts; the imaginary part of a real value is 0."""
        if i in self.imaginary:
            return self.real[i], self.imaginary[i]
        return self.real[i], self.number(0, self.real[i])

    def joined(self, i: int) -> int:
        """The parts of a complex value one beside the other, shape (*S, 2)."""
        x, y = self.pair(i)
        shape = self.graph[x].shape
        strides = tuple(2 * s for s in row_major(shape))
        y = self.graph.repeated(y, shape)
        if self.graph[y].shape != shape:
            y = self.graph.view(y, 0, (0,) * len(shape), shape)
        places = Placement(0, strides), Placement(1, strides)
        return self.graph.add("place", (x, y), places, (*shape, 2), self.graph[x].dtype)

    def number(self, x: float, like: int) -> int:
        """A number in the type of another value."""
        return self.graph.constant(np.asarray(x, self.graph[like].dtype))

    # ------------------------------------------------------------------------------------------------- arithmetic

    def __call__(self, kind: str, *operands: int, data: Any = None) -> int:
        return self.graph.elementwise(kind, *operands, data=data)

    def times(self, x: int, y: int) -> int:
        return self("multiply", x, y)

    def product(self, z: Pair, w: Pair) -> Pair:
        (a, b), (c, d) = z, w
        real = self("subtract", self.times(a, c), self.times(b, d))
        return real, self("add", self.times(a, d), self.times(b, c))

    def quotient(self, z: Pair, w: Pair) -> Pair:
        """Smith's division: by the larger part of the divisor first."""
        (a, b), (c, d) = z, w
        swap = self("compare", self("call", c, data="absolute"), self("call", d, data="absolute"), data="<")
        large, small = self("select", swap, d, c), self("select", swap, c, d)
        u, v = self("select", swap, b, a), self("select", swap, a, b)
        ratio = self("divide", small, large)
        scale = self("add", large, self.times(small, ratio))
        real = self("divide", self("add", u, self.times(v, ratio)), scale)
        other = self("divide", self("subtract", v, self.times(u, ratio)), scale)
        return real, self("select", swap, self("negative", other), other)

    def magnitude(self, z: Pair) -> int:
        return self("call", *z, data="hypot")

    def logarithm(self, z: Pair) -> Pair:
        """log|z| + i arg z; near the unit circle |z|² − 1 is computed without cancellation."""
        x, y = (self("call", part, data="absolute") for part in z)
        large, small = self("maximum", x, y), self("minimum", x, y)
        one, half = self.number(1, x), self.number(0.5, x)
        excess = self.times(self("subtract", large, one), self("add", large, one))
        near = self.times(half, self("call", self("add", excess, self("square", small)), data="log1p"))
        size = self.magnitude(z)
        is_near = self("and", self("compare", half, size, data="<"), self("compare", size, self.number(2, x), data="<"))
        real = self("select", is_near, near, self("call", size, data="log"))
        return real, self("call", z[1], z[0], data="arctan2")

    def root(self, z: Pair) -> Pair:
        """Kahan's square root: the part without cancellation, and from it the other one."""
        x, y = z
        half = self.number(0.5, x)
        sum_ = self("add", self("call", x, data="absolute"), self.magnitude(z))
        t = self("call", self.times(half, sum_), data="sqrt")
        other = self("divide", self.times(half, self("call", y, data="absolute")), t)
        right = self("compare", self.number(0, x), x, data="<=")
        real = self("select", right, t, other)
        return real, self("call", self("select", right, other, t), y, data="copysign")

    def exponential(self, z: Pair) -> Pair:
        size = self("call", z[0], data="exp")
        return self.times(size, self("call", z[1], data="cos")), self.times(size, self("call", z[1], data="sin"))

    def circular(self, z: Pair, first: str, second: str, sign: int) -> Pair:
        """first(x) cosh y ± i second(x) sinh y."""
        real = self.times(self("call", z[0], data=first), self("call", z[1], data="cosh"))
        imaginary = self.times(self("call", z[0], data=second), self("call", z[1], data="sinh"))
        return real, imaginary if sign > 0 else self("negative", imaginary)


def _moved(kind: str) -> Callable:
    """A kind that moves entries: parts that are one number are repeated first."""

    def rule(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
        def part(n: int) -> int:
            given = []
            for o in operands:
                shape = pairs.graph[o[0]].shape
                x = o[n]
                if pairs.graph[x].shape != shape:
                    x = pairs.graph.view(x, 0, (0,) * len(shape), shape)
                given.append(x)
            return pairs.graph.add(kind, given, value.data, value.shape, _real_type(value.dtype))

        return part(0), part(1)

    return rule


def _input(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    dtype = _real_type(value.dtype)
    whole = pairs.graph.input((*value.shape, 2), dtype)
    strides = tuple(2 * s for s in row_major(value.shape))
    return pairs.graph.view(whole, 0, strides, value.shape), pairs.graph.view(whole, 1, strides, value.shape)


def _constant(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    return pairs.graph.constant(value.data.real), pairs.graph.constant(value.data.imag)


def _linear(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    coefficients, constant = value.data
    if np.iscomplexobj(coefficients) or np.iscomplexobj(constant):
        raise UnpairedError("linear combinations with complex coefficients")
    parts = []
    for n, number in ((0, constant), (1, 0.0)):
        given = [o[n] for o in operands]
        parts.append(pairs.graph.add("linear", given, (coefficients, number), value.shape, _real_type(value.dtype)))
    return parts[0], parts[1]


def _convert(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    dtype, graph = _real_type(value.dtype), pairs.graph

    def part(x: int) -> int:
        return x if graph[x].dtype == dtype else graph.add("convert", (x,), None, graph[x].shape, dtype)

    return part(operands[0][0]), part(operands[0][1])


def _select(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    condition, x, y = operands
    return pairs("select", condition[0], x[0], y[0]), pairs("select", condition[0], x[1], y[1])


def _compare(pairs: _Pairs, value: Value, operands: list[Pair]) -> int:
    if value.data not in ("==", "!="):
        raise UnpairedError(f"{value.data} of complex numbers")
    (a, b), (c, d) = operands
    parts = pairs("compare", a, c, data=value.data), pairs("compare", b, d, data=value.data)
    return pairs("and" if value.data == "==" else "or", *parts)


def _reduce(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    if value.data[0] != "sum":
        raise UnpairedError(f"{value.data[0]} of complex numbers")
    return _moved("reduce")(pairs, value, operands)


def _contract(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    graph, dtype = pairs.graph, _real_type(value.dtype)
    shapes = [graph[o[0]].shape for o in operands]

    def term(i: int, j: int) -> int:
        given = [
            o[n] if graph[o[n]].shape == s else graph.view(o[n], 0, (0,) * len(s), s)
            for o, n, s in zip(operands, (i, j), shapes, strict=True)
        ]
        return graph.add("contract", given, value.data, value.shape, dtype)

    return pairs("subtract", term(0, 0), term(1, 1)), pairs("add", term(0, 1), term(1, 0))


def _power(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    """exp(w log z)."""
    z, w = operands
    return pairs.exponential(pairs.product(w, pairs.logarithm(z)))


def _tangent(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    (z,) = operands
    return pairs.quotient(pairs.circular(z, "sin", "cos", 1), pairs.circular(z, "cos", "sin", -1))


def _hyperbolic(pairs: _Pairs, z: Pair, first: str, second: str) -> Pair:
    real = pairs.times(pairs("call", z[0], data=first), pairs("call", z[1], data="cos"))
    return real, pairs.times(pairs("call", z[0], data=second), pairs("call", z[1], data="sin"))


def _tanh(pairs: _Pairs, value: Value, operands: list[Pair]) -> Pair:
    (z,) = operands
    return pairs.quotient(_hyperbolic(pairs, z, "sinh", "cosh"), _hyperbolic(pairs, z, "cosh", "sinh"))


_RULES: dict[str, Callable[[_Pairs, Value, list[Pair]], Any]] = {
    "input": _input,
    "constant": _constant,
    "add": lambda p, v, o: (p("add", o[0][0], o[1][0]), p("add", o[0][1], o[1][1])),
    "subtract": lambda p, v, o: (p("subtract", o[0][0], o[1][0]), p("subtract", o[0][1], o[1][1])),
    "negative": lambda p, v, o: (p("negative", o[0][0]), p("negative", o[0][1])),
    "multiply": lambda p, v, o: p.product(*o),
    "square": lambda p, v, o: p.product(o[0], o[0]),
    "divide": lambda p, v, o: p.quotient(*o),
    "linear": _linear,
    "convert": _convert,
    "select": _select,
    "compare": _compare,
    "reduce": _reduce,
    "contract": _contract,
    **{kind: _moved(kind) for kind in ("view", "take", "place", "accumulate")},
    "real": lambda p, v, o: o[0][0],
    "imag": lambda p, v, o: o[0][1],
    "conjugate": lambda p, v, o: (o[0][0], p("negative", o[0][1])),
    "absolute": lambda p, v, o: p.magnitude(o[0]),
    "angle": lambda p, v, o: p("call", o[0][1], o[0][0], data="arctan2"),
    "exp": lambda p, v, o: p.exponential(o[0]),
    "log": lambda p, v, o: p.logarithm(o[0]),
    "sqrt": lambda p, v, o: p.root(o[0]),
    "power": _power,
    "sin": lambda p, v, o: p.circular(o[0], "sin", "cos", 1),
    "cos": lambda p, v, o: p.circular(o[0], "cos", "sin", -1),
    "tan": _tangent,
    "sinh": lambda p, v, o: _hyperbolic(p, o[0], "sinh", "cosh"),
    "cosh": lambda p, v, o: _hyperbolic(p, o[0], "cosh", "sinh"),
    "tanh": _tanh,
}
