"""The ring of mpmath numbers: arrays of `mpf` and `mpc`, at mpmath's working precision.

Also the one place that converts between mpmath and floating-point arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp
PI = lambda: +mp.pi  # noqa: E731
working_precision = mp.workprec


def is_multiprecision(element: Any) -> bool:
    """Whether an object is an mpmath number."""
    return isinstance(element, mpmath.mpf | mpmath.mpc) or type(element).__module__.startswith("mpmath")


def to_mpmath(element: Any) -> Any:
    """An mpmath number equal to a float, longdouble, complex, Fraction or mpmath number."""
    if is_multiprecision(element):
        return mp.convert(element)
    if isinstance(element, np.longdouble):
        high = float(element)
        return mp.mpf(high) + mp.mpf(float(element - np.longdouble(high))) if np.isfinite(element) else mp.mpf(high)
    if isinstance(element, complex | np.complexfloating):
        return mp.mpc(to_mpmath(element.real), to_mpmath(element.imag))
    if hasattr(element, "numerator") and not isinstance(element, int | np.integer):
        return mp.mpf(element.numerator) / element.denominator
    return mp.mpf(element.item() if isinstance(element, np.generic) else element)


def to_longdouble(number: Any) -> np.longdouble:
    """The nearest pair of doubles to a real mpmath number, summed in extended precision."""
    high = float(number)
    return np.longdouble(high) + np.longdouble(float(number - high)) if np.isfinite(high) else np.longdouble(high)


def from_mpmath(number: Any, dtype: np.dtype) -> Any:
    """An mpmath number rounded to a floating-point dtype; a complex one is nan in a real dtype."""
    if dtype == object:
        return number
    if dtype.kind == "c":
        number = mp.mpc(number)
        return dtype.type(complex(number))
    if isinstance(number, mpmath.mpc):
        return dtype.type(np.nan) if number.imag != 0 else from_mpmath(number.real, dtype)
    return dtype.type(to_longdouble(number)) if dtype.itemsize > 8 else dtype.type(float(number))


def pointwise(name: str, nout: int, dtype: np.dtype, digits: int = 30) -> Callable[..., Any]:
    """The function `name` of the multiprecision ring as one on floating-point arrays of `dtype`."""
    function = getattr(MultiprecisionNamespace(), name)

    def evaluate(*arguments: Any) -> Any:
        with mp.workdps(digits):
            exact = [np.vectorize(to_mpmath, otypes=[object])(np.asarray(a)) for a in arguments]
            results = function(*exact)
            rounded = tuple(
                np.vectorize(lambda r: from_mpmath(r, dtype), otypes=[dtype])(np.asarray(r, dtype=object))[()]
                for r in (results if nout > 1 else (results,))
            )
        return rounded if nout > 1 else rounded[0]

    return evaluate


class MultiprecisionNamespace:
    """mpmath's functions under NumPy's and SciPy's names, elementwise on object arrays."""

    convert = staticmethod(to_mpmath)

    @property
    def pi(self) -> Any:
        """π at the working precision."""
        return +mp.pi

    @property
    def eps(self) -> float:
        """Relative rounding error of the working precision."""
        return float(mp.eps)

    where = staticmethod(np.where)
    imaginary_unit = mp.j

    @staticmethod
    def factorial(k: int) -> Any:
        """k!."""
        return mp.factorial(k)

    @staticmethod
    def left_out(bound: float) -> Any:
        """What stands for terms that are left out: nothing."""
        return 0

    @staticmethod
    def real(x: Any) -> Any:
        """Real part of a number."""
        return x.real

    @staticmethod
    def imag(x: Any) -> Any:
        """Imaginary part of a number."""
        return x.imag

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = _FUNCTIONS.get(name) or getattr(mp, name, None)
        if function is None:
            raise AttributeError(f"the multiprecision ring has no function {name}")
        nout = _RESULTS.get(name, 1)

        def elementwise(*arguments: Any) -> Any:
            nin = len(arguments)
            return np.frompyfunc(lambda *a: function(*map(to_mpmath, a)), nin, nout)(*arguments)

        return elementwise


def _branch(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """nan outside the real domain instead of a complex value, as NumPy has it for real input."""

    def real(x: Any) -> Any:
        value = function(x)
        return mp.nan if isinstance(value, mpmath.mpc) and isinstance(x, mpmath.mpf) else value

    return real


def _betainc(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def _log_ndtr(x: Any) -> Any:
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def _dawsn(x: Any) -> Any:
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _wofz(z: Any) -> Any:
    return mp.exp(-z * z) * mp.erfc(-1j * z)


def _airy(x: Any) -> tuple:
    return mp.airyai(x), mp.airyai(x, derivative=1), mp.airybi(x), mp.airybi(x, derivative=1)


def _spence(x: Any) -> Any:
    value = mp.polylog(2, 1 - x)
    return value.real if isinstance(x, mpmath.mpf) and isinstance(value, mpmath.mpc) else value


def _expit(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


_RESULTS = {"airy": 4, "sici": 2, "shichi": 2, "fresnel": 2}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "maximum": max,
    "minimum": min,
    "sqrt": _branch(mp.sqrt),
    "log": _branch(mp.log),
    "log1p": _branch(mp.log1p),
    "log2": _branch(lambda x: mp.log(x, 2)),
    "log10": _branch(mp.log10),
    "arcsin": _branch(mp.asin),
    "arccos": _branch(mp.acos),
    "arctan": mp.atan,
    "arctan2": mp.atan2,
    "arcsinh": mp.asinh,
    "arccosh": _branch(mp.acosh),
    "arctanh": _branch(mp.atanh),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "deg2rad": mp.radians,
    "rad2deg": mp.degrees,
    "exp2": lambda x: mp.power(2, x),
    "sinc": lambda x: mp.sincpi(x),
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "logaddexp": lambda x, y: x + _softplus(y - x),
    "expit": _expit,
    "logit": lambda x: mp.log(x / (1 - x)),
    "log_expit": lambda x: -_softplus(-x),
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
    "wofz": _wofz,
    "dawsn": _dawsn,
    "ndtr": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "ndtri": lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
    "log_ndtr": _log_ndtr,
    "gammaln": lambda x: mp.loggamma(x).real if isinstance(x, mpmath.mpf) else mp.loggamma(x),
    "digamma": lambda x: mp.digamma(x),
    "psi": lambda x: mp.digamma(x),
    "polygamma": lambda n, x: mp.polygamma(int(n), x),
    "hurwitz": mp.zeta,
    "binom": mp.binomial,
    "poch": mp.rf,
    "beta": mp.beta,
    "betaln": lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    "jv": mp.besselj,
    "yv": mp.bessely,
    "iv": mp.besseli,
    "kv": mp.besselk,
    **{f"{kind.lower()}{n}": (lambda x, f=f, n=n: f(n, x)) for kind, f in
       (("J", mp.besselj), ("Y", mp.bessely), ("I", mp.besseli), ("K", mp.besselk)) for n in (0, 1)},
    "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
    "airy": _airy,
    "lambertw": lambda x, k=0, tol=0: mp.lambertw(x, int(k)),
    "exp1": mp.e1,
    "expi": mp.ei,
    "sici": lambda x: (mp.si(x), mp.ci(x)),
    "shichi": lambda x: (mp.shi(x), mp.chi(x)),
    "fresnel": lambda x: (mp.fresnels(x), mp.fresnelc(x)),
    "gammainc": lambda a, x: mp.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
    "betainc": _betainc,
    "xlogy": lambda x, y: mp.mpf(0) if x == 0 else x * mp.log(y),
    "xlog1py": lambda x, y: mp.mpf(0) if x == 0 else x * mp.log1p(y),
    "spence": _spence,
    "hyp0f1": mp.hyp0f1,
    "hyp1f1": mp.hyp1f1,
    "hyp2f1": mp.hyp2f1,
    "ellipkinc": mp.ellipf,
    "ellipeinc": mp.ellipe,
    "sign": mp.sign,
}  # fmt: skip
