"""The table, first part: powers, exponentials, logarithms, circular and hyperbolic functions.

One entry a function: where it starts and the equation ``a y' = b x'`` it solves. `x` is the argument, `y` the
function, the letters after them its companions. Comments say only why an equation is not the first one to come to mind.
"""

from __future__ import annotations

import math
from fractions import Fraction

from taylorad.rules.closed_forms import sinc, sinc_coefficients
from taylorad.rules.rule import POSITIVE, Domain, Rule

UNIT = Domain(-1, 1, closed=(-1, 1))

ELEMENTARY = {
    # powers
    "sqrt": Rule(
        start=lambda xp, x: xp.sqrt(x),
        ode=lambda x, y: (2 * y, 1),
        domain=Domain(0, math.inf, closed=(0,)),
        monotony=1,
        zero_exponent=lambda: Fraction(1, 2),
    ),
    "cbrt": Rule(
        start=lambda xp, x: xp.cbrt(x),
        ode=lambda x, y: (3 * y * y, 1),
        monotony=1,
        zero_exponent=lambda: Fraction(1, 3),
        complex=False,
    ),
    "constant_power": Rule(  # constant real exponent r; integer exponents go by multiplication, valid at 0
        start=lambda xp, x, r: xp.power(x, r),
        ode=lambda x, y, r: (x, r * y),
        nin=2,
        parameters=(1,),
        domain=Domain(0, math.inf, closed=(0,)),
        zero_exponent=lambda r: r,
    ),
    "series_power": Rule(  # x^z with both varying; the companion is log x
        start=lambda xp, x, z: (xp.power(x, z), xp.log(x)),
        ode=lambda x, z, y, l: (x, (z * y, x * l * y), (1, 0)),
        nin=2,
        domain=POSITIVE,
    ),
    # exponentials and logarithms
    "exp": Rule(start=lambda xp, x: xp.exp(x), ode=lambda x, y: (1, y), monotony=1),
    "exp2": Rule(
        start=lambda xp, x: xp.exp2(x), ode=lambda x, y, c: (1, c * y), constants=lambda xp: (xp.log(2),), monotony=1
    ),
    "expm1": Rule(  # y' = 1 + y cancels below zero
        start=lambda xp, x: (xp.expm1(x), xp.exp(x)), ode=lambda x, y, e: (1, e, e), monotony=1
    ),
    "log": Rule(start=lambda xp, x: xp.log(x), ode=lambda x, y: (x, 1), domain=POSITIVE, monotony=1),
    "log2": Rule(
        start=lambda xp, x: xp.log2(x),
        ode=lambda x, y, c: (c * x, 1),
        constants=lambda xp: (xp.log(2),),
        domain=POSITIVE,
        monotony=1,
    ),
    "log10": Rule(
        start=lambda xp, x: xp.log10(x),
        ode=lambda x, y, c: (c * x, 1),
        constants=lambda xp: (xp.log(10),),
        domain=POSITIVE,
        monotony=1,
    ),
    "log1p": Rule(
        start=lambda xp, x: xp.log1p(x), ode=lambda x, y: (1 + x, 1), domain=Domain(-1, math.inf), monotony=1
    ),
    "deg2rad": Rule(
        start=lambda xp, x: xp.deg2rad(x), ode=lambda x, y, c: (1, c), constants=lambda xp: (xp.pi / 180,), monotony=1
    ),
    "rad2deg": Rule(
        start=lambda xp, x: xp.rad2deg(x), ode=lambda x, y, c: (1, c), constants=lambda xp: (180 / xp.pi,), monotony=1
    ),
    # circular functions
    "sin": Rule(start=lambda xp, x: (xp.sin(x), xp.cos(x)), ode=lambda x, y, c: (1, c, -y)),
    "cos": Rule(start=lambda xp, x: (xp.cos(x), xp.sin(x)), ode=lambda x, y, s: (1, -s, y)),
    "tan": Rule(start=lambda xp, x: (xp.tan(x), 1 / xp.cos(x) ** 2), ode=lambda x, y, s: (1, s, 2 * y * s)),
    "arcsin": Rule(  # the companion is sqrt(1 - x²), started without cancellation near ±1
        start=lambda xp, x: (xp.arcsin(x), xp.sqrt(1 - x) * xp.sqrt(1 + x)),
        ode=lambda x, y, w: (w, 1, -x),
        domain=UNIT,
        monotony=1,
    ),
    "arccos": Rule(
        start=lambda xp, x: (xp.arccos(x), xp.sqrt(1 - x) * xp.sqrt(1 + x)),
        ode=lambda x, y, w: (w, -1, -x),
        domain=UNIT,
        monotony=-1,
    ),
    "arctan": Rule(start=lambda xp, x: xp.arctan(x), ode=lambda x, y: (1 + x * x, 1), monotony=1),
    "arctan2": Rule(
        start=lambda xp, y, x: xp.arctan2(y, x),
        ode=lambda y, x, t: (x * x + y * y, (x, -y)),
        nin=2,
        homogeneous=0,
        complex=False,
    ),
    "hypot": Rule(
        start=lambda xp, x, y: xp.hypot(x, y),
        ode=lambda x, y, h: (h, (x, y)),
        nin=2,
        homogeneous=1,
        complex=False,
        zero_exponent=lambda: Fraction(1, 2),
        zero_base=lambda times, x, y: times(x, x) + times(y, y),
    ),
    "sinc": Rule(  # sin(πx)/(πx); companions sin and cos of πx
        start=lambda xp, x: (sinc(xp, x), xp.sinpi(x), xp.cospi(x)),
        ode=lambda x, y, s, c, p: (x, c - y, p * x * c, -p * x * s),
        constants=lambda xp: (xp.pi,),
        unstable=lambda x, order: abs(x) * 3 <= order,  # dividing by x each order swamps an entire function
        coefficients=sinc_coefficients,
    ),
    # hyperbolic functions
    "sinh": Rule(start=lambda xp, x: (xp.sinh(x), xp.cosh(x)), ode=lambda x, y, c: (1, c, y), monotony=1),
    "cosh": Rule(start=lambda xp, x: (xp.cosh(x), xp.sinh(x)), ode=lambda x, y, s: (1, s, y)),
    "tanh": Rule(  # 1 - y² cancels
        start=lambda xp, x: (xp.tanh(x), 1 / xp.cosh(x) ** 2), ode=lambda x, y, s: (1, s, -2 * y * s), monotony=1
    ),
    "arcsinh": Rule(start=lambda xp, x: (xp.arcsinh(x), xp.hypot(1, x)), ode=lambda x, y, w: (w, 1, x), monotony=1),
    "arccosh": Rule(
        start=lambda xp, x: (xp.arccosh(x), xp.sqrt(x - 1) * xp.sqrt(x + 1)),
        ode=lambda x, y, w: (w, 1, x),
        domain=Domain(1, math.inf, closed=(1,)),
        monotony=1,
    ),
    "arctanh": Rule(
        start=lambda xp, x: xp.arctanh(x), ode=lambda x, y: ((1 - x) * (1 + x), 1), domain=Domain(-1, 1), monotony=1
    ),
    # logistic functions: s = expit(-x) keeps the upper tail, p = expit(x) the lower
    "expit": Rule(
        start=lambda xp, x: (xp.expit(x), xp.expit(-x)),
        ode=lambda x, y, s: (1, y * s, -y * s),
        monotony=1,
        complex=False,
    ),
    "logit": Rule(
        start=lambda xp, x: xp.logit(x),
        ode=lambda x, y: (x * (1 - x), 1),
        domain=Domain(0, 1),
        monotony=1,
        complex=False,
    ),
    "log_expit": Rule(
        start=lambda xp, x: (xp.log_expit(x), xp.expit(-x), xp.expit(x)),
        ode=lambda x, y, s, p: (1, s, -s * p, s * p),
        monotony=1,
        complex=False,
    ),
}
