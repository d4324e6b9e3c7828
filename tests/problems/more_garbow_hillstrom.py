"""J. J. Moré, B. S. Garbow, K. E. Hillstrom, Testing unconstrained optimization software, ACM TOMS 7 (1981) 17-41.

All 35 problems, f = Σ f_i², numbered as in section 3; starting points and minima are those of the paper.
"""

import numpy

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()


def mgh(number, x, value, at=None):
    """Problem of a given number, with its minimum."""
    return PROBLEMS.add(f"Moré, Garbow, Hillstrom (1981), problem {number}", x, Minimum(value, at))


@mgh(1, [-1.2, 1], "0", [1, 1])
def rosenbrock(np, x):
    return (10 * (x[1] - x[0] ** 2)) ** 2 + (1 - x[0]) ** 2


@mgh(2, [0.5, -2], "48.9842")
def freudenstein_roth(np, x):
    first = -13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1]
    second = -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]
    return first**2 + second**2


@mgh(3, [0, 1], "0", [1.098e-5, 9.106])
def powell_badly_scaled(np, x):
    return (1e4 * x[0] * x[1] - 1) ** 2 + (np.exp(-x[0]) + np.exp(-x[1]) - 1.0001) ** 2


@mgh(4, [1, 1], "0", [1e6, 2e-6])
def brown_badly_scaled(np, x):
    return (x[0] - 1e6) ** 2 + (x[1] - 2e-6) ** 2 + (x[0] * x[1] - 2) ** 2


@mgh(5, [1, 1], "0", [3, 0.5])
def beale(np, x):
    total = 0
    for i, y in enumerate((1.5, 2.25, 2.625), start=1):
        total += (y - x[0] * (1 - x[1] ** i)) ** 2
    return total


@mgh(6, [0.3, 0.4], "124.362", [0.2578, 0.2578])
def jennrich_sampson(np, x):
    i = np.arange(1, 11)
    return np.sum((2 + 2 * i - (np.exp(i * x[0]) + np.exp(i * x[1]))) ** 2)


@mgh(7, [-1, 0, 0], "0", [1, 0, 0])
def helical_valley(np, x):
    theta = np.arctan(x[1] / x[0]) / (2 * np.pi) + (0.5 if x[0] < 0 else 0)
    return (10 * (x[2] - 10 * theta)) ** 2 + (10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1)) ** 2 + x[2] ** 2


BARD = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]


@mgh(8, [1, 1, 1], "8.21487e-3")
def bard(np, x):
    total = 0
    for i, y in enumerate(BARD, start=1):
        v = 16 - i
        total += (y - (x[0] + i / (v * x[1] + min(i, v) * x[2]))) ** 2
    return total


HALF_BELL = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
BELL = numpy.array([*HALF_BELL, 0.3989, *HALF_BELL[::-1]])


@mgh(9, [0.4, 1, 0], "1.12793e-8")
def gaussian(np, x):
    t = (8 - np.arange(1, 16)) / 2
    return np.sum((x[0] * np.exp(-x[1] * (t - x[2]) ** 2 / 2) - BELL) ** 2)


MEYER = numpy.array(
    [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
)


@mgh(10, [0.02, 4000, 250], "87.9458", [5.60964e-3, 6181.35, 345.224])
def meyer(np, x):
    t = 45 + 5 * np.arange(1, 17)
    return np.sum((x[0] * np.exp(x[1] / (t + x[2])) - MEYER) ** 2)


@mgh(11, [5, 2.5, 0.15], "0", [50, 25, 1.5])
def gulf_research(np, x):
    """f_i = exp(-|y_i - x_2|^x_3 / x_1) - t_i, y_i = 25 + (-50 log t_i)^(2/3); the paper prints y_i m i x_2."""
    t = np.arange(1, 100) / 100
    y = 25 + (-50 * np.log(t)) ** (2 / 3)
    return np.sum((np.exp(-(np.abs(y - x[1]) ** x[2]) / x[0]) - t) ** 2)


@mgh(12, [0, 10, 20], "0", [1, 10, 1])
def box_three_dimensional(np, x):
    total = 0
    for i in range(1, 11):
        t = 0.1 * i
        total += (np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t))) ** 2
    return total


@mgh(13, [3, -1, 0, 1], "0", [0, 0, 0, 0])
def powell_singular(np, x):
    return (x[0] + 10 * x[1]) ** 2 + 5 * (x[2] - x[3]) ** 2 + (x[1] - 2 * x[2]) ** 4 + 10 * (x[0] - x[3]) ** 4


@mgh(14, [-3, -1, -3, -1], "0", [1, 1, 1, 1])
def wood(np, x):
    first = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    second = 90 * (x[3] - x[2] ** 2) ** 2 + (1 - x[2]) ** 2
    return first + second + 10 * (x[1] + x[3] - 2) ** 2 + (x[1] - x[3]) ** 2 / 10


KOWALIK = numpy.array([0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
KOWALIK_U = numpy.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


@mgh(15, [0.25, 0.39, 0.415, 0.39], "3.07505e-4")
def kowalik_osborne(np, x):
    u = KOWALIK_U  # CUTE's last is 0.0624
    return np.sum((KOWALIK - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])) ** 2)


@mgh(16, [25, 5, -5, -1], "85822.2")
def brown_dennis(np, x):
    total = 0
    for i in range(1, 21):
        t = i / 5
        total += ((x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2) ** 2
    return total


OSBORNE_1 = numpy.array(
    [
        *(0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628),
        *(0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420),
        *(0.414, 0.411, 0.406),
    ]
)


@mgh(17, [0.5, 1.5, -1, 0.01, 0.02], "5.46489e-5")
def osborne_1(np, x):
    t = 10 * np.arange(33)
    return np.sum((OSBORNE_1 - (x[0] + x[1] * np.exp(-t * x[3]) + x[2] * np.exp(-t * x[4]))) ** 2)


@mgh(18, [1, 2, 1, 1, 1, 1], "0", [1, 10, 1, 5, 4, 3])
def biggs_exp6(np, x):
    total = 0
    for i in range(1, 14):
        t = 0.1 * i
        y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
        total += (x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - y) ** 2
    return total


OSBORNE_2 = numpy.array(
    [
        *(1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616),
        *(0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495),
        *(0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672),
        *(0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581),
        *(0.428, 0.292, 0.162, 0.098, 0.054),
    ]
)


@mgh(19, [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5], "4.01377e-2")
def osborne_2(np, x):
    t = np.arange(65) / 10
    model = x[0] * np.exp(-t * x[4])
    for i in (1, 2, 3):
        model = model + x[i] * np.exp(-((t - x[i + 7]) ** 2) * x[i + 4])
    return np.sum((OSBORNE_2 - model) ** 2)


@mgh(20, [0, 0, 0, 0, 0, 0], "2.28767e-3")
def watson(np, x):
    n = len(x)
    total = x[0] ** 2 + (x[1] - x[0] ** 2 - 1) ** 2
    for i in range(1, 30):
        t = (i / 29) ** np.arange(n)
        total += (np.sum(np.arange(1, n) * x[1:] * t[:-1]) - np.sum(x * t) ** 2 - 1) ** 2
    return total


@mgh(21, [-1.2, 1] * 5, "0", [1] * 10)
def extended_rosenbrock(np, x):
    return np.sum(100 * (x[1::2] - x[::2] ** 2) ** 2 + (1 - x[::2]) ** 2)


@mgh(22, [3, -1, 0, 1] * 3, "0", [0] * 12)
def extended_powell_singular(np, x):
    a, b, c, d = x[::4], x[1::4], x[2::4], x[3::4]
    return np.sum((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)


@mgh(23, [1, 2, 3, 4], "2.24997e-5")
def penalty_1(np, x):
    return 1e-5 * np.sum((x - 1) ** 2) + (np.dot(x, x) - 0.25) ** 2


@mgh(24, [0.5] * 10, "2.93660e-4")
def penalty_2(np, x):
    n = len(x)
    i = np.arange(2, n + 1)
    y = np.exp(i / 10) + np.exp((i - 1) / 10)
    smooth = np.sum((np.exp(x[1:] / 10) + np.exp(x[:-1] / 10) - y) ** 2)
    level = np.sum((np.exp(x[1:] / 10) - np.exp(-0.1)) ** 2)
    return (x[0] - 0.2) ** 2 + 1e-5 * (smooth + level) + (np.sum(np.arange(n, 0, -1) * x**2) - 1) ** 2


@mgh(25, [1 - j / 10 for j in range(1, 11)], "0", [1] * 10)
def variably_dimensioned(np, x):
    s = np.sum(np.arange(1, len(x) + 1) * (x - 1))
    return np.sum((x - 1) ** 2) + s**2 + s**4


@mgh(26, [0.1] * 10, "0", [0] * 10)
def trigonometric(np, x):
    n = len(x)
    return np.sum((n - np.sum(np.cos(x)) + np.arange(1, n + 1) * (1 - np.cos(x)) - np.sin(x)) ** 2)


@mgh(27, [0.5] * 10, "0", [1] * 10)
def brown_almost_linear(np, x):
    return np.sum((x[:-1] + np.sum(x) - (len(x) + 1)) ** 2) + (np.prod(x) - 1) ** 2


@mgh(28, [i / 11 * (i / 11 - 1) for i in range(1, 11)], "0")
def discrete_boundary_value(np, x):
    n = len(x)
    h = 1 / (n + 1)
    t = h * np.arange(1, n + 1)
    left, right = np.concatenate([[0], x[:-1]]), np.concatenate([x[1:], [0]])
    return np.sum((2 * x - left - right + h**2 * (x + t + 1) ** 3 / 2) ** 2)


@mgh(29, [i / 11 * (i / 11 - 1) for i in range(1, 11)], "0")
def discrete_integral_equation(np, x):
    n = len(x)
    h = 1 / (n + 1)
    total = 0
    for i in range(n):
        s = (i + 1) * h
        integral = 0
        for j in range(n):
            t = (j + 1) * h
            integral += ((1 - s) * t if j <= i else s * (1 - t)) * (x[j] + t + 1) ** 3
        total += (x[i] + h / 2 * integral) ** 2
    return total


@mgh(30, [-1] * 10, "0")
def broyden_tridiagonal(np, x):
    residual = (3 - 2 * x) * x + 1
    residual = residual - np.concatenate([[0], x[:-1]]) - 2 * np.concatenate([x[1:], [0]])
    return np.sum(residual**2)


@mgh(31, [-1] * 10, "0")
def broyden_banded(np, x):
    n, total = len(x), 0
    for i in range(n):
        residual = x[i] * (2 + 5 * x[i] ** 2) + 1
        for j in range(max(0, i - 5), min(n, i + 2)):
            if j != i:
                residual -= x[j] * (1 + x[j])
        total += residual**2
    return total


@mgh(32, [1] * 8, "5.0000000000", [-1] * 8)
def linear_full_rank(np, x):
    """m = 13 residuals, n = 8: the minimum is m - n."""
    common = 2 / 13 * np.sum(x) + 1
    return np.sum((x - common) ** 2) + 5 * common**2


@mgh(33, [1] * 8, "2.8888888889")
def linear_rank_1(np, x):
    """m = 13: the minimum is m (m - 1) / (2 (2m + 1))."""
    return np.sum((np.arange(1, 14) * np.sum(np.arange(1, len(x) + 1) * x) - 1) ** 2)


@mgh(34, [1] * 8, "4.3913043478")
def linear_rank_1_zero(np, x):
    """m = 13: the minimum is (m² + 3m - 6) / (2 (2m - 3))."""
    s = np.sum(np.arange(2, len(x)) * x[1:-1])
    return 2 + np.sum((np.arange(1, 12) * s - 1) ** 2)


@mgh(35, [j / 9 for j in range(1, 9)], "3.51687e-3")
def chebyquad(np, x):
    """Mean of the shifted Chebyshev polynomials over the points, less their integral over [0, 1]."""
    before, now, total = 1 + 0 * x, 2 * x - 1, 0
    for i in range(1, len(x) + 1):
        integral = 0 if i % 2 else -1 / (i**2 - 1)
        total += (np.sum(now) / len(x) - integral) ** 2
        before, now = now, 2 * (2 * x - 1) * now - before
    return total
