"""Functions in native code: accurate to 4 units in the last place, and NumPy's values at special points."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.special

from taylorad.compile.graph import Graph
from taylorad.compile.native import functions, kernels, target

pytestmark = pytest.mark.skipif(not target.is_available(), reason="llvmlite is not installed")

SPECIAL = np.array(
    [
        0.0,
        np.inf,
        1.0,
        2.0,
        0.5,
        1e-300,
        5e-324,
        1e-310,
        3e9,
        1e300,
        1e22,
        1e5,
        709.0,
        710.0,
        745.0,
        746.0,
        1e-20,
        np.pi,
    ]
)
SPECIAL = np.array([*SPECIAL, *-SPECIAL, np.nan, np.finfo(float).max, -1.0000000001])
EXACT = {  # the function in mpmath, and where it is tried
    "exp": (mpmath.exp, -30, 30),
    "exp2": (lambda x: mpmath.mpf(2) ** x, -30, 30),
    "expm1": (mpmath.expm1, -3, 3),
    "log": (mpmath.log, 1e-3, 10),
    "log2": (lambda x: mpmath.log(x, 2), 1e-3, 10),
    "log10": (mpmath.log10, 1e-3, 10),
    "log1p": (mpmath.log1p, -0.9, 3),
    "sqrt": (mpmath.sqrt, 0, 10),
    "cbrt": (mpmath.cbrt, 0, 10),
    "sin": (mpmath.sin, -1e4, 1e4),
    "cos": (mpmath.cos, -1e4, 1e4),
    "tan": (mpmath.tan, -1e4, 1e4),
    "arcsin": (mpmath.asin, -1, 1),
    "arccos": (mpmath.acos, -1, 1),
    "arctan": (mpmath.atan, -20, 20),
    "sinh": (mpmath.sinh, -5, 5),
    "cosh": (mpmath.cosh, -5, 5),
    "tanh": (mpmath.tanh, -5, 5),
    "arcsinh": (mpmath.asinh, -5, 5),
    "arccosh": (mpmath.acosh, 1, 20),
    "arctanh": (mpmath.atanh, -0.99, 0.99),
    "erf": (mpmath.erf, -4, 4),
    "erfc": (mpmath.erfc, -4, 4),
    "arctan2": (mpmath.atan2, -5, 5),
    "hypot": (mpmath.hypot, -5, 5),
    "power": (mpmath.power, 0, 5),
}
OTHERS = [
    "remainder",
    "fmod",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "copysign",
    "fmin",
    "fmax",
    "heaviside",
    "fabs",
]
TWO = {"remainder", "fmod", "copysign", "fmin", "fmax", "heaviside", "arctan2", "hypot", "power", "logaddexp", "xlogy"}
SCIPY = ["erfcx", "dawsn", "psi", "digamma", "log_ndtr", "ndtr", "j0", "j1", "y0", "expit", "log_expit", "i0e"]
SCIPY += ["gamma", "gammaln", "rgamma", "entr", "erfi", "exp1", "expi", "ndtri", "logit", "spence", "k0", "ellipe"]


def evaluated(name, args, bits=None):
    """A function in native code, at arrays of one length."""
    g = Graph()
    given = [g.input(x.shape, x.dtype) for x in args]
    g.outputs = [g.add("call", given, name, args[0].shape, args[0].dtype)]
    module = target.optimise_and_compile(kernels.generate(g, "tried", bits))
    return kernels.Native(module, "tried", [(args[0].shape, args[0].dtype)])(args)[1][0]


def reference(name):
    return getattr(np, name, None) or getattr(scipy.special, name)


def places(bits):
    return pytest.param(bits, marks=pytest.mark.skipif(bits > target.machine().vector_bits, reason="narrow registers"))


WIDTHS = [places(bits) for bits in (128, 256, 512)] if target.is_available() else []


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("bits", WIDTHS)
def test_elementary_functions_to_four_units_in_the_last_place(name, bits):
    exact, low, high = EXACT[name]
    rng = np.random.default_rng(1)
    args = [rng.uniform(low, high, 203) for _ in range(2 if name in TWO else 1)]
    with mpmath.workprec(160):
        expected = [exact(*map(mpmath.mpf, point)) for point in zip(*args, strict=True)]
        for found, true in zip(evaluated(name, args, bits), expected, strict=True):
            assert abs(mpmath.mpf(float(found)) - true) <= 4 * np.spacing(abs(float(true)))


@pytest.mark.parametrize("name", [*EXACT, *OTHERS])
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_special_values_are_those_of_numpy(name, bits, dtype):
    special = SPECIAL.astype(dtype)
    args = [x.ravel() for x in np.meshgrid(special, special)] if name in TWO else [special]
    found, expected = evaluated(name, args, bits), reference(name)(*args).astype(dtype)
    same = (found == expected) & (np.signbit(found) == np.signbit(expected)) | np.isnan(found) & np.isnan(expected)
    # two implementations, each within 4 units in the last place
    near = np.abs(found - expected) <= 8 * np.spacing(np.abs(expected))
    assert (same | near).all(), [x[~(same | near)] for x in args]


@pytest.mark.parametrize("name", SCIPY)
@pytest.mark.parametrize("n", [1, 11])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_of_scipy(name, n):
    x = np.resize([0.3, 0.7, 0.25, 0.5, -0.4, 2.5], n)
    for dtype, tolerance in ((np.float64, 1e-14), (np.float32, 1e-6)):
        given = x.astype(dtype)
        np.testing.assert_allclose(evaluated(name, [given]), reference(name)(given), rtol=tolerance)


def test_remaining_functions_agree_with_numpy():
    x, y = np.array([-1.5, 2.0, 0.0, -3.0, 7.25]), np.array([2.0, 0.75, -1.0, -2.0, 7.25])
    for name in ("reciprocal", "radians", "degrees", "positive"):
        np.testing.assert_allclose(evaluated(name, [y]), reference(name)(y), rtol=1e-15)
    for name in ("logaddexp", "xlogy", "nextafter"):
        args = [x, np.abs(y)]
        np.testing.assert_allclose(evaluated(name, args), reference(name)(*args), rtol=1e-15)


def test_what_is_supported():
    assert functions.supported("exp", np.float32)
    assert functions.supported("erfcx", np.float64)
    assert not functions.supported("exp", np.int64)
    assert not functions.supported("lambertw", np.float64)
    assert not functions.supported("no_such_function", np.float64)
