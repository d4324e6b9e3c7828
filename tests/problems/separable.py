"""Problems of any size that are separable, or coupled through one variable or one sum.

Names and data of CUTE (see `scalable`), and of N. Andrei, An unconstrained optimization test functions collection,
Advanced Modeling and Optimization 10 (2008) 147-161.
"""

import math

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()
N = 10


def cute(name, x, value, at=None, source=""):
    """A problem of CUTE, and where CUTE has it from."""
    return PROBLEMS.add(f"CUTE {name}{'; ' if source else ''}{source}", x, Minimum(value, at) if value else None)


def andrei(name, x, minimum=None):
    """A problem of Andrei's collection."""
    return PROBLEMS.add(f"Andrei (2008), {name}", x, minimum)


@cute("ARWHEAD", [1] * N, "0", [*[1] * (N - 1), 0], "Conn, Gould, Lescrenier, Toint (1988)")
def arwhead(np, x):
    return np.sum((x[:-1] ** 2 + x[-1] ** 2) ** 2 - 4 * x[:-1] + 3)


@cute("DQDRTIC", [3] * N, "0", [0] * N, "Toint (1983)")
def dqdrtic(np, x):
    return np.sum(x[:-2] ** 2 + 100 * x[1:-1] ** 2 + 100 * x[2:] ** 2)


@cute("LIARWHD", [4] * N, "0", [1] * N, "Li (1990)")
def liarwhd(np, x):
    total = 0
    for xi in x:
        total += 4 * (xi**2 - x[0]) ** 2 + (xi - 1) ** 2
    return total


@cute("NONDIA", [-1] * N, "0", [1] * N, "Shanno, MIS report 27 (1978)")
def nondia(np, x):
    return (x[0] - 1) ** 2 + np.sum(100 * (x[0] - x[:-1] ** 2) ** 2)


@cute("POWER", [1] * N, "0", [0] * N, "Oren (1974)")
def power(np, x):
    return np.sum(np.arange(1, len(x) + 1) * x**2) ** 2


@cute("QUARTC", [2] * N, "0", range(1, N + 1), "Buckley (1989)")
def quartc(np, x):
    total = 0
    for i in range(len(x)):
        total += (x[i] - (i + 1)) ** 4
    return total


@cute("TESTQUAD", [1] * N, "0", [0] * N)
def testquad(np, x):
    return np.sum(np.arange(1, len(x) + 1) * x**2)


@cute("TQUARTIC", [0.1] * N, "0", [1] * N, "Toint, private communication")
def tquartic(np, x):
    return (x[0] - 1) ** 2 + np.sum((x[0] ** 2 - x[1:] ** 2) ** 2)


@cute("DIXON3DQ", [-1] * N, "0", [1] * N, "Buckley (1989), problem 156")
def dixon3dq(np, x):
    total = (x[0] - 1) ** 2 + (x[-1] - 1) ** 2
    for i in range(1, len(x) - 1):
        total += (x[i] - x[i + 1]) ** 2
    return total


@cute("EG2", [0] * N, None, None, "Conn, Gould, Toint (1992)")
def eg2(np, x):
    return np.sum(np.sin(x[0] + x[:-1] ** 2 - 1)) + 0.5 * np.sin(x[-1] ** 2)


@andrei("Raydan 1", [1] * N, Minimum("5.5000000000", [0] * N))
def raydan_1(np, x):
    return np.sum(np.arange(1, len(x) + 1) / 10 * (np.exp(x) - x))


@andrei("Diagonal 1", [0.1] * N, Minimum(None, [math.log(i) for i in range(1, N + 1)]))
def diagonal_1(np, x):
    total = 0
    for i in range(len(x)):
        total += np.exp(x[i]) - (i + 1) * x[i]
    return total


@andrei("Hager", [1] * N, Minimum(None, [math.log(i) / 2 for i in range(1, N + 1)]))
def hager(np, x):
    return np.sum(np.exp(x) - np.sqrt(np.arange(1, len(x) + 1)) * x)


@andrei("Generalized tridiagonal 1", [2] * N)
def generalized_tridiagonal_1(np, x):
    return np.sum((x[:-1] + x[1:] - 3) ** 2 + (x[:-1] - x[1:] + 1) ** 4)


@andrei("Extended Himmelblau", [1] * N, Minimum("0", [3, 2] * 5))
def extended_himmelblau(np, x):
    a, b = x[::2], x[1::2]
    return np.sum((a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2)


@andrei("Extended PSC1", [3, 0.1] * 5, Minimum("0.7731991", start=[3, 0.1]))
def extended_psc1(np, x):
    """The minimum is that of one copy, problem 308 of Schittkowski (1987)."""
    total = 0
    for i in range(0, len(x), 2):
        a, b = x[i], x[i + 1]
        total += (a**2 + b**2 + a * b) ** 2 + np.sin(a) ** 2 + np.cos(b) ** 2
    return total


@andrei("BDEXP", [1] * N)
def bdexp(np, x):
    s = x[:-2] + x[1:-1]
    return np.sum(s * np.exp(-x[2:] * s))


@andrei("Perturbed quadratic", [0.5] * N, Minimum("0", [0] * N))
def perturbed_quadratic(np, x):
    return np.sum(np.arange(1, len(x) + 1) * x**2) + np.sum(x) ** 2 / 100
