"""Problems of any size with coupled terms, under their names in CUTE.

I. Bongartz, A. R. Conn, N. I. M. Gould, Ph. L. Toint, CUTE: constrained and unconstrained testing environment, ACM
TOMS 21 (1995) 123-160. Starting points and minima are those of the problems' SIF files unless said otherwise.
"""

import math

import numpy

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()


def cute(name, x, minimum=None, source=""):
    """A problem of CUTE, and where CUTE has it from."""
    return PROBLEMS.add(f"CUTE {name}{'; ' if source else ''}{source}", x, minimum)


@cute("BDQRTIC", [1] * 12, Minimum("3.78769e2", start=[1] * 100), "Conn, Gould, Lescrenier, Toint (1988), problem 61")
def bdqrtic(np, x):
    a, b, c, d, last = x[:-4], x[1:-3], x[2:-2], x[3:-1], x[-1]
    return np.sum((3 - 4 * a) ** 2 + (a**2 + 2 * b**2 + 3 * c**2 + 4 * d**2 + 5 * last**2) ** 2)


@cute(
    "BROYDN7D",
    [-1] * 10,
    Minimum("1.2701", start=[*[-1] * 5, *[0.1] * 5]),
    "Toint, Math. Comp. 32 (1978) 839; from -1, since the first term has a corner at CUTE's starting point 1",
)
def broydn7d(np, x):
    half = len(x) // 2
    left, right = np.concatenate([[0], x[:-1]]), np.concatenate([x[1:], [0]])
    band = np.abs(1 - left - 2 * right + (3 - 2 * x) * x) ** (7 / 3)
    return np.sum(band) + np.sum(np.abs(x[:half] + x[half:]) ** (7 / 3))


@cute("CHAINWOO", [-3, -1, -3, -1, *[-2] * 6], Minimum("1.0000000000", [1] * 10), "Conn, Gould, Toint (1988)")
def chainwoo(np, x):
    total = 1
    for i in range(0, len(x) - 2, 2):
        a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
        total += 100 * (b - a**2) ** 2 + (1 - a) ** 2 + 90 * (d - c**2) ** 2 + (1 - c) ** 2
        total += 10 * (b + d - 2) ** 2 + 0.1 * (b - d) ** 2
    return total


CHAINED = [1.25, 1.40, 2.40, 1.40, 1.75, 1.20, 2.25, 1.20, 1.00, 1.10]


@cute("CHNROSNB", [-1] * 10, Minimum("0", [1] * 10), "Toint, Math. Comp. 32 (1978) 839")
def chnrosnb(np, x):
    total = 0
    for i in range(1, len(x)):
        total += 16 * CHAINED[i] ** 2 * (x[i - 1] - x[i] ** 2) ** 2 + (x[i] - 1) ** 2
    return total


@cute("ERRINROS", [-1] * 10, Minimum("6.69463214"))
def errinros(np, x):
    weight = 16 * numpy.array(CHAINED[1:]) ** 2
    return np.sum((x[:-1] - weight * x[1:] ** 2) ** 2 + (x[1:] - 1) ** 2)


@cute("COSINE", [1] * 10, Minimum("-9.0000000000", [0.25 + math.sqrt(math.pi + 1 / 16)] * 10), "bound n - 1 attained")
def cosine(np, x):
    return np.sum(np.cos(x[:-1] ** 2 - 0.5 * x[1:]))


@cute("CRAGGLVY", [1, *[2] * 9], Minimum("1.886566"), "Toint (1983), problem 32")
def cragglvy(np, x):
    total = 0
    for i in range(0, len(x) - 2, 2):
        a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
        total += (np.exp(a) - b) ** 4 + 100 * (b - c) ** 6 + (np.tan(c - d) + c - d) ** 4 + a**8 + (d - 1) ** 2
    return total


def dixmaan(alpha, beta, gamma, delta, powers):
    """L. C. W. Dixon, Z. Maany (1988): four sums, weighted by powers of i/n."""

    def f(np, x):
        n, m = len(x), len(x) // 3
        i = np.arange(1, n + 1) / n
        first, second, third, fourth = (i**k for k in powers)
        neighbours = np.sum(second[:-1] * x[:-1] ** 2 * (x[1:] + x[1:] ** 2) ** 2)
        thirds = np.sum(third[: 2 * m] * x[: 2 * m] ** 2 * x[m:] ** 4)
        ends = np.sum(fourth[:m] * x[:m] * x[2 * m :])
        return 1 + alpha * np.sum(first * x**2) + beta * neighbours + gamma * thirds + delta * ends

    return f


for _letter, _parameters in {
    "a": (1, 0, 0.125, 0.125, (0, 0, 0, 0)),
    "b": (1, 0.0625, 0.0625, 0.0625, (0, 0, 0, 0)),
    "h": (1, 0.26, 0.26, 0.26, (1, 0, 0, 1)),
    "l": (1, 0.26, 0.26, 0.26, (2, 0, 0, 2)),
    "p": (1, 0.26, 0.26, 0.26, (2, 1, 1, 2)),
}.items():
    PROBLEMS.add(
        f"CUTE DIXMAAN{_letter.upper()}; Dixon, Maany (1988)",
        [2] * 15,
        Minimum("1.0000000000", [0] * 15),
        f"dixmaan{_letter}",
    )(dixmaan(*_parameters))


@cute("EDENSCH", [8] * 10, Minimum("219.28", start=[8] * 36), "Li (1990), extended Dennis-Schnabel")
def edensch(np, x):
    total = 16
    for i in range(len(x) - 1):
        total += (x[i] - 2) ** 4 + (x[i] * x[i + 1] - 2 * x[i + 1]) ** 2 + (x[i + 1] + 1) ** 2
    return total


@cute("ENGVAL1", [2] * 10, Minimum("0", [1, 0]), "Toint (1983), problem 31")
def engval1(np, x):
    return np.sum((x[:-1] ** 2 + x[1:] ** 2) ** 2 - 4 * x[:-1] + 3)


@cute("EXTROSNB", [-1] * 10, Minimum("0", [1] * 10), "extended Rosenbrock, nonseparable")
def extrosnb(np, x):
    return (x[0] - 1) ** 2 + np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2)


@PROBLEMS.add("Andrei (2008), FLETCHCR (CUTE's is a chained Rosenbrock function)", [0] * 10, Minimum("0", [1] * 10))
def fletchcr(np, x):
    total = 0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] + 1 - x[i] ** 2) ** 2
    return total


@cute("FREUROTH", [0.5, -2, *[0] * 8], Minimum("1.0141e3"), "Moré, Garbow, Hillstrom (1981), problem 2, extended")
def freuroth(np, x):
    a, b = x[:-1], x[1:]
    return np.sum(((5 - b) * b**2 + a - 2 * b - 13) ** 2 + ((1 + b) * b**2 + a - 14 * b - 29) ** 2)


@cute("GENHUMPS", [-506, *[-506.2] * 4], Minimum("0", [0] * 5), "Toint (1997), ζ = 2 of the original")
def genhumps(np, x):
    return np.sum((np.sin(2 * x[:-1]) * np.sin(2 * x[1:])) ** 2 + 0.05 * (x[:-1] ** 2 + x[1:] ** 2))


@cute(
    "GENROSE",
    [i / 11 for i in range(1, 11)],
    Minimum("1.0000000000", [1] * 10),
    "Nash, SIAM J. Numer. Anal. 21 (1984) 770, problem 5",
)
def genrose(np, x):
    total = 1
    for i in range(1, len(x)):
        total += 100 * (x[i] - x[i - 1] ** 2) ** 2 + (x[i] - 1) ** 2
    return total


@cute("INDEF", [i / 11 for i in range(1, 11)], None, "with sines as in Lukšan, Matonoha, Vlček (2010)")
def indef(np, x):
    return 100 * np.sum(np.sin(x / 100)) + 0.5 * np.sum(np.cos(2 * x[1:-1] - x[-1] - x[0]))


@cute("NONDQUAR", [1, -1] * 5, Minimum("0", [0] * 10), "Conn, Gould, Lescrenier, Toint (1988), problem 57")
def nondquar(np, x):
    return (x[0] - x[1]) ** 2 + (x[-2] - x[-1]) ** 2 + np.sum((x[:-2] + x[1:-1] + x[-1]) ** 4)


@cute("SCHMVETT", [0.5] * 10, Minimum("-24.0000000000", [math.pi / (1 + math.pi)] * 10), "Schmidt, Vetters (1970)")
def schmvett(np, x):
    a, b, c = x[:-2], x[1:-1], x[2:]
    return -np.sum(1 / (1 + (a - b) ** 2) + np.sin((np.pi * b + c) / 2) + np.exp(-(((a + c) / b - 2) ** 2)))


@cute("SPARSINE", [0.5] * 10, Minimum("0", [0] * 10), "Gould, private communication")
def sparsine(np, x):
    n, total = len(x), 0
    for i in range(1, n + 1):
        residual = np.sin(x[i - 1])
        for k in (2, 3, 5, 7, 11):
            residual += np.sin(x[(k * i - 1) % n])
        total += 0.5 * i * residual**2
    return total


@cute("SINQUAD2", [0.1] * 5, Minimum("0", [1] * 5), "Gould, private communication")
def sinquad(np, x):
    middle = x[1:-1]
    residual = np.sin(middle - x[-1]) - x[0] ** 2 + middle**2
    return (x[0] - 1) ** 4 + (x[-1] ** 2 - x[0] ** 2) ** 2 + np.sum(residual**2)


@cute("TOINTGSS", [3] * 10, Minimum("10.0000000000", [0] * 10), "Toint (1983), problem 21")
def tointgss(np, x):
    total = 0
    for i in range(len(x) - 2):
        a, b, c = x[i], x[i + 1], x[i + 2]
        total += (10 / (len(x) - 2) + c**2) * (2 - np.exp(-((a - b) ** 2) / (0.1 + c**2)))
    return total


@cute("TRIDIA", [1] * 10, Minimum("0", [0.5**i for i in range(10)]), "Toint (1983), problem 8")
def tridia(np, x):
    return (x[0] - 1) ** 2 + np.sum(np.arange(2, len(x) + 1) * (2 * x[1:] - x[:-1]) ** 2)
