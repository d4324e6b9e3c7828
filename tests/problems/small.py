"""Problems of two to four variables, under their names in CUTE.

Sources: A. R. Buckley, Test functions for unconstrained minimization, TR 1989CS-3 (1989); J. E. Dennis, R. B. Schnabel,
Numerical Methods for Unconstrained Optimization (1983); W. Hock, K. Schittkowski and K. Schittkowski (1981, 1987).
"""

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()


def cute(name, x, value, at=None, source="Buckley (1989)"):
    """A problem of CUTE."""
    return PROBLEMS.add(f"CUTE {name}; {source}", x, Minimum(value, at))


def dennis_schnabel(letter, x, at):
    """DENSCHNA to DENSCHNF, whose minima are zero."""
    return cute(f"DENSCHN{letter}", x, "0", at, "Dennis, Schnabel (1983)")


@dennis_schnabel("A", [1, 1], [0, 0])
def denschna(np, x):
    return x[0] ** 4 + (x[0] + x[1]) ** 2 + (np.exp(x[1]) - 1) ** 2


@dennis_schnabel("B", [1, 1], [2, -1])
def denschnb(np, x):
    return (x[0] - 2) ** 2 + ((x[0] - 2) * x[1]) ** 2 + (x[1] + 1) ** 2


@dennis_schnabel("C", [2, 3], [1, 1])
def denschnc(np, x):
    return (x[0] ** 2 + x[1] ** 2 - 2) ** 2 + (np.exp(x[0] - 1) + x[1] ** 3 - 2) ** 2


@dennis_schnabel("D", [10, 10, 10], [0, 0, 0])
def denschnd(np, x):
    a, b, c = x[0], x[1], x[2]
    return (a**2 + b**3 - c**4) ** 2 + (2 * a * b * c) ** 2 + (2 * a * b - 3 * b * c + a * c) ** 2


@dennis_schnabel("E", [2, 3, -8], [0, 0, 0])
def denschne(np, x):
    return x[0] ** 2 + (x[1] + x[1] ** 2) ** 2 + (np.exp(x[2]) - 1) ** 2


@dennis_schnabel("F", [2, 0], [1, 1])
def denschnf(np, x):
    first = 2 * (x[0] + x[1]) ** 2 + (x[0] - x[1]) ** 2 - 8
    return first**2 + (5 * x[0] ** 2 + (x[1] - 3) ** 2 - 9) ** 2


@cute("CUBE", [-1.2, 1], "0", [1, 1])
def cube(np, x):
    return (x[0] - 1) ** 2 + 100 * (x[1] - x[0] ** 3) ** 2


@cute("CLIFF", [0, -1], "0.199786613")
def cliff(np, x):
    return ((x[0] - 3) / 100) ** 2 - (x[0] - x[1]) + np.exp(20 * (x[0] - x[1]))


@cute("BRKMCC", [2, 2], "0.16904", None, "Bracken, McCormick; Buckley (1989)")
def brkmcc(np, x):
    barrier = 0.04 / (1 - x[0] ** 2 / 4 - x[1] ** 2)
    return (x[0] - 2) ** 2 + (x[1] - 1) ** 2 + barrier + (x[0] - 2 * x[1] + 1) ** 2 / 0.2


@cute("SINEVAL", [4.712389, -1], "0", [0, 0], "Xiao, Zhou, Computing 48 (1992) 303, problem 4.2")
def sineval(np, x):
    return 100 * (x[1] - np.sin(x[0])) ** 2 + x[0] ** 2 / 4


@cute("SISSER2", [1, 0.1], "0", [0, 0], "Buckley (1989), problem 216")
def sisser(np, x):
    return 3 * x[0] ** 4 - 2 * (x[0] * x[1]) ** 2 + 3 * x[1] ** 4


@cute("ZANGWIL2", [3, 8], "-18.2000000000", [4, 9])
def zangwil2(np, x):
    return (16 * x[0] ** 2 + 16 * x[1] ** 2 - 8 * x[0] * x[1] - 56 * x[0] - 256 * x[1] + 991) / 15


@cute("ENGVAL2", [1, 2, 0], "0", [0, 0, 1], "Buckley (1989), problem 15")
def engval2(np, x):
    a, b, c = x[0], x[1], x[2]
    spheres = (a**2 + b**2 + c**2 - 1) ** 2 + (a**2 + b**2 + (c - 2) ** 2 - 1) ** 2
    planes = (a + b + c - 1) ** 2 + (a + b - c + 1) ** 2
    return spheres + planes + (a**3 + 3 * b**2 + (5 * c - a + 1) ** 2 - 36) ** 2


@cute("HUMPS", [-506, -506.2], "0", [0, 0], "Toint (1997), ζ = 20")
def humps(np, x):
    return 0.05 * (x[0] ** 2 + x[1] ** 2) + (np.sin(20 * x[0]) * np.sin(20 * x[1])) ** 2
