"""Ten million random points in random boxes: does the enclosure of a function over the box hold its value at the point?

python validation/containment/run.py [--samples 10000000] [--only sin,exp]

Writes table.md beside this script. The oracles are not the kernels under test: MPFR at 160 bits (gmpy2) for the
functions it has, Arb's balls at 160 bits (python-flint) for the others, rational numbers for arithmetic and steps.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flint
import gmpy2
import numpy as np
import scipy.special as sp
from tqdm import tqdm

from taylorad import Interval

BITS = 160
INF = math.inf
LARGEST = float(np.finfo(float).max)
gmpy2.get_context().precision = BITS
flint.ctx.prec = BITS


class Case:
    """A function: how the package computes it, its oracle, where, and the share of samples it gets."""

    def __init__(self, name: str, function: Callable, oracle: Callable, kind: str, *sides: tuple, points: int = 1):
        self.name, self.function, self.oracle, self.kind = name, function, oracle, kind
        self.sides, self.points = sides, points  # lower and upper bound of each argument; points in every box


# --------------------------------------------------------------------------------------------------------- oracles


def mpfr(f: Callable) -> Callable:
    """A function of MPFR; None where it has no real value."""
    convert = gmpy2.mpfr

    def value(*x: float) -> Any:
        result = f(*map(convert, x))
        return result if gmpy2.is_finite(result) else None

    return value


def rational(f: Callable) -> Callable:
    """A function of rational numbers."""
    convert = gmpy2.mpq

    def value(*x: float) -> Any:
        try:
            return f(*map(convert, x))
        except ZeroDivisionError:
            return None

    return value


def ball(f: Callable) -> Callable:
    """A function of Arb: a ball that holds the value."""

    def value(*x: float) -> Any:
        try:
            result = f(*map(flint.arb, x))
        except (ValueError, ZeroDivisionError):
            return None
        return result if result.is_finite() else None

    return value


def is_outside(value: Any, low: float, high: float) -> bool | None:
    """Whether a value certainly lies outside; None if it is not known well enough."""
    if isinstance(value, flint.arb):
        if value < flint.arb(low) if low > -INF else False:
            return True
        if value > flint.arb(high) if high < INF else False:
            return True
        return None if value.rel_accuracy_bits() < 60 and not value.contains(0) else False
    return not low <= value <= high


# ------------------------------------------------------------------------------------------------------- the functions

REALS, POSITIVE, UNIT = (-INF, INF), (0.0, INF), (-1.0, 1.0)
MODERATE, MODERATE_POSITIVE = (-60.0, 60.0), (1e-6, 60.0)
SCALES = {REALS: (-300, 300), POSITIVE: (-300, 300)}
PI = gmpy2.const_pi


def _expit(x: Any) -> Any:
    return 1 / (1 + gmpy2.exp(-x))


def _exact_cases() -> Iterator[Case]:
    two, one = (REALS, REALS), (REALS,)
    for name, f in {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y,
    }.items():
        yield Case(name, f, rational(f), "exact", *two)
    for name, f in {"maximum": max, "minimum": min}.items():
        yield Case(name, getattr(np, name), rational(f), "exact", *two)
    yield Case("square", np.square, rational(lambda x: x * x), "exact", *one)
    yield Case("reciprocal", np.reciprocal, rational(lambda x: 1 / x), "exact", *one)
    for n in (3, -2, 7):
        yield Case(f"power, integer {n}", lambda x, n=n: x**n, rational(lambda x, n=n: x**n), "exact", (-1e40, 1e40))
    steps = {"floor": gmpy2.floor, "ceil": gmpy2.ceil, "trunc": gmpy2.trunc}
    for name, f in steps.items():
        yield Case(name, getattr(np, name), mpfr(f), "exact", (-1e18, 1e18))
    yield Case("absolute", np.abs, rational(abs), "exact", *one)
    yield Case("sign", np.sign, rational(lambda x: gmpy2.mpq((x > 0) - (x < 0))), "exact", *one)


def _elementary_cases() -> Iterator[Case]:
    g = gmpy2
    half = g.mpfr("0.5")
    for name, f, side in (
        ("sqrt", g.sqrt, POSITIVE), ("cbrt", g.cbrt, REALS), ("exp", g.exp, (-760.0, 720.0)),
        ("exp2", g.exp2, (-1080.0, 1030.0)), ("expm1", g.expm1, (-760.0, 720.0)), ("log", g.log, POSITIVE),
        ("log2", g.log2, POSITIVE), ("log10", g.log10, POSITIVE), ("log1p", g.log1p, (-1.0, 1e300)),
        ("sin", g.sin, REALS), ("cos", g.cos, REALS), ("tan", g.tan, REALS), ("arcsin", g.asin, UNIT),
        ("arccos", g.acos, UNIT), ("arctan", g.atan, REALS), ("sinh", g.sinh, (-720.0, 720.0)),
        ("cosh", g.cosh, (-720.0, 720.0)), ("tanh", g.tanh, REALS), ("arcsinh", g.asinh, REALS),
        ("arccosh", g.acosh, (1.0, INF)), ("arctanh", g.atanh, UNIT),
        ("deg2rad", lambda x: x * PI() / 180, REALS), ("rad2deg", lambda x: x * 180 / PI(), (-1e300, 1e300)),
        ("expit", _expit, (-700.0, 700.0)), ("logit", lambda x: g.log(x) - g.log1p(-x), (0.0, 1.0)),
        ("log_expit", lambda x: -g.log1p(g.exp(-x)), (-700.0, 700.0)), ("erf", g.erf, (-30.0, 30.0)),
        ("erfc", g.erfc, (-30.0, 27.0)), ("ndtr", lambda x: g.erfc(-x * g.sqrt(half)) / 2, (-38.0, 38.0)),
    ):  # fmt: skip
        yield Case(name, getattr(np, name, None) or getattr(sp, name), mpfr(f), "MPFR", side)
    yield Case("arctan2", np.arctan2, mpfr(g.atan2), "MPFR", REALS, REALS)
    yield Case("hypot", np.hypot, mpfr(g.hypot), "MPFR", (-1e300, 1e300), (-1e300, 1e300))
    yield Case("power", np.power, mpfr(lambda x, y: x**y), "MPFR", (1e-6, 1e6), (-40.0, 40.0))
    for r in (0.1, -1.5, 1 / 3):
        exponent = g.mpfr(r)
        yield Case(f"power {r:.3g}", lambda x, r=r: x**r, mpfr(lambda x, r=exponent: x**r), "MPFR", (1e-300, 1e150))


def _special_cases() -> Iterator[Case]:
    a = flint.arb

    def at(name: str, f: Callable, *sides: tuple, parameters: tuple = ()) -> Case:
        function, title = getattr(np, name, None) or getattr(sp, name), name
        if parameters:
            title = f"{name} {', '.join(f'{p:g}' for p in parameters)}"
            fixed = parameters
            return Case(
                title, lambda x: function(*fixed, x), ball(lambda x: f(*map(a, fixed), x)), "Arb", *sides, points=20
            )
        return Case(title, function, ball(f), "Arb", *sides, points=20)

    yield at("sinc", lambda x: x.sinc_pi(), MODERATE)
    yield at("erfi", lambda x: x.erfi(), (-25.0, 25.0))
    yield at("erfinv", lambda x: x.erfinv(), (-0.999999, 0.999999))
    yield at("dawsn", lambda x: (-x * x).exp() * x.erfi() * a.pi().sqrt() / 2, (-25.0, 25.0))
    yield at("erfcx", lambda x: (x * x).exp() * x.erfc(), (-20.0, 25.0))
    yield at("log_ndtr", lambda x: ((-x / a(2).sqrt()).erfc() / 2).log(), (-30.0, 30.0))
    yield at("gamma", lambda x: x.gamma(), (-20.0, 100.0))
    yield at("rgamma", lambda x: x.rgamma(), (-20.0, 100.0))
    yield at("gammaln", lambda x: x.lgamma(), (1e-6, 1e6))
    yield at("digamma", lambda x: x.digamma(), (-20.0, 100.0))
    yield at("zeta", lambda x: x.zeta(), (-10.0, 40.0))
    for v in (0.0, 1.0, 2.25):
        yield at("jv", lambda v, x: x.bessel_j(v), MODERATE_POSITIVE, parameters=(v,))
        yield at("yv", lambda v, x: x.bessel_y(v), MODERATE_POSITIVE, parameters=(v,))
        yield at("iv", lambda v, x: x.bessel_i(v), MODERATE_POSITIVE, parameters=(v,))
        yield at("kv", lambda v, x: x.bessel_k(v), MODERATE_POSITIVE, parameters=(v,))
    for name, method, v in (("j0", "bessel_j", 0), ("j1", "bessel_j", 1), ("i0", "bessel_i", 0), ("i1", "bessel_i", 1)):
        yield at(name, lambda x, method=method, v=v: getattr(x, method)(a(v)), MODERATE)
    for name, method, v in (("y0", "bessel_y", 0), ("y1", "bessel_y", 1), ("k0", "bessel_k", 0), ("k1", "bessel_k", 1)):
        yield at(name, lambda x, method=method, v=v: getattr(x, method)(a(v)), MODERATE_POSITIVE)
    for v in (0, 1):
        yield at(f"i{v}e", lambda x, v=v: x.bessel_i(a(v)) * (-abs(x)).exp(), MODERATE)
    for i, method in enumerate(("airy_ai", "airy_bi")):
        yield Case(
            f"airy, {method}", lambda x, i=i: sp.airy(x)[2 * i], ball(lambda x, m=method: getattr(x, m)()), "Arb",
            (-20.0, 10.0), points=20,
        )  # fmt: skip
    yield at("lambertw", lambda x: x.lambertw(), (-0.36787944117144233, 1e6))
    yield at("exp1", lambda x: x.expint(a(1)), (1e-6, 60.0))
    yield at("expi", lambda x: x.ei(), (-30.0, 60.0))
    for i, method in enumerate(("si", "ci")):
        yield Case(
            f"sici, {method}", lambda x, i=i: sp.sici(x)[i], ball(lambda x, m=method: getattr(x, m)()), "Arb",
            MODERATE_POSITIVE, points=20,
        )  # fmt: skip
        yield Case(
            f"shichi, {'shi' if i == 0 else 'chi'}", lambda x, i=i: sp.shichi(x)[i],
            ball(lambda x, m=("shi", "chi")[i]: getattr(x, m)()), "Arb", MODERATE_POSITIVE, points=20,
        )  # fmt: skip
        yield Case(
            f"fresnel, {'sc'[i]}", lambda x, i=i: sp.fresnel(x)[i],
            ball(lambda x, m=("fresnel_s", "fresnel_c")[i]: getattr(x, m)()), "Arb", (-12.0, 12.0), points=20,
        )  # fmt: skip
    for s in (0.5, 3.0):
        yield at("gammainc", lambda s, x: x.gamma_lower(s, 1), MODERATE_POSITIVE, parameters=(s,))
        yield at("gammaincc", lambda s, x: x.gamma_upper(s, 1), MODERATE_POSITIVE, parameters=(s,))
    yield at("betainc", lambda p, q, x: x.beta_lower(p, q, 1), (0.0, 1.0), parameters=(2.5, 1.5))
    yield at("spence", lambda x: (1 - x).polylog(a(2)), (1e-6, 60.0))
    yield at("hyp0f1", lambda b, x: x.hypgeom_0f1(b), MODERATE, parameters=(1.5,))
    yield at("hyp1f1", lambda p, q, x: x.hypgeom_1f1(p, q), (-20.0, 20.0), parameters=(0.5, 1.5))
    yield at("hyp2f1", lambda p, q, r, x: x.hypgeom_2f1(p, q, r), (-20.0, 0.9), parameters=(0.5, 1.5, 2.5))


# ----------------------------------------------------------------------------------------------------- boxes and points

SPECIAL = np.array([0.0, 5e-324, -5e-324, 2.0**-1022, 0.5, 1.0, -1.0, math.pi / 2, math.pi, -math.pi, 2.0, 1e22])


def numbers(rng: np.random.Generator, side: tuple, count: int) -> np.ndarray:
    """Numbers of all magnitudes, of both signs, some special, inside bounds."""
    low, high = max(side[0], -LARGEST), min(side[1], LARGEST)
    top = math.log10(max(abs(low), abs(high)))
    wide = rng.random(count) < 0.3
    exponents = np.where(wide, rng.uniform(-300, top, count), rng.uniform(min(-3, top), min(2, top), count))
    drawn = 10.0**exponents * rng.choice([-1.0, 1.0], count)
    with np.errstate(over="ignore"):
        uniform = low / 2 + (high / 2 - low / 2) * rng.random(count)
    drawn = np.where(rng.random(count) < 0.2, 2 * uniform if top < 300 else drawn, drawn)
    drawn = np.where(rng.random(count) < 0.03, rng.choice(SPECIAL, count), drawn)
    outside = (drawn < low) | (drawn > high)
    return np.clip(np.where(outside, -drawn, drawn), low, high)


def boxes(rng: np.random.Generator, side: tuple, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of one point, of neighbouring doubles, narrow, and wide."""
    a = numbers(rng, side, count)
    reach = np.abs(a) * 10.0 ** rng.uniform(-15, 0.5, count)
    other = np.select(
        [rng.random(count) < 0.1, rng.random(count) < 0.15, rng.random(count) < 0.2],
        [a, np.nextafter(a, INF), numbers(rng, side, count)],
        a + reach,
    )
    other = np.clip(other, max(side[0], -LARGEST), min(side[1], LARGEST))
    return np.minimum(a, other), np.maximum(a, other)


def points(rng: np.random.Generator, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Ends, their neighbours, and points between."""
    with np.errstate(over="ignore"):
        between = low + (high - low) * rng.random(low.shape)
    between = np.where(np.isfinite(between), between, low / 2 + high / 2)
    choice = rng.random(low.shape)
    drawn = np.select(
        [choice < 0.15, choice < 0.3, choice < 0.35, choice < 0.4],
        [low, high, np.nextafter(low, INF), np.nextafter(high, -INF)],
        between,
    )
    return np.clip(drawn, low, high)


# -------------------------------------------------------------------------------------------------------------- the run


class Count:
    """What was found for one function."""

    def __init__(self) -> None:
        self.boxes = self.samples = self.undecided = self.violations = 0
        self.first = ""


def judge(case: Case, rng: np.random.Generator, samples: int, count: Count) -> None:
    """Check one batch."""
    number = max(1, samples // case.points)
    sides = [boxes(rng, side, number) for side in case.sides]
    found = case.function(*(Interval(*side) for side in sides))
    low, high = (np.broadcast_to(end, number) for end in found.ends)
    count.boxes += number
    for _ in range(case.points):
        chosen = [points(rng, *side) for side in sides]
        for i, x in enumerate(zip(*(c.tolist() for c in chosen), strict=True)):
            value = case.oracle(*x)
            if value is None:
                continue
            count.samples += 1
            outside = True if low[i] != low[i] else is_outside(value, float(low[i]), float(high[i]))
            if outside is None:
                count.undecided += 1
            elif outside:
                count.violations += 1
                count.first = count.first or f"{x} in {[(float(s[0][i]), float(s[1][i])) for s in sides]}: {value}"


HEADER = """# Random points in random boxes

"Undecided": Arb's ball was too wide to tell. Oracles: rational numbers for "exact", MPFR and Arb at {bits} bits.
Points at which the oracle has no real value are not counted.

| function | oracle | boxes | samples | undecided | violations |
|---|---|---|---|---|---|
"""
SHARES = {"exact": 0.3, "MPFR": 0.62, "Arb": 0.08}


def main() -> None:
    """Draw, judge, and write the table beside this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cases = [*_exact_cases(), *_elementary_cases(), *_special_cases()]
    wanted = set(filter(None, options.only.split(",")))
    rows, totals, started = [], Count(), time.monotonic()
    with tqdm(total=options.samples, unit="sample", unit_scale=True) as bar:
        for case in cases:
            if wanted and case.name not in wanted:
                continue
            rng = np.random.default_rng([options.seed, *map(ord, case.name)])
            share = SHARES[case.kind] * options.samples / sum(c.kind == case.kind for c in cases)
            count, missing = Count(), int(share * 1.02) + 1
            bar.set_postfix_str(case.name)
            while missing > 0:
                before = count.samples
                judge(case, rng, min(missing, 20_000), count)
                missing -= max(count.samples - before, 1)
                bar.update(count.samples - before)
            numbers_found = (count.boxes, count.samples, count.undecided, count.violations)
            rows.append(f"| {case.name} | {case.kind} | {' | '.join(map(str, numbers_found))} |\n")
            if count.violations:
                print(f"{case.name}: {count.violations} violations, first {count.first}")
            for name in ("boxes", "samples", "undecided", "violations"):
                setattr(totals, name, getattr(totals, name) + getattr(count, name))
    closing = (
        f"\n{totals.violations} violations in {totals.samples} samples ({totals.boxes} boxes, "
        f"{totals.undecided} undecided), seed {options.seed}.\n"
    )
    print(closing, f"{time.monotonic() - started:.0f} s")
    if not wanted:
        Path(__file__).with_name("table.md").write_text(
            HEADER.format(bits=BITS) + "".join(rows) + closing, encoding="utf-8"
        )


if __name__ == "__main__":
    main()
