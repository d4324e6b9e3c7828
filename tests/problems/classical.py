"""Test functions of global optimization; points inside the usual search box, since there are no starting points.

L. C. W. Dixon, G. P. Szegő (eds.), Towards Global Optimisation 2 (1978), and M. Jamil, X.-S. Yang, A literature survey
of benchmark functions, Int. J. Math. Model. Numer. Optim. 4 (2013) 150-194.
"""

import math

import numpy

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()


def jamil_yang(name, x, minimum=None):
    """A function of the survey."""
    return PROBLEMS.add(f"Jamil, Yang (2013), {name} function; point within the box", x, minimum)


def dixon_szego(name, x, value, at=None):
    """A function of Dixon and Szegő."""
    return PROBLEMS.add(f"Dixon, Szegő (1978), {name}; point within the box", x, Minimum(value, at))


@jamil_yang("Ackley 1", [1.5, -0.7, 0.3, 2.1], Minimum("0", [0] * 4, corner=True))
def ackley(np, x):
    bowl = -20 * np.exp(-0.2 * np.sqrt(np.sum(x**2) / len(x)))
    return bowl - np.exp(np.sum(np.cos(2 * np.pi * x)) / len(x)) + 20 + np.e


@dixon_szego("Goldstein-Price", [0.4, -0.6], "3.0000000000", [0, -1])
def goldstein_price(np, x):
    a, b = x[0], x[1]
    first = 1 + (a + b + 1) ** 2 * (19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2)
    return first * (30 + (2 * a - 3 * b) ** 2 * (18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2))


@dixon_szego("six-hump camel back", [0.5, -0.5], "-1.0316", [0.08983, -0.7126])
def six_hump_camel(np, x):
    return (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2


@dixon_szego("Branin", [2.5, 3.5], "0.397887", [math.pi, 2.275])
def branin(np, x):
    parabola = x[1] - 5.1 / (4 * np.pi**2) * x[0] ** 2 + 5 / np.pi * x[0] - 6
    return parabola**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x[0]) + 10


HARTMANN_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
HARTMANN_3 = numpy.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
HARTMANN_3_CENTRES = numpy.array(
    [[0.3689, 0.1170, 0.2673], [0.4699, 0.4387, 0.7470], [0.1091, 0.8732, 0.5547], [0.03815, 0.5743, 0.8828]]
)
HARTMANN_6 = numpy.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
HARTMANN_6_CENTRES = numpy.array(
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ]
)


@dixon_szego("Hartmann, n = 3", [0.2, 0.5, 0.8], "-3.86278", [0.1146, 0.5556, 0.8525])
def hartmann_3(np, x):
    total = 0
    for weight, steepness, centre in zip(HARTMANN_WEIGHTS, HARTMANN_3, HARTMANN_3_CENTRES, strict=True):
        total -= weight * np.exp(-np.sum(steepness * (x - centre) ** 2))
    return total


@dixon_szego(
    "Hartmann, n = 6", [0.3, 0.2, 0.4, 0.3, 0.3, 0.6], "-3.32237", [0.20169, 0.15001, 0.47687, 0.27533, 0.31165, 0.6573]
)
def hartmann_6(np, x):
    distance = np.sum(HARTMANN_6 * (x - HARTMANN_6_CENTRES) ** 2, axis=1)
    return -np.sum(numpy.array(HARTMANN_WEIGHTS) * np.exp(-distance))


SHEKEL = numpy.array(
    [
        *([4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7]),
        *([2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2], [7, 3.6, 7, 3.6]),
    ]
)


@dixon_szego("Shekel, m = 10", [3, 5, 3.5, 4.5], "-10.5364", [4, 4, 4, 4])
def shekel(np, x):
    width = numpy.array([0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5])
    return -np.sum(1 / (np.sum((x - SHEKEL) ** 2, axis=1) + width))


@jamil_yang("Himmelblau", [-1.5, 2], Minimum("0", [-2.805118, 3.131312]))
def himmelblau(np, x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


@jamil_yang("Styblinski-Tang", [-2, 1, 3, 0.5], Minimum("-156.66466", [-2.903534] * 4))
def styblinski_tang(np, x):
    return np.sum(x**4 - 16 * x**2 + 5 * x) / 2


@jamil_yang("Trid 6", [1, 2, 3, 4, 5, 6], Minimum("-50.0000000000", [6, 10, 12, 12, 10, 6]))
def trid(np, x):
    return np.sum((x - 1) ** 2) - np.sum(x[1:] * x[:-1])


@jamil_yang("Griewank", [3, -5, 2, 7, 1], Minimum("0", [0] * 5))
def griewank(np, x):
    return np.sum(x**2) / 4000 - np.prod(np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))) + 1


@PROBLEMS.add("Rastrigin (1974), n of Mühlenbein et al. (1991)", [0.3, -1.2, 2.7, 0.9, -0.4], Minimum("0", [0] * 5))
def rastrigin(np, x):
    total = 10 * len(x)
    for xi in x:
        total += xi**2 - 10 * np.cos(2 * np.pi * xi)
    return total


@PROBLEMS.add("Levy, Montalvo (1985), function 8 for n variables", [2.5, -1, 0.5, 3], Minimum("0", [1] * 4))
def levy(np, x):
    w = 1 + (x - 1) / 4
    middle = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2))
    return np.sin(np.pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)


@jamil_yang("McCormick", [0.5, 1], Minimum("-1.9132", [-0.547, -1.547]))
def mccormick(np, x):
    return np.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1


@jamil_yang("Easom", [2.5, 3.5], Minimum("-1.0000000000", [math.pi, math.pi]))
def easom(np, x):
    return -np.cos(x[0]) * np.cos(x[1]) * np.exp(-((x[0] - np.pi) ** 2) - (x[1] - np.pi) ** 2)


@jamil_yang("Dixon-Price", [3, -2, 1, 4], Minimum("0", [2 ** (2**-i - 1) for i in range(4)]))
def dixon_price(np, x):
    total = (x[0] - 1) ** 2
    for i in range(1, len(x)):
        total += (i + 1) * (2 * x[i] ** 2 - x[i - 1]) ** 2
    return total


@jamil_yang("Zakharov", [1, 2, -1, 0.5, 3], Minimum("0", [0] * 5))
def zakharov(np, x):
    s = np.sum(np.arange(1, len(x) + 1) * x) / 2
    return np.sum(x**2) + s**2 + s**4


@jamil_yang("Paviani", [5] * 10, Minimum("-45.778", [9.350266] * 10))
def paviani(np, x):
    return np.sum(np.log(x - 2) ** 2 + np.log(10 - x) ** 2) - np.prod(x) ** 0.2


@PROBLEMS.add("Michalewicz (1992); point within the box", [2, 1.5, 1.3, 2, 1.7], Minimum("-4.687658"))
def michalewicz(np, x):
    i = np.arange(1, len(x) + 1)
    return -np.sum(np.sin(x) * np.sin(i * x**2 / np.pi) ** 20)


@jamil_yang("Salomon", [1.3, -0.4, 2.2], Minimum("0", [0] * 3, corner=True))
def salomon(np, x):
    radius = np.sqrt(np.dot(x, x))
    return 1 - np.cos(2 * np.pi * radius) + 0.1 * radius


@jamil_yang("Bohachevsky 2", [20, -30], Minimum("0", [0, 0]))
def bohachevsky(np, x):
    return x[0] ** 2 + 2 * x[1] ** 2 - 0.3 * np.cos(3 * np.pi * x[0]) * np.cos(4 * np.pi * x[1]) + 0.3


@jamil_yang("Exponential", [0.3, -0.6, 0.9, 0.1], Minimum("-1.0000000000", [0] * 4))
def exponential(np, x):
    return -np.exp(-0.5 * np.sum(x**2))
