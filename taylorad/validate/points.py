"""Where the functions of the table are validated: chosen points and random ones over ranges, the same in every run.

The chosen points lie near singularities, zeros and extrema, and are small and large ones. A range is sampled uniformly,
or by magnitude if it stays on one side of 0 and spans more than three decades.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

from taylorad.rules import TABLE

__all__ = ["COMPOSITE", "POINTS", "Points", "arguments", "directions", "names"]

COMPOSITE: dict[str, tuple[int, ...]] = {
    "multiply": (1, -2), "divide": (1, -2), "square": (1,), "reciprocal": (1,), "power": (1, 0), "logaddexp": (1, -2),
    "logaddexp2": (1, -2), "xlogy": (1, -2), "xlog1py": (1, -2), "entr": (1,), "rel_entr": (1, -2),
    "kl_div": (1, -2), "beta": (1, -2), "betaln": (1, -2),
}  # fmt: skip


@dataclass(frozen=True)
class Points:
    """The points of a function.

    Attributes
    ----------
    chosen : tuple
        Values of the argument that is differentiated; pairs if two are.
    ranges : tuple of (low, high)
        What random points are drawn from, in turns; those of a pair or of a complex point from the first range and the
        second.
    parameters : tuple of tuples
        Each is combined with all chosen points.
    zeros : tuple
        Further points, next to a zero of the function or of its derivative: only conditioned ulps make sense there.
    """

    chosen: tuple[Any, ...]
    ranges: tuple[tuple[float, float], ...] = ()
    parameters: tuple[tuple[float, ...], ...] = ((),)
    zeros: tuple[Any, ...] = ()

    def sample(self, name: str, count: int) -> list[tuple[tuple[float, ...], Any]]:
        """Pairs of parameters and argument: all chosen ones, then `count` random ones for every parameter."""
        found = []
        for number, parameters in enumerate(self.parameters):
            source = random.Random(f"{name} {number}")
            found += [(parameters, x) for x in self.chosen + self.zeros]
            found += [(parameters, self._draw(source, turn)) for turn in range(count if self.ranges else 0)]
        return found

    def _draw(self, source: random.Random, turn: int) -> Any:
        first = self.chosen[0]
        if isinstance(first, tuple | complex):
            pair = tuple(between(source, *span) for span in self.ranges[:2])
            return complex(*pair) if isinstance(first, complex) else pair
        return between(source, *self.ranges[turn % len(self.ranges)])


def between(source: random.Random, low: float, high: float) -> float:
    """A random number of a range."""
    if low * high > 0 and abs(math.log10(high / low)) > 3:
        return math.copysign(math.exp(source.uniform(math.log(abs(low)), math.log(abs(high)))), low)
    return source.uniform(low, high)


def names() -> list[str]:
    """What is validated: the functions with a rule, without their aliases, and those of numbers made of others."""
    return [*dict.fromkeys(p.name for p in TABLE.values() if p.kind == "elementary"), *COMPOSITE]


def directions(name: str) -> tuple[int, ...]:
    """How each argument depends on t: 0 for parameters, 1 and -2 for two varying ones."""
    if name in COMPOSITE:
        return COMPOSITE[name]
    rule = TABLE[name].rule
    slopes = iter((1, -2))
    return tuple(next(slopes) if i in rule.arguments else 0 for i in range(rule.nin))


def arguments(name: str, parameters: tuple[float, ...], x: Any) -> tuple[Any, ...]:
    """All arguments of a function in its own order."""
    varying, fixed = iter(x if isinstance(x, tuple) else (x,)), iter(parameters)
    return tuple(next(varying) if d else next(fixed) for d in directions(name))


ENTIRE = Points((0.0, 1e-300, 1e-8, -0.1, 0.3, 1.0, -2.5), ((-3, 3), (-20, 20)))
CIRCULAR = Points(
    (0.0, 1e-300, 1e-8, 0.3, 1.5707963267948966, 3.141592653589793, -1.5707, 1e5, 1e15), ((-4, 4), (-1e3, 1e3))
)
HYPERBOLIC = Points((0.0, 1e-300, 1e-8, -0.3, 2.5, -18.0, 40.0, 700.0), ((-3, 3), (-50, 50)))
UNIT = Points(
    (-0.9999999999999999, -0.999999, -0.5, -1e-8, 0.0, 1e-300, 1e-15, 0.3, 0.9, 0.999999999999, 0.9999999999999999),
    ((-1, 1), (0.99, 1)),
)
POSITIVE = Points((1e-300, 1e-15, 1e-8, 0.1, 0.9999999999999999, 1.0, 1.7, 1e8, 1e300), ((0.1, 10), (1e-10, 1e10)))
PROBABILITY = Points((1e-300, 1e-15, 0.001, 0.3, 0.5, 0.75, 0.999999, 0.9999999999999999), ((0, 1), (1e-12, 1e-3)))
TWO = Points(((1.0, 2.0), (3.0, -2.0), (-0.5, 0.001), (-3.0, -0.2), (1e-10, 1.0), (1e-200, 2e-200)), ((-5, 5), (-5, 5)))
BESSEL = Points((0.01, 0.1, 1.7, 5.0, 12.0, 30.0), ((0.1, 10), (10, 60)))
ORDERS = ((0.0,), (1.0,), (5.0,), (0.5,), (2.25,))
ELLIPTIC = Points((-100.0, -1.0, 0.0, 1e-8, 0.3, 0.49, 0.51, 0.9, 0.999999, 0.9999999999999999), ((-5, 1), (0.9, 1)))
AMPLITUDES = Points((0.0, 1e-8, 0.7, 1.5, -2.0, 5.0), ((-3, 3),), ((0.3,), (0.9,), (-3.0,), (0.999,)))
INTEGRALS = Points((1e-8, 0.1, 1.0, 5.0, 30.0), ((0.1, 5), (5, 50)))
INCOMPLETE = Points(
    (1e-8, 0.1, 1.0, 3.0, 8.0, 40.0), ((0.1, 5), (5, 30)), ((0.5,), (1.0,), (2.5,), (3.0,), (10.0,), (20.5,))
)

POINTS: dict[str, Points] = {
    "sqrt": POSITIVE,
    "cbrt": Points((*POSITIVE.chosen, -0.5, -1e8), (*POSITIVE.ranges, (-10, -0.1))),
    "constant_power": Points(
        (1e-15, 1e-8, 0.3, 1.0, 2.5, 1e8), POSITIVE.ranges, ((-3.5,), (-0.5,), (1 / 3,), (1.5,), (7.25,))
    ),
    "series_power": Points(((0.3, 0.5), (1.0, 2.0), (2.5, -1.5), (20.0, 0.1), (0.01, 3.0)), ((0.1, 5), (-3, 3))),
    "exp": Points((*ENTIRE.chosen, -700.0, -40.0, 700.0), ENTIRE.ranges),
    "exp2": Points((*ENTIRE.chosen, -1000.0, 1000.0), ENTIRE.ranges),
    "expm1": Points((*ENTIRE.chosen, -1e-15, -40.0, 40.0, 700.0), ENTIRE.ranges),
    "log": POSITIVE,
    "log2": POSITIVE,
    "log10": POSITIVE,
    "log1p": Points(
        (-0.9999999999999999, -0.999999, -0.5, -1e-8, 0.0, 1e-300, 1e-15, 0.5, 1e10), ((-1, 1), (0.1, 1e6))
    ),
    "deg2rad": Points((0.0, -720.0, 30.0, 1e6), ((-360, 360),)),
    "rad2deg": Points((0.0, -7.0, 0.5, 1e6), ((-10, 10),)),
    "sin": CIRCULAR,
    "cos": CIRCULAR,
    "tan": CIRCULAR,
    "arcsin": UNIT,
    "arccos": UNIT,
    "arctan": Points((0.0, 1e-300, 1e-8, 0.3, 1.0, 2.5, 100.0, -1e8), ((-3, 3), (-100, 100))),
    "arctan2": TWO,
    "hypot": Points(TWO.chosen[:-1], TWO.ranges),
    "sinc": Points(
        (0.0, 1e-300, 1e-8, 0.3, 2.5, 25.25, 100.25), ((-3, 3), (-30, 30)), zeros=(1.0, 1.4302966531242027, -11.0)
    ),
    "sinh": HYPERBOLIC,
    "cosh": HYPERBOLIC,
    "tanh": HYPERBOLIC,
    "arcsinh": Points((0.0, 1e-300, 1e-8, 0.5, 1.0, -1e8, 1e8), ((-3, 3), (-100, 100))),
    "arccosh": Points((1.0000000000000002, 1.000001, 1.5, 10.0, 1e8), ((1, 3), (1, 100))),
    "arctanh": UNIT,
    "expit": HYPERBOLIC,
    "logit": PROBABILITY,
    "log_expit": HYPERBOLIC,
    "erf": Points((0.0, 1e-300, 1e-8, 0.3, -1.0, 2.5, -6.0), ((-3, 3),)),
    "erfc": Points((0.0, 1e-8, 0.3, -1.0, 2.5, 6.0, -6.0, 25.0), ((-3, 3), (3, 25))),
    "erfi": Points((0.0, 1e-300, 1e-8, 0.3, -1.0, 2.5, -6.0, 20.0), ((-3, 3),)),
    "erfcx": Points((-20.0, -5.0, -1.0, 0.0, 0.1, 0.2, 0.3, 1.0, 5.0, 50.0, 1e8), ((-3, 3), (3, 50))),
    "wofz": Points(
        (0.3 + 0.4j, 0.1 + 0j, -1.2 + 2.5j, 2.0 - 0.7j, 5.0 + 0j, 3.0 - 1.5j, -20.0 + 30.0j), ((-3, 3), (-1, 3))
    ),
    "dawsn": Points((0.0, 1e-8, -0.3, 0.6, 2.5, -11.0, 30.0, 1e5), ((-3, 3), (3, 30)), zeros=(0.9241388730045916,)),
    "erfinv": Points((-0.999999, -0.9, -0.3, 0.0, 1e-300, 1e-8, 0.5, 0.99, 0.999999999), ((-1, 1), (0.9, 1))),
    "ndtr": Points((0.0, 1e-8, 0.3, -1.0, 2.5, 6.0, -6.0, -20.0, -37.0), ((-3, 3), (-30, -3))),
    "ndtri": Points((1e-300, 1e-15, 0.001, 0.3, 0.5, 0.75, 0.999, 0.999999999), PROBABILITY.ranges),
    "log_ndtr": Points((-40.0, -10.0, -1.0, -0.35, -0.25, 0.0, 1.0, 2.5, 6.0, 37.0), ((-3, 3), (-30, -3))),
    "gamma": Points(
        (1e-8, 0.1, 1.0, 2.5, 10.0, 100.0, -0.5, -2.3, -10.1), ((0.1, 5), (5, 100), (-5, 0)),
        zeros=(1.4616321449683622,),
    ),
    "rgamma": Points((0.0, 1e-8, 0.1, 1.0, 2.5, 10.0, -0.5, -1.0, -2.3), ((-3, 3), (3, 30))),
    "gammaln": Points(
        (1e-300, 1e-8, 0.5, 2.0000001, 10.0, 1e5, -0.5, -2.3), ((0.1, 5), (5, 1e5), (-5, 0)),
        zeros=(1.0, 1.4616321449683622, 2.0, -2.4570247382208006),
    ),
    "digamma": Points(
        (1e-8, 0.1, 1.0, 2.5, 10.0, 1e5, -0.5, -2.3), ((0.1, 5), (5, 1e5), (-5, 0)),
        zeros=(1.4616321449683622, -0.504083008264455),
    ),
    "polygamma": Points((0.1, 1.0, 2.5, 10.0, -0.5, -2.3), ((0.1, 5), (5, 100)), ((1,), (2,), (3,))),
    "zeta": Points(
        (1.001, 1.5, 2.0, 5.0, 30.0, 0.5, 0.0, -0.5, -3.2), ((1.1, 10), (-5, 0.9)), zeros=(-2.0, -2.717262829204574)
    ),
    "hurwitz": Points((0.1, 1.0, 3.3, 20.0), ((0.1, 5), (5, 50)), ((1.1,), (2.0,), (2.5,), (5.0,))),
    "jv": Points(BESSEL.chosen, BESSEL.ranges, ORDERS),
    "yv": Points(BESSEL.chosen, BESSEL.ranges, ORDERS),
    "iv": Points((0.01, 1.7, 12.0, 30.0), BESSEL.ranges, ORDERS),
    "kv": Points(BESSEL.chosen, BESSEL.ranges, ORDERS),
    "j0": Points(
        (0.0, -0.1, 1.7, -5.0, 30.0), ((0.1, 10), (10, 60)), zeros=(2.404825557695773, 3.8317059702075125)
    ),
    "j1": Points(
        (0.0, -0.1, 1.7, -5.0, 30.0), ((0.1, 10), (10, 60)), zeros=(1.841183781340659, 3.8317059702075125)
    ),
    "y0": Points(BESSEL.chosen, BESSEL.ranges, zeros=(0.8935769662791675, 2.197141326031017)),
    "y1": Points(BESSEL.chosen, BESSEL.ranges, zeros=(2.197141326031017, 3.683022856585177)),
    "i0": Points((0.0, -0.1, 1.7, -5.0, 30.0, 600.0), ((0.1, 10), (10, 60))),
    "i1": Points((0.0, -0.1, 1.7, -5.0, 30.0, 600.0), ((0.1, 10), (10, 60))),
    "k0": BESSEL,
    "k1": BESSEL,
    "i0e": Points((0.1, 1.7, -5.0, 30.0, 1000.0), ((0.1, 10), (10, 60))),
    "i1e": Points((0.1, 1.7, -5.0, 30.0, 1000.0), ((0.1, 10), (10, 60))),
    "airy": Points(
        (0.0, 0.5, 3.0, 10.0, -10.0), ((-10, 3), (3, 15)), zeros=(-1.173713222709127, -2.338107410459767)
    ),
    "lambertw": Points(
        (-0.36, -0.3, -1e-8, 0.0, 0.1, 1.0, 2.718281828459045, 100.0, 1e10), ((-0.35, 1), (1, 1e6)), ((0.0, 1e-8),)
    ),
    "exp1": INTEGRALS,
    "expi": Points(
        (1e-8, 0.1, 1.0, 5.0, 30.0, -0.1, -5.0), ((0.1, 5), (5, 50), (-20, -0.1)), zeros=(0.37250741078136663,)
    ),
    "sici": Points((0.1, 1.0, 5.0, 30.0, 100.0), ((0.1, 5), (5, 50)), zeros=(0.6165054856207162,)),
    "shichi": Points((0.1, 1.0, 5.0, 30.0, 100.0), ((0.1, 5), (5, 50)), zeros=(0.5238225713898644,)),
    "fresnel": Points((0.0, 1e-8, 0.1, 1.1, -2.3, 4.7), ((-3, 3), (3, 10))),
    "gammainc": INCOMPLETE,
    "gammaincc": INCOMPLETE,
    "betainc": Points(
        (0.001, 0.3, 0.5, 0.6, 0.9, 0.999), ((0, 1),), ((0.5, 0.5), (1.0, 1.0), (2.0, 3.0), (2.5, 1.5), (10.5, 8.25))
    ),
    "ellipk": ELLIPTIC,
    "ellipe": ELLIPTIC,
    "ellipkinc": AMPLITUDES,
    "ellipeinc": AMPLITUDES,
    "spence": Points((1e-8, 0.1, 0.2, 0.5, 0.999999, 1.0, 1.3, 1.8, 5.0, 1e5), ((0, 2), (2, 100))),
    "hyp0f1": Points((0.0, 0.3, -2.0, 10.0, -30.0), ((-10, 10),), ((0.5,), (1.5,), (2.25,), (3.0,))),
    "hyp1f1": Points((0.0, 0.7, 1.3, -3.0, 20.0), ((-5, 5),), ((0.5, 1.5), (2.25, 1.5), (-2.0, 1.5), (1.0, 3.0))),
    "hyp2f1": Points(
        (0.0, 0.3, 0.8, 0.95, -0.7, -3.0), ((-2, 1),),
        ((0.5, 1.5, 2.5), (0.5, 0.5, 1.0), (1.0, 2.0, 2.5), (-2.0, 0.5, 1.5), (2.2, 1.0, 3.0), (1.0, 1.7, 2.2)),
    ),
    "multiply": TWO,
    "divide": TWO,
    "square": ENTIRE,
    "reciprocal": Points((*POSITIVE.chosen, -2.5), POSITIVE.ranges),
    "power": Points((1e-8, -0.3, 1.0, 2.5, 1e8), ((-3, 3),), ((2,), (3,), (7,), (-2,))),
    "logaddexp": Points(((0.0, 0.0), (0.0, -1.0), (0.3, 12.0), (0.0, 40.0)), ((-20, 20), (-20, 20))),
    "logaddexp2": Points(((0.0, 0.0), (0.0, -1.5), (0.3, 12.0), (0.0, 40.0)), ((-20, 20), (-20, 20))),
    "xlogy": Points(((1.0, 2.0), (0.5, 1e-8), (-3.0, 0.2), (0.0, 5.0)), ((-3, 3), (0.1, 5))),
    "xlog1py": Points(((1.0, 2.0), (0.5, -0.99), (-3.0, 1e-8), (0.0, 5.0)), ((-3, 3), (-0.9, 5))),
    "entr": Points((1e-7, 0.1, 0.5, 2.0, 1e8), ((0, 1), (1, 100)), zeros=(0.36787944117144233, 1.0)),
    "rel_entr": Points(((1.0, 2.0), (0.5, 1e-8), (1e-8, 0.2)), ((0.1, 3), (0.1, 5))),
    "kl_div": Points(((1.0, 2.0), (0.5, 1e-8), (1e-8, 0.2)), ((0.1, 3), (0.1, 5))),
    "beta": Points(((1.0, 2.0), (0.5, 0.5), (0.01, 3.0), (20.0, 30.5)), ((0.1, 5), (0.1, 5))),
    "betaln": Points(((1.0, 2.5), (0.5, 0.75), (0.01, 3.0), (20.0, 30.5)), ((0.1, 5), (0.1, 5))),
}  # fmt: skip
