"""Energies and other functions of the literature on automatic differentiation."""

import math

import numpy

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()

COVOLUME = numpy.array([0.02 * (1 + (3 * i) % 5 / 4) for i in range(8)])
ATTRACTION = 1 / (1 + numpy.add.outer(numpy.arange(8), numpy.arange(8)))


@PROBLEMS.add(
    "Griewank, On automatic differentiation (1989), Helmholtz energy of a mixed fluid; "
    "Baydin et al., JMLR 18 (2018), fig. 5; constants and point of our own",
    [0.3 + 0.1 * i for i in range(8)],
)
def helmholtz(np, x):
    """R T Σ x_i log(x_i / (1 - bᵀx)) - xᵀAx/(√8 bᵀx) log((1 + (1 + √2) bᵀx)/(1 + (1 - √2) bᵀx)), R T = 1."""
    bx = np.dot(COVOLUME, x)
    root = math.sqrt(2)
    ideal = np.sum(x * np.log(x / (1 - bx)))
    return ideal - x @ ATTRACTION @ x / (math.sqrt(8) * bx) * np.log((1 + (1 + root) * bx) / (1 + (1 - root) * bx))


@PROBLEMS.add("Speelpenning (1980): the product of the variables", [0.5 + i / 8 for i in range(10)])
def speelpenning(np, x):
    return np.prod(x)


@PROBLEMS.add("Speelpenning (1980): the product, one factor after the other", [1.5 - i / 10 for i in range(10)])
def speelpenning_loop(np, x):
    product = 1
    for xi in x:
        product = product * xi
    return product


BIPYRAMID = [0.65, 0, 0, -0.32, 0.56, 0, -0.33, -0.57, 0, 0, 0, 0.92, 0.01, 0, -0.9]


@PROBLEMS.add(
    "Hoare, Pal, Adv. Phys. 20 (1971) 161: Lennard-Jones cluster of five atoms; point near the bipyramid",
    BIPYRAMID,
    Minimum("-9.103852", start=BIPYRAMID),
)
def lennard_jones(np, x):
    """4 Σ r^-12 - r^-6 over the pairs."""
    total = 0
    for i in range(0, len(x), 3):
        for j in range(0, i, 3):
            inverse = 1 / np.sum((x[i : i + 3] - x[j : j + 3]) ** 2) ** 3
            total += 4 * (inverse**2 - inverse)
    return total


@PROBLEMS.add(
    "Thomson, Phil. Mag. 7 (1904) 237: five charges on a sphere, polar angles and longitudes; point of our own",
    [0.4, 1.5, 1.7, 1.4, 2.7, 0.3, 0.2, 2.2, 4.4, 1],
    Minimum("6.474691"),
)
def thomson(np, x):
    n = len(x) // 2
    polar, longitude = x[:n], x[n:]
    total = 0
    for i in range(n):
        for j in range(i):
            cosine = np.cos(polar[i]) * np.cos(polar[j])
            cosine += np.sin(polar[i]) * np.sin(polar[j]) * np.cos(longitude[i] - longitude[j])
            total += 1 / np.sqrt(2 - 2 * cosine)
    return total


@PROBLEMS.add(
    "Averick, Carter, Moré, Xue, MINPACK-2 (1992): minimal surface, 3 by 3 inner nodes; on the boundary x² - y² where "
    "the report has Enneper's surface",
    [0.1 * ((3 * i) % 5 - 2) for i in range(9)],
)
def minimal_surface(np, x):
    side = numpy.linspace(0, 1, 5)

    def height(i, j):
        inner = 0 < i < 4 and 0 < j < 4
        return x[3 * (i - 1) + j - 1] if inner else side[i] ** 2 - side[j] ** 2

    area = 0
    for i in range(4):
        for j in range(4):
            low, right, up, far = height(i, j), height(i + 1, j), height(i, j + 1), height(i + 1, j + 1)
            area += np.sqrt(1 + 16 * ((right - low) ** 2 + (up - low) ** 2)) / 32
            area += np.sqrt(1 + 16 * ((far - up) ** 2 + (far - right) ** 2)) / 32
    return area


@PROBLEMS.add(
    "Averick, Carter, Moré, Xue, MINPACK-2 (1992): steady combustion (Bratu), λ = 1, on a line of ten nodes",
    [0.1 * math.sin(i) for i in range(1, 11)],
)
def combustion(np, x):
    """∫ u'²/2 - λ exp(u)."""
    h = 1 / (len(x) + 1)
    step = np.concatenate([x, [0]]) - np.concatenate([[0], x])
    return np.sum(step**2) / (2 * h) - h * np.sum(np.exp(x))
