"""Where each function of one variable is defined and continuous, and where it is monotone, with its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taylorad.rings.interval.branches import Branch, Component

INF = math.inf
Bounds = tuple[float, float]

HALF_PI = (1.5707963267948966, 1.5707963267948968)  # the doubles next to π/2


@dataclass(frozen=True)
class Shape:
    """Components of continuity and branches of monotony; no branches where extrema are found otherwise."""

    domain: tuple[Component, ...]
    branches: tuple[Branch, ...] = ()

    def contains(self, inf: np.ndarray, sup: np.ndarray) -> np.ndarray:
        """Whether intervals lie in one component of the domain."""
        inside = np.zeros(np.shape(inf), bool)
        for component in self.domain:
            inside = inside | component.contains(inf, sup)
        return inside


def minus(bounds: Bounds) -> Bounds:
    """Bounds of the negative."""
    return -bounds[1], -bounds[0]


def monotone(
    direction: int = 1,
    lower: float = -INF,
    upper: float = INF,
    closed: tuple[bool, bool] = (False, False),
    limits: tuple[float | Bounds, float | Bounds] = (-INF, INF),
) -> Shape:
    """A function monotone on its whole domain; limits are exact numbers or bounds."""
    first, last = ((limit, limit) if isinstance(limit, float) else limit for limit in limits)
    return Shape((Component(lower, upper, closed),), (Branch(direction, lower, upper, closed, (first, last)),))


def split_at_zero(direction: int, left: Bounds = (INF, INF), right: Bounds = (INF, INF)) -> Shape:
    """Monotone to the left of 0 and the other way to its right, with limits at infinity."""
    return Shape(
        (Component(),),
        (
            Branch(direction, -INF, 0.0, (False, True), (left, left)),
            Branch(-direction, 0.0, INF, (True, False), (right, right)),
        ),
    )


def up_and_down(place: Bounds, height: Bounds) -> Shape:
    """An odd function that rises from a minimum to a maximum at an irrational place and falls to 0 at infinity."""
    low, high = minus(place), minus(height)
    return Shape(
        (Component(),),
        (
            Branch(-1, -INF, low[1], limits=((0.0, 0.0), high)),
            Branch(1, low[0], place[1], limits=(high, height)),
            Branch(-1, place[0], INF, limits=(height, (0.0, 0.0))),
        ),
    )


def around_zero(left: Branch, right: Branch) -> Shape:
    """A function with a pole at 0, monotone on both sides."""
    return Shape((Component(-INF, 0.0), Component(0.0, INF)), (left, right))


EVERYWHERE = Shape((Component(),))

SHAPES: dict[str, Shape] = {
    "sqrt": monotone(lower=0.0, closed=(True, False)),
    "rsqrt": monotone(-1, lower=0.0, limits=(INF, 0.0)),
    "cbrt": monotone(),
    "exp": monotone(limits=(0.0, INF)),
    "exp2": monotone(limits=(0.0, INF)),
    "exp10": monotone(limits=(0.0, INF)),
    "expm1": monotone(limits=(-1.0, INF)),
    "log": monotone(lower=0.0),
    "log2": monotone(lower=0.0),
    "log10": monotone(lower=0.0),
    "log1p": monotone(lower=-1.0),
    "deg2rad": monotone(),
    "rad2deg": monotone(),
    "sin": EVERYWHERE,
    "cos": EVERYWHERE,
    "sinpi": EVERYWHERE,
    "cospi": EVERYWHERE,
    "sinc": EVERYWHERE,
    "arcsin": monotone(lower=-1.0, upper=1.0, closed=(True, True)),
    "arccos": monotone(-1, lower=-1.0, upper=1.0, closed=(True, True)),
    "arctan": monotone(limits=(minus(HALF_PI), HALF_PI)),
    "sinh": monotone(),
    "cosh": split_at_zero(-1),
    "tanh": monotone(limits=(-1.0, 1.0)),
    "arcsinh": monotone(),
    "arccosh": monotone(lower=1.0, closed=(True, False)),
    "arctanh": monotone(lower=-1.0, upper=1.0),
    "expit": monotone(limits=(0.0, 1.0)),
    "logit": monotone(lower=0.0, upper=1.0),
    "log_expit": monotone(limits=(-INF, 0.0)),
    "erf": monotone(limits=(-1.0, 1.0)),
    "erfc": monotone(-1, limits=(2.0, 0.0)),
    "erfi": monotone(),
    "erfcx": monotone(-1, limits=(INF, 0.0)),
    "erfinv": monotone(lower=-1.0, upper=1.0),
    "ndtr": monotone(limits=(0.0, 1.0)),
    "ndtri": monotone(lower=0.0, upper=1.0),
    "log_ndtr": monotone(limits=(-INF, 0.0)),
    "dawsn": up_and_down((0.9241388730045917, 0.9241388730045919), (0.5410442246351816, 0.5410442246351818)),
    "i0e": split_at_zero(1, (0.0, 0.0), (0.0, 0.0)),
    "i1e": up_and_down((1.5451272579925426, 1.5451272579925428), (0.21909197495053095, 0.21909197495053098)),
    "exp1": monotone(-1, lower=0.0, limits=(INF, 0.0)),
    "si": EVERYWHERE,
    "ci": Shape((Component(-INF, 0.0), Component(0.0, INF))),
    "fresnel_s": EVERYWHERE,
    "fresnel_c": EVERYWHERE,
    "expi": around_zero(Branch(-1, -INF, 0.0, limits=((0.0, 0.0), (-INF, -INF))), Branch(1, 0.0, INF)),
    "shi": monotone(),
    "chi": around_zero(Branch(-1, -INF, 0.0, limits=((INF, INF), (-INF, -INF))), Branch(1, 0.0, INF)),
    "ellipk": monotone(upper=1.0, limits=(0.0, INF)),
    "ellipe": monotone(-1, upper=1.0, closed=(False, True), limits=(INF, 1.0)),
    "spence": monotone(-1, lower=0.0, closed=(True, False), limits=(0.0, -INF)),
    "entr": Shape(
        (Component(0.0, INF, (True, False)),),
        (
            Branch(1, 0.0, 0.36787944117144233, (True, False), ((0.0, 0.0), (0.3678794411714423, 0.36787944117144233))),
            Branch(-1, 0.3678794411714423, INF, limits=((0.3678794411714423, 0.36787944117144233), (-INF, -INF))),
        ),
    ),
}
