"""Likelihoods and regressions on published data: what statistics and machine learning minimize."""

import numpy

from tests.problems.problem import Collection, Minimum

PROBLEMS = Collection()

# Dalal, Fowlkes, Hoadley, Risk analysis of the space shuttle, JASA 84 (1989) 945: temperature (F), O-ring distress
TEMPERATURE = numpy.array([66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58])
DISTRESS = numpy.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1])


@PROBLEMS.add(
    "Dalal, Fowlkes, Hoadley, JASA 84 (1989) 945: deviance of a logistic regression; point near the minimum",
    [12, -0.2],
    Minimum("20.315", [15.0429, -0.2322]),
)
def logistic_regression(np, x):
    eta = x[0] + x[1] * TEMPERATURE
    return 2 * np.sum(np.log1p(np.exp(eta)) - DISTRESS * eta)


COUNTS = numpy.array([18, 17, 15, 20, 10, 20, 25, 13, 12])
OUTCOME = numpy.array([0, 1, 2] * 3)
TREATMENT = numpy.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
DESIGN = numpy.stack([OUTCOME >= 0, OUTCOME == 1, OUTCOME == 2, TREATMENT == 1, TREATMENT == 2], axis=1).astype(float)


@PROBLEMS.add(
    "Dobson, An introduction to generalized linear models (1990), p. 93: Poisson deviance",
    [2, 0.1, 0.2, -0.1, 0.3],
    Minimum("5.1291", [3.045, -0.4543, -0.2930, 0, 0]),
)
def poisson_regression(np, x):
    eta = DESIGN @ x
    return 2 * np.sum(COUNTS * (np.log(COUNTS) - eta) - COUNTS + np.exp(eta))


MITES = (70, 38, 17, 10, 9, 3, 2, 1)  # leaves with 0, 1, ... mites


@PROBLEMS.add(
    "Bliss, Fisher, Fitting the negative binomial distribution, Biometrics 9 (1953) 176: mean and exponent",
    [1, 1.5],
    Minimum(None, [1.14667, 1.02459]),
)
def negative_binomial(np, x):
    """Γ(y + k)/Γ(k) is the product of k, k + 1, ..., k + y - 1."""
    mean, k = x[0], x[1]
    total = 0
    for y, leaves in enumerate(MITES):
        logarithm = k * np.log(k / (k + mean)) + y * np.log(mean / (k + mean))
        for j in range(y):
            logarithm += np.log((k + j) / (j + 1))
        total -= leaves * logarithm
    return total


BEARINGS = numpy.array(
    [
        *(17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.40, 51.84, 51.96, 54.12, 55.56, 67.80),
        *(68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40),
    ]
)


@PROBLEMS.add(
    "Lieblein, Zelen (1956), ball bearings; Lawless, Statistical models for lifetime data (1982), ex. 4.1.1: Weibull",
    [1.5, 70],
    Minimum("113.691", [2.102, 81.88]),
)
def weibull(np, x):
    shape, scale = x[0], x[1]
    z = BEARINGS / scale
    return -np.sum(np.log(shape / scale) + (shape - 1) * np.log(z) - z**shape)


DARWIN = numpy.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])


@PROBLEMS.add("Darwin's plants, Fisher, The design of experiments (1935), §17: Student's t, ν = 5", [25, 3])
def student_t(np, x):
    z = (DARWIN - x[0]) / np.exp(x[1])
    return np.sum(3 * np.log1p(z**2 / 5) + x[1])


GEYSER = numpy.array(
    [
        *(3.600, 1.800, 3.333, 2.283, 4.533, 2.883, 4.700, 3.600, 1.950, 4.350),
        *(1.833, 3.917, 4.200, 1.750, 4.700, 2.167, 1.750, 4.800, 1.600, 4.250),
    ]
)


@PROBLEMS.add(
    "Azzalini, Bowman, Appl. Statist. 39 (1990) 357, Old Faithful, first 20: mixture of two Gaussians",
    [0.3, 2, 4, -1, -0.5],
)
def gaussian_mixture(np, x):
    """Logit of the weight, two means, two logarithms of deviations."""
    weight = 1 / (1 + np.exp(-x[0]))
    first = weight * np.exp(-(((GEYSER - x[1]) / np.exp(x[3])) ** 2) / 2 - x[3])
    second = (1 - weight) * np.exp(-(((GEYSER - x[2]) / np.exp(x[4])) ** 2) / 2 - x[4])
    return -np.sum(np.log(first + second))


IRISES = numpy.array(
    [
        *([5.1, 3.5, 1.4, 0.2], [4.9, 3.0, 1.4, 0.2], [4.7, 3.2, 1.3, 0.2]),
        *([7.0, 3.2, 4.7, 1.4], [6.4, 3.2, 4.5, 1.5], [6.9, 3.1, 4.9, 1.5]),
        *([6.3, 3.3, 6.0, 2.5], [5.8, 2.7, 5.1, 1.9], [7.1, 3.0, 5.9, 2.1]),
    ]
)


@PROBLEMS.add(
    "Bishop, Pattern recognition (2006), eq. 4.108, on the first three of each of Fisher's irises (1936)",
    [0.1 * ((5 * i) % 7 - 3) for i in range(12)],
)
def softmax_cross_entropy(np, x):
    """Regularized by |x|²/2; the weights of a class are x[4c : 4c + 4]."""
    total = np.dot(x, x) / 2
    for i in range(9):
        scores = [IRISES[i] @ x[4 * c : 4 * c + 4] for c in range(3)]
        top = max(scores)
        total += top + np.log(sum(np.exp(s - top) for s in scores)) - scores[i // 3]
    return total


@PROBLEMS.add("Boyd, Vandenberghe, Convex optimization (2004), §3.1.5: log-sum-exp", [1, -2, 0.5, 3, 2.5, -1])
def log_sum_exp(np, x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


@PROBLEMS.add(
    "Rumelhart, Hinton, Williams, Nature 323 (1986) 533: exclusive or by a network of two hidden units",
    [0.5, -0.4, 0.3, 0.6, 0.1, -0.2, 0.7, -0.5, 0.05],
)
def exclusive_or(np, x):
    total = 0
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        hidden = np.tanh(x[:2] * a + x[2:4] * b + x[4:6])
        output = 1 / (1 + np.exp(-(np.dot(x[6:8], hidden) + x[8])))
        total += (output - (a != b)) ** 2
    return total


CONCENTRATION = numpy.array([0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10])
RATE = numpy.array([76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200])


@PROBLEMS.add(
    "Bates, Watts, Nonlinear regression analysis (1988), puromycin, treated: Michaelis-Menten; start of p. 41",
    [205, 0.08],
    Minimum("1195.45", [212.7, 0.06412]),
)
def puromycin(np, x):
    return np.sum((RATE - x[0] * CONCENTRATION / (x[1] + CONCENTRATION)) ** 2)


@PROBLEMS.add(
    "Bates, Watts, Nonlinear regression analysis (1988), A1.4: biochemical oxygen demand",
    [20, 0.24],
    Minimum("25.99", [19.143, 0.5311]),
)
def oxygen_demand(np, x):
    total = 0
    for t, y in zip((1, 2, 3, 4, 5, 7), (8.3, 10.3, 19.0, 16.0, 15.6, 19.8), strict=True):
        total += (y - x[0] * (1 - np.exp(-x[1] * t))) ** 2
    return total
