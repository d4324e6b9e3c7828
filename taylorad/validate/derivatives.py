"""Gradients, Hessians, Hessian-vector products and Taylor coefficients of the composed functions.

Truth comes from lines: with ``D_m(d)`` the coefficient of t^m of ``f(x + t d)``, evaluated in balls on Arb's series,

    ∂_i f = D_1(e_i),   ∂_ij f = Σ ± D_2(sums of e_i, e_j),   ∂_ijk f = Σ ± D_3(sums of e_i, e_j, e_k)

(polarization: every nonempty subset once, its sign that of how many are left out). Third derivatives say how far the
rounding of x moves a Hessian.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

import taylorad as ta
from taylorad.validate.balls import arb, flint, log2, parts, precision
from taylorad.validate.bounds import composed_bound
from taylorad.validate.composed import COMPOSED
from taylorad.validate.functions import LENGTH
from taylorad.validate.measure import NARROW, conditioned, is_narrow, logarithms, natural_scale, ulps
from taylorad.validate.namespaces import ARB, NUMPY, Number
from taylorad.validate.points import between
from taylorad.validate.result import Result, Tally

__all__ = ["KINDS", "check_composed", "line", "tensors"]

ORDERS = {"order 20": 20, "order 40": 40}  # of the series, by row; a quick run does the first
KINDS = (*ORDERS, "gradient", "Hessian", "product")
COUNT = {True: 3, False: 20}  # points, by whether the run is quick
BITS = 200, 12800
METHOD = "Arb's power series along lines, polarization"


def check_composed(name: str, quick: bool = False) -> list[Result]:
    """One row for each of `KINDS`; a quick run leaves out order 40."""
    task = COMPOSED[name]
    source = random.Random(name)
    tallies = {kind: Tally() for kind in KINDS if not quick or kind != "order 40"}
    functions = _transforms(lambda x: task.function(NUMPY, x))
    for _ in range(COUNT[quick]):
        x = [between(source, *task.box) for _ in range(task.variables)]
        v = [between(source, -2, 2) for _ in range(task.variables)]
        _check_line(tallies, name, x, v)
        _check_derivatives(tallies, functions, name, x, v)
    return [tally.result(name, kind, composed_bound(name, kind), METHOD) for kind, tally in tallies.items()]


def _transforms(f: Callable[[Any], Any]) -> dict[str, dict[str, Callable[..., Any]]]:
    """What is checked, by kind and by the way it is computed."""
    modes = ("hyperdual", "forward-over-reverse", "reverse-over-reverse")
    return {
        "gradient": {"grad": ta.grad(f), "jit(grad)": ta.jit(ta.grad(f))},
        "Hessian": {mode: ta.hessian(f, mode=mode) for mode in modes} | {"jit(hessian)": ta.jit(ta.hessian(f))},
        "product": {"hvp": ta.hvp(f), "jit(hvp)": ta.jit(ta.hvp(f))},
    }


# ---------------------------------------------------------------------------------------------------------------- lines


def line(name: str, x: Sequence[float], direction: Sequence[float]) -> list[Any]:
    """Balls around the coefficients of ``t ↦ f(x + t direction)``, as many as the precision context says."""
    length = flint().ctx.cap
    pairs = zip(x, direction, strict=True)
    variables = [Number(flint().arb_series([arb(a), arb(d)], length)) for a, d in pairs]
    return parts(COMPOSED[name].function(ARB, np.array(variables)).series)


def _check_line(tallies: dict[str, Tally], name: str, x: Sequence[float], v: Sequence[float]) -> None:
    orders = {kind: order for kind, order in ORDERS.items() if kind in tallies}
    exact = _narrow_line(name, x, v, LENGTH)
    scale = natural_scale(logarithms(exact))
    scales = scale, conditioned(scale, max(map(abs, x)) / max(map(abs, v)))
    for kind, order in orders.items():
        ours = ta.taylor(lambda z: COMPOSED[name].function(NUMPY, z), np.array(x), order, direction=np.array(v))
        tallies[kind].points += 1
        for k, value in enumerate(ours.coefficients.tolist()):
            plain, other = (ulps(value, exact[k], s[k]) for s in scales)
            tallies[kind].add(plain, other, tuple(x), f"degree {k} of {order}")


def _narrow_line(name: str, x: Sequence[float], v: Sequence[float], order: int) -> list[Any]:
    bits = BITS[0]
    while bits <= BITS[1]:
        with precision(bits, order + 1):
            found = line(name, x, v)
        if is_narrow(found, natural_scale(logarithms(found))):
            return found
        bits *= 2
    raise ArithmeticError(f"{name} at {x}: no narrow enclosure with {bits // 2} bits")


# ---------------------------------------------------------------------------------------------------------- derivatives


def tensors(name: str, x: Sequence[float]) -> list[np.ndarray]:
    """Balls around the first, second and third derivatives, object arrays (n), (n, n), (n, n, n)."""
    bits, n = BITS[0], len(x)
    while bits <= BITS[1]:
        with precision(bits, 4):
            found = [_tensor(name, x, degree) for degree in (1, 2, 3)]
        if all(_are_narrow(tensor.ravel().tolist()) for tensor in found):
            return found
        bits *= 2
    raise ArithmeticError(f"{name} at {x}: no narrow enclosure of {n} derivatives with {bits // 2} bits")


def _tensor(name: str, x: Sequence[float], degree: int) -> np.ndarray:
    n = len(x)

    @cache
    def coefficient(direction: tuple[int, ...]) -> Any:
        return line(name, x, direction)[degree]

    @cache
    def derivative(axes: tuple[int, ...]) -> Any:
        total = flint().arb(0)
        for size in range(1, degree + 1):
            for chosen in combinations(axes, size):
                direction = tuple(chosen.count(i) for i in range(n))
                total += (-1) ** (degree - size) * coefficient(direction)
        return total

    tensor = np.empty((n,) * degree, dtype=object)
    for axes in np.ndindex(tensor.shape):
        tensor[axes] = derivative(tuple(sorted(axes)))
    return tensor


def _are_narrow(balls: list[Any]) -> bool:
    """Whether every ball is narrow, those that contain 0 beside the largest one."""
    sizes = logarithms(balls)
    largest = max(sizes)
    floor = largest - 2 * NARROW
    return is_narrow(balls, [max(size, floor) for size in sizes])


def _check_derivatives(
    tallies: dict[str, Tally], functions: dict[str, dict[str, Callable[..., Any]]], name: str, x: Sequence[float],
    v: Sequence[float],
) -> None:  # fmt: skip
    with precision(BITS[0], 4):
        gradient, hessian, third = tensors(name, x)
        directions, sizes = np.array([arb(a) for a in v]), np.array([arb(abs(a)) for a in x])
        magnitudes = [np.vectorize(lambda c: c.abs_upper(), otypes=[object])(t) for t in (gradient, hessian, third)]
        exact = {"gradient": gradient, "Hessian": hessian, "product": hessian @ directions}
        moved, diagonal = magnitudes[1] + magnitudes[2] @ sizes, [c.sqrt() for c in np.diagonal(magnitudes[1])]
        scale = np.maximum(moved, np.outer(diagonal, diagonal))
        scales = {
            "gradient": magnitudes[0] + magnitudes[1] @ sizes,
            "Hessian": scale,
            "product": scale @ np.abs(directions),
        }
        for kind, ways in functions.items():
            tallies[kind].points += 1
            for way, function in ways.items():
                ours = function(np.array(x), np.array(v)) if kind == "product" else function(np.array(x))
                _compare(tallies[kind], ours, exact[kind], scales[kind], (tuple(x), way))


def _compare(tally: Tally, ours: np.ndarray, exact: np.ndarray, scales: np.ndarray, where: tuple[Any, str]) -> None:
    at, way = where
    if ours.shape != exact.shape:
        raise ArithmeticError(f"{way}: shape {ours.shape} instead of {exact.shape}")
    for index in np.ndindex(exact.shape):
        ball: Any = exact[index]
        value = float(ours[index])
        label = f"{way}, entry {', '.join(map(str, index))}"
        if ball.contains(0) and value == 0:
            tally.add(0.0, 0.0, at, label)
            continue
        plain = 0.0 if ball.contains(0) else ulps(value, ball, log2(ball.abs_lower()))
        tally.add(plain, ulps(value, ball, log2(flint().arb(scales[index]).lower())), at, label)
