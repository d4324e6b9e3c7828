"""Numbers: `math`, types, formatting, comparisons, complex numbers."""

from __future__ import annotations

import cmath
import math
import numbers
import operator
from functools import reduce

import numpy as np

from tests.everyday.table import everyday


@everyday
def all_of_math(x):
    a, b, c = x[0], x[1], x[3]
    s = math.sin(a) + math.cos(b) * math.tan(a) + math.asin(a / 2) - math.acos(a / 3) + math.atan(b)
    s += math.sinh(a) * math.cosh(b) + math.tanh(c) + math.asinh(a) + math.acosh(c) + math.atanh(a / 2)
    s += math.exp(a) + math.expm1(b) + math.log(c) + math.log(c, 3) + math.log1p(a) + math.log2(b) + math.log10(c)
    return s + math.sqrt(c) + math.pow(b, a) + math.hypot(a, b, c) + math.atan2(a, x[2]) + math.fabs(x[2])


@everyday
def rest_of_math(x):
    a, b = x[0], x[3]
    s = math.fsum([a, b, 1.0]) + math.fsum(v * v for v in x) + math.prod(x) + math.dist(x[:2], x[2:])
    s += math.degrees(a) / 100 + math.radians(b) + math.copysign(b, x[2]) + math.fmod(7 * b, x[1])
    s += math.erf(a) + math.erfc(b) + math.gamma(b) + math.lgamma(b) + math.ldexp(a, 3) + math.remainder(b, x[1])
    fraction, whole = math.modf(b)
    mantissa, exponent = math.frexp(b)
    return s + fraction * whole + mantissa**2 * exponent


@everyday
def locally_constant(x):
    n = math.floor(x[3] * 7) + math.ceil(x[0]) + math.trunc(x[2] * 99) + int(x[1] * 9) + round(x[3])
    return n * x[0] + (x[3] // 0.5) * x[1] + x[3] % 0.5 + divmod(x[1], 0.4)[1]


@everyday
def float_of_an_entry(x):
    a = float(x[0])
    b, c = map(float, x[1:3])
    return a * b + c**2


@everyday
def float_still_makes_types(x):
    y = np.zeros(4, dtype=float)
    y[0] = float("1.5") * x[0]
    z = x.astype(float) * np.arange(4).astype(float)
    assert isinstance(2.5, float)
    assert isinstance(float(3), float)
    assert issubclass(float, numbers.Real)
    return y + z + float(np.float64(2)) * float(x[1])


@everyday
def complex_of_entries(x):
    z = complex(x[0], x[1]) * complex(2, 1)
    return z.real + z.imag * abs(z)


@everyday
def isinstance_of_an_array(x):
    if not isinstance(x, np.ndarray):
        x = np.array([x, x])
    return x * 2 if isinstance(x[0], float) else 0 * x


@everyday
def isinstance_of_a_number(x):
    def area(r):
        if isinstance(r, (int, float, np.floating)):
            return math.pi * r**2
        return np.zeros(3)

    assert not isinstance(x[0], (np.ndarray, str))
    assert isinstance(x[1], numbers.Real)
    return area(x[0]) + area(2.0) * x[1]


@everyday
def isscalar_and_ndim(x):
    s = x[0] if np.isscalar(x[0]) else None
    return np.where(np.ndim(x) == 1, s, 0) * x[1] * np.size(x) * x.ndim * len(x)


@everyday
def formatted(x):
    text = f"{x[0]:.3f} {x[1]!r} {x} %.2f" % x[2] + f"{x[3]:>10.4g}" + str(x[0])
    print(text, x, end="")
    return x[0] * len(text) ** 0


@everyday
def builtins_on_arrays(x):
    return sum(x) * max(x) + min(x[0], x[1]) ** 2 + sorted(x)[1] * abs(x[2]) + pow(x[0], 2) + sum(v for v in x if v > 0)


@everyday
def reduced(x):
    return reduce(operator.mul, x, 1.0) + reduce(lambda a, b: a * b + 1, list(x))


@everyday
def numpy_numbers_on_the_left(x):
    y = np.float64(2) * x + np.float32(0.5) * x[0] - np.int64(3) * x[1]
    return np.array([1.0, 2.0, 3.0, 4.0]) * y / np.float64(3) + np.float64(2) ** x + np.ones(4) @ y


@everyday
def reflected_operators(x):
    return 1 - x + 2 / (3 + x**2) + 2**x + 7 % (x[3] + 1) - (-x) + (+x) ** 3 + np.pi * x


@everyday
def matrix_operators(x):
    m = x.reshape(2, 2)
    n = np.arange(4.0).reshape(2, 2)
    n = m @ n @ m.T
    n @= m
    return n + [1.0, 2.0] @ m


@everyday
def complex_arithmetic(x):
    z = x[:2] + 1j * x[2:]
    w = np.exp(z) / (z + 2)
    return np.abs(w) + np.angle(z) + (w * np.conj(w)).real + w.imag


@everyday
def cmath_functions(x):
    z = cmath.exp(1j * x[0]) + cmath.sqrt(x[1] + 0.5j) + cmath.log(x[2]) + cmath.sin(x[3] * 1j)
    return z.real * z.imag + cmath.phase(z)


@everyday
def single_precision_inside(x):
    y = np.zeros(4, dtype=np.float64)
    y[:2] = x[:2] * np.float32(0.5)
    return y * np.asarray([1, 2, 3, 4], dtype=np.float32)


@everyday
def integer_arrays(x):
    n = np.arange(4)
    table = np.array([[3, 1], [0, 2]])
    return x[n[::-1]] * n + x[table].sum(axis=1).sum() + n**2 @ x


@everyday(point=1.2)
def of_one_number(x):
    y = np.zeros(2)
    y[0] = x
    y[1] = math.sin(x)
    return y * x


@everyday(point=((1.0, 2.0, 0.5), (0.3, -1.0, 2.0)))
def of_a_matrix(a):
    b = np.zeros((3, 3))
    b[:2] = a
    b[2, 2] = a[0, 0] * a[1, 1]
    return np.trace(b @ b) + b[0] @ b[:, 1]


@everyday(point=())
def of_nothing(x):
    y = np.zeros(0)
    y[:] = x
    return np.sum(x * y) + np.zeros(0).sum() + len(x)


@everyday
def try_and_except(x):
    y = np.zeros(4)
    try:
        y[0] = x[0]
        y[7] = x[1]
    except IndexError:
        y[1] = x[1] ** 2
    finally:
        y[2] = x[2]
    try:
        math.sqrt(x[2])
    except ValueError:
        y[3] = x[3]
    return y


@everyday
def object_arrays(x):
    o = np.empty(3, dtype=object)
    o[0], o[1], o[2] = x[0], x[1] * x[2], 2.0
    return o * np.array([x[3], 1, x[0]], dtype=object)


@everyday
def vectorized(x):
    f = np.vectorize(lambda t: t * t if t > 0 else -t)
    g = np.vectorize(lambda s, t: s * t, otypes=[float])
    h = np.vectorize(lambda t: (t, t * t))
    return f(x) * x + g(x, x[0]) + g(np.arange(4), 2.0) * h(x)[1] + f(x[1])


@everyday
def along_an_axis(x):
    m = x.reshape(2, 2)
    return np.apply_along_axis(lambda row: row / np.sum(row**2), 1, m)


@everyday
def item_and_tolist(x):
    a = x.item(0) * x[1].item()
    b, c, *_ = x.tolist()
    return a + b * c


@everyday
def lists_given_to_functions(x):
    a, b = x[0], x[1]
    y = np.sum([a, b, 1.0]) * np.dot([a, b], [1, 2]) + np.linalg.norm([a, b]) + np.max([a, b]) + np.mean([a, 2 * b])
    return np.exp([a, b]) * y + np.cross([a, b, 1], [1, b, a])[:2] + np.hypot([a, b], 1)


@everyday
def nan_and_isclose(x):
    if math.isclose(x[0], 0.7, rel_tol=0.5) and not math.isnan(x[1]) and np.isfinite(x).all() and np.allclose(x, x):
        return x * 2
    return x * 0
