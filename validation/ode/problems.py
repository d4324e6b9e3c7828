"""The reference problems: right-hand sides over `Series`, initial data as decimal strings, closed forms where known.

Written a second time, apart from `taylorad.ode.systems`: a slip there or here shows as a disagreement of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

from validation.ode.series import RightHandSide, Series, atan, exp, log, sin_cos, tanh

Values = list[Any]


@dataclass(frozen=True)
class Problem:
    """One reference.

    Attributes
    ----------
    name, system : str
        Name of the reference, and of the system in `taylorad.ode.systems`.
    fun : callable
        ``fun(*parameters)`` is the right-hand side over `Series`.
    parameters, initial_state, span : tuple of str
        Decimal strings; a complex state gives every component as ``"real imaginary"``.
    numbers : "double" or "decimal"
        Whether the numbers meant are the doubles nearest to the strings, or the strings themselves.
    guard : int
        Digits that the problem loses: the working precisions are 45 + guard and 55 + guard.
    closed_form : callable, optional
        ``closed_form(t0, t1, y0, *parameters)``, the end state.
    """

    name: str
    system: str
    fun: Callable[..., RightHandSide]
    parameters: tuple[str, ...]
    initial_state: tuple[str, ...]
    span: tuple[str, str]
    numbers: str = "double"
    guard: int = 0
    closed_form: Callable[..., Values] | None = None

    @property
    def is_complex(self) -> bool:
        """Whether the state is complex; `fun` then works on real and imaginary parts in turn."""
        return " " in self.initial_state[0]

    def values(self) -> tuple[Values, Values, Values]:
        """Parameters, initial state (real and imaginary parts in turn) and span in the working precision."""
        read = mpf if self.numbers == "decimal" else lambda text: mpf(float(text))
        state = " ".join(self.initial_state).split()
        return [read(x) for x in self.parameters], [read(x) for x in state], [read(x) for x in self.span]


# Oscillators and mechanics


def harmonic(omega: Any) -> RightHandSide:
    return lambda t, y: [y[1], -(omega**2) * y[0]]


def harmonic_exact(t0: Any, t1: Any, y: Values, omega: Any) -> Values:
    c, s = mp.cos(omega * (t1 - t0)), mp.sin(omega * (t1 - t0))
    return [y[0] * c + y[1] * s / omega, y[1] * c - y[0] * omega * s]


def damped(omega: Any, ratio: Any) -> RightHandSide:
    return lambda t, y: [y[1], -2 * ratio * omega * y[1] - omega**2 * y[0]]


def damped_exact(t0: Any, t1: Any, y: Values, omega: Any, ratio: Any) -> Values:
    b, w = ratio * omega, omega * mp.sqrt(1 - ratio**2)
    c, s, decay = mp.cos(w * (t1 - t0)), mp.sin(w * (t1 - t0)) / w, mp.exp(-b * (t1 - t0))
    return [decay * (y[0] * c + (y[1] + b * y[0]) * s), decay * (y[1] * c - (b * y[1] + omega**2 * y[0]) * s)]


def pendulum() -> RightHandSide:
    return lambda t, y: [y[1], -sin_cos(y[0])[0]]


def van_der_pol(mu: Any) -> RightHandSide:
    return lambda t, y: [y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]]


def duffing(delta: Any, alpha: Any, beta: Any, gamma: Any, omega: Any) -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        drive = gamma * sin_cos(omega * t)[1]
        return [y[1], drive - delta * y[1] - alpha * y[0] - beta * y[0] ** 2 * y[0]]

    return fun


def rigid_body(a: Any, b: Any, c: Any) -> RightHandSide:
    return lambda t, y: [a * y[1] * y[2], b * y[0] * y[2], c * y[0] * y[1]]


def rigid_body_exact(t0: Any, t1: Any, y: Values, a: Any, b: Any, c: Any) -> Values:
    """sn, cn, dn of modulus m = -c, for (a, b) = (1, -1) and y(0) = (0, 1, 1)."""
    return [mp.ellipfun(name, t1 - t0, m=-c) for name in ("sn", "cn", "dn")]


def henon_heiles() -> RightHandSide:
    return lambda t, y: [y[2], y[3], -y[0] - 2 * y[0] * y[1], -y[1] - y[0] ** 2 + y[1] ** 2]


def double_pendulum(m1: Any, m2: Any, l1: Any, l2: Any, g: Any) -> RightHandSide:
    """Lagrange's equations M(a - b) (a'', b'') = F, solved by Cramer's rule."""

    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        a, b, da, db = y
        s, c = sin_cos(a - b)
        m11, m12, m22 = (m1 + m2) * l1**2, m2 * l1 * l2 * c, m2 * l2**2
        f1 = -(m2 * l1 * l2) * s * db**2 - (m1 + m2) * g * l1 * sin_cos(a)[0]
        f2 = (m2 * l1 * l2) * s * da**2 - m2 * g * l2 * sin_cos(b)[0]
        determinant = m11 * m22 - m12 * m12
        return [da, db, (f1 * m22 - f2 * m12) / determinant, (f2 * m11 - f1 * m12) / determinant]

    return fun


# Attractors and reactions


def lorenz(sigma: Any, rho: Any, beta: Any) -> RightHandSide:
    return lambda t, y: [sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]]


def rossler(a: Any, b: Any, c: Any) -> RightHandSide:
    return lambda t, y: [-y[1] - y[2], y[0] + a * y[1], y[2] * (y[0] - c) + b]


def brusselator(a: Any, b: Any) -> RightHandSide:
    return lambda t, y: [a + y[0] * y[0] * y[1] - (b + 1) * y[0], b * y[0] - y[0] * y[0] * y[1]]


def lotka_volterra(a: Any, b: Any, c: Any, d: Any) -> RightHandSide:
    return lambda t, y: [y[0] * (a - b * y[1]), y[1] * (d * y[0] - c)]


def robertson(k1: Any, k2: Any, k3: Any) -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        forward, backward, fast = k1 * y[0], k3 * y[1] * y[2], k2 * y[1] ** 2
        return [backward - forward, forward - backward - fast, fast + 0]

    return fun


# Celestial mechanics


def newton(masses: Sequence[str], constant: str, dimension: int) -> Callable[[], RightHandSide]:
    """The accelerations of all bodies; masses and the constant are the doubles of the strings."""

    def right_hand_side() -> RightHandSide:
        m, g, n = [mpf(float(x)) for x in masses], mpf(float(constant)), len(masses)

        def fun(t: Series, y: list[Series]) -> Sequence[Series]:
            q = [y[dimension * i : dimension * (i + 1)] for i in range(n)]
            force: list[list[Any]] = [[0] * dimension for _ in range(n)]
            for j in range(n):
                for i in range(j):
                    d = [b - a for a, b in zip(q[i], q[j], strict=True)]
                    inverse_cube = g * sum(x * x for x in d) ** mpf(-1.5)
                    for axis in range(dimension):
                        pull = d[axis] * inverse_cube
                        force[i][axis] = pull * m[j] + force[i][axis]
                        force[j][axis] = force[j][axis] - pull * m[i]
            return [*y[n * dimension :], *(x for body in force for x in body)]

        return fun

    return right_hand_side


def kepler() -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        w = (y[0] ** 2 + y[1] ** 2) ** mpf(-1.5)
        return [y[2], y[3], -w * y[0], -w * y[1]]

    return fun


def kepler_exact(t0: Any, t1: Any, y: Values) -> Values:
    """From Kepler's equation, for a start at the pericentre on the x-axis."""
    r, v = y[0], y[3]
    a = 1 / (2 / r - v**2)
    e, n = 1 - r / a, a ** mpf(-1.5)
    anomaly = n * (t1 - t0)
    u = mp.findroot(lambda u: u - e * mp.sin(u) - anomaly, anomaly + e * mp.sin(anomaly))
    c, s, b = mp.cos(u), mp.sin(u), a * mp.sqrt(1 - e**2)
    speed = n / (1 - e * c)
    return [a * (c - e), b * s, -a * s * speed, b * c * speed]


def complex_kepler() -> RightHandSide:
    """(z, z') as (Re z, Im z, Re z', Im z')."""
    return kepler()


def arenstorf(mu: Any) -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        far = (1 - mu) * ((y[0] + mu) ** 2 + y[1] ** 2) ** mpf(-1.5)
        near = mu * ((y[0] - (1 - mu)) ** 2 + y[1] ** 2) ** mpf(-1.5)
        along = y[0] + 2 * y[3] - far * (y[0] + mu) - near * (y[0] - (1 - mu))
        return [y[2], y[3], along, y[1] - 2 * y[2] - far * y[1] - near * y[1]]

    return fun


# Linear equations


def decay(rate: Any) -> RightHandSide:
    return lambda t, y: [-rate * y[0]]


def decay_exact(t0: Any, t1: Any, y: Values, rate: Any) -> Values:
    return [y[0] * mp.exp(-rate * (t1 - t0))]


def bessel(order: Any) -> RightHandSide:
    return lambda t, y: [y[1], (order**2 / t**2 - 1) * y[0] - y[1] / t]


def airy() -> RightHandSide:
    return lambda t, y: [y[1], t * y[0]]


def fundamental(u: Callable[..., Any], v: Callable[..., Any]) -> Callable[..., Values]:
    """Closed form a u + b v; ``u(t, derivative, *parameters)``."""

    def exact(t0: Any, t1: Any, y: Values, *parameters: Any) -> Values:
        u0, v0, du0, dv0 = (f(t0, k, *parameters) for k in (0, 1) for f in (u, v))
        wronskian = u0 * dv0 - v0 * du0
        a, b = (y[0] * dv0 - y[1] * v0) / wronskian, (u0 * y[1] - du0 * y[0]) / wronskian
        return [a * u(t1, k, *parameters) + b * v(t1, k, *parameters) for k in (0, 1)]

    return exact


bessel_exact = fundamental(lambda t, k, order: mp.besselj(order, t, k), lambda t, k, order: mp.bessely(order, t, k))
airy_exact = fundamental(lambda t, k: mp.airyai(t, derivative=k), lambda t, k: mp.airybi(t, derivative=k))


def two_level(detuning: Any, coupling: Any) -> RightHandSide:
    """i psi' = H psi with H = [[-detuning, coupling], [coupling, detuning]]/2, as (Re, Im) of both components."""
    a, b = detuning / 2, coupling / 2
    return lambda t, y: [b * y[3] - a * y[1], a * y[0] - b * y[2], b * y[1] + a * y[3], -b * y[0] - a * y[2]]


def two_level_exact(t0: Any, t1: Any, y: Values, detuning: Any, coupling: Any) -> Values:
    """cos(w t/2) - i (2 H/w) sin(w t/2) with w^2 = detuning^2 + coupling^2."""
    w = mp.sqrt(detuning**2 + coupling**2)
    c, s = mp.cos(w * (t1 - t0) / 2), mp.sin(w * (t1 - t0) / 2) / w
    p, q = mp.mpc(y[0], y[1]), mp.mpc(y[2], y[3])
    first = c * p - 1j * s * (coupling * q - detuning * p)
    second = c * q - 1j * s * (coupling * p + detuning * q)
    return [first.real, first.imag, second.real, second.imag]


def landau_zener(rate: Any, coupling: Any) -> RightHandSide:
    """i psi' = H psi with H = [[rate t/2, coupling], [coupling, -rate t/2]], as (Re, Im) of both components."""

    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        a = rate / 2 * t
        return [
            a * y[1] + coupling * y[3],
            -a * y[0] - coupling * y[2],
            coupling * y[1] - a * y[3],
            a * y[2] - coupling * y[0],
        ]

    return fun


# Made for testing


def elementary_functions() -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        u, v, w = y
        return [
            exp(sin_cos(t)[0]) - tanh(u) + log(1 + u * u),
            (1 + u * u) ** mpf(0.5) * sin_cos(v)[1] - atan(t * v) / (1 + v * v),
            (1 + v * v) ** mpf(0.75) - w * log(2 + sin_cos(w)[1]),
        ]

    return fun


def mixed_scales(large: Any, small: Any) -> RightHandSide:
    def fun(t: Series, y: list[Series]) -> Sequence[Series]:
        p, q, s = y
        pull = -0.5 * s - s * s * s / small**2 + (small / large) * p
        return [q, -p - p * p * p / large**2, pull]

    return fun
