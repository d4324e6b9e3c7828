"""Error of difference quotients against step size, Figure 3 of Baydin et al. (2018), and against order.

python docs/figures/finite_differences.py FILE.png
"""

import sys
from fractions import Fraction
from math import comb, factorial

import mpmath
import numpy as np
import scipy.special
from drawing import BLUE, ORANGE, RED, panels, save
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import taylorad as ta

EPS = float(np.finfo(float).eps)
POINT = 0.2
STEPS = np.logspace(-17, -1, 321)
COEFFICIENTS = [0, 64, -1344, 10752, -42240, 90112, -106496, 65536, -16384]  # of f, multiplied out

PLACE = 0.3
ORDERS = np.arange(1, 11)


def f(x):
    """Three steps of the logistic map, in the closed form of the survey."""
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x * x) ** 2


def exact(order: int) -> Fraction:
    """The derivative of f at the float 0.2, in rational arithmetic on the polynomial multiplied out."""
    x = Fraction(POINT)
    falling = {k: factorial(k) // factorial(k - order) for k in range(order, len(COEFFICIENTS))}
    return sum(COEFFICIENTS[k] * factor * x ** (k - order) for k, factor in falling.items())


def error(approximation: float) -> float:
    """The absolute error of an approximation of f'(0.2), without rounding of its own."""
    return float(abs(Fraction(float(approximation)) - exact(1)))


def forward(h: float) -> float:
    """The forward difference at 0.2, as it stands in the survey."""
    return (f(POINT + h) - f(POINT)) / h


def centre(h: float) -> float:
    """The centre difference at 0.2, as it stands in the survey."""
    return (f(POINT + h) - f(POINT - h)) / (2 * h)


def draw_steps(panel: Axes) -> None:
    """Error of f'(0.2) against step size, with the leading terms of truncation and rounding."""
    slope, bend, third = (abs(float(exact(order))) for order in (1, 2, 3))
    rounding = EPS / 2 * (POINT * slope + f(POINT)) / STEPS  # of x + h, and of f
    leading = (
        (STEPS * bend / 2, r"$\propto h$", (1e-13, 3e-13)),
        (STEPS**2 * third / 6, r"$\propto h^2$", (5e-8, 3e-13)),
        (rounding, r"$\propto 1/h$", (3e-4, 3e-12)),
    )
    for term, power, place in leading:
        shown = (term > 1e-13) & (term < 30)
        panel.plot(STEPS[shown], term[shown], color="0.35", linewidth=1, linestyle=(0, (5, 3)), zorder=3)
        panel.text(*place, power, color="0.25", fontsize=8.5)
    panel.loglog(STEPS, [error(forward(h)) for h in STEPS], color=ORANGE, linewidth=1.3, label="forward difference")
    panel.loglog(STEPS, [error(centre(h)) for h in STEPS], color=RED, linewidth=1.3, label="centre difference")
    ours = error(ta.derivative(f, POINT)) or EPS * slope  # zero has no place on this axis
    panel.axhline(ours, color=BLUE, linewidth=2.2, label="taylorad, no step")
    digits, power = f"{ours:.1e}".split("e")
    size = rf"${digits} \cdot 10^{{{int(power)}}} = {ours / (EPS * slope):.1f}\,\varepsilon\,|f'(0.2)|$"
    panel.text(1e-16, 1.8 * ours, size, color=BLUE, fontsize=8.5)
    panel.set(xlim=(STEPS[0], STEPS[-1]), ylim=(2e-16, 1e3), xlabel="step $h$", ylabel="absolute error of $f'(0.2)$")
    panel.set_xticks(10.0 ** np.arange(-17, 0, 4))
    panel.set_title("Error against step size, the survey's Figure 3", fontsize=10)


def g(x, xp=np):
    """The function of the README."""
    return xp.exp(xp.sin(x)) * (mpmath.erf(x) if xp is mpmath else scipy.special.erf(x))


def difference(order: int, h: np.ndarray) -> np.ndarray:
    """The centre difference of g at 0.3: the binomial sum Σ_i (-1)^i C(k, i) g(x + (k/2 - i) h) / h^k."""
    return sum((-1) ** i * comb(order, i) * g(PLACE + (order / 2 - i) * h) for i in range(order + 1)) / h**order


def draw_orders(panel: Axes) -> None:
    """Relative error against order; every difference quotient has the step that turns out best, out of many."""
    with mpmath.workdps(60):
        true = [factorial(k) * c for k, c in enumerate(mpmath.taylor(lambda x: g(x, mpmath), PLACE, int(ORDERS[-1])))]

    def relative(value: float, order: int) -> float:
        return float(abs(mpmath.mpf(float(value)) / true[order] - 1))

    steps = np.logspace(-9, 0, 181)
    best = [min(relative(value, k) for value in difference(k, steps)) for k in ORDERS]
    fixed = [relative(difference(k, np.array([1e-3]))[0], k) for k in ORDERS]
    series = ta.taylor(g, PLACE, int(ORDERS[-1])).derivatives()
    panel.semilogy(ORDERS, fixed, "s-", color=ORANGE, label="centre difference, $h$ = 0.001")
    panel.semilogy(ORDERS, best, "o-", color=RED, label="centre difference, best step")
    panel.semilogy(ORDERS, [max(relative(series[k], k), EPS / 4) for k in ORDERS], "D-", color=BLUE, label="taylorad")
    panel.set(ylim=(2e-17, 1e17), xlabel="order of the derivative", ylabel="relative error")
    panel.set_xticks(ORDERS)
    panel.set_title(r"Derivatives of $e^{\sin x}\,\mathrm{erf}\,x$ at 0.3", fontsize=10)


def figure() -> Figure:
    """The survey's figure at the left, higher orders at the right."""
    drawn, (left, right) = panels(2)
    draw_steps(left)
    draw_orders(right)
    for panel, place in ((left, "upper center"), (right, "upper left")):
        panel.legend(loc=place, frameon=False, fontsize=8.5)
    return drawn


if __name__ == "__main__":
    save(figure(), sys.argv[1])
