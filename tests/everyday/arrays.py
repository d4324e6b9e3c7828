"""Functions of whole arrays, mixed with plain ones."""

from __future__ import annotations

import numpy as np

from tests.everyday.table import everyday


@everyday
def concatenations(x):
    a = np.concatenate([np.zeros(2), x, np.ones(1)])
    a[1] = x[3]
    b = np.column_stack([np.ones(4), x])
    b[:, 0] *= x[0]
    c = np.block([[np.zeros((2, 2)), x.reshape(2, 2)]])
    return a[:4] + b @ x[:2] + c.sum(axis=0) + np.hstack([x[:2], [1.0, x[3]]]) + np.r_[0.0, x[1:]] + np.c_[x, x][:, 1]


@everyday
def grids(x):
    u, v = np.meshgrid(np.linspace(0, 1, 3), np.linspace(0, 1, 2))
    u[0, 0] = x[0]
    return u * x[1] + v * x[2] + np.outer(x[:2], np.ones(3))


@everyday
def least_squares_residuals(x):
    t = np.linspace(0.1, 1, 6)
    data = np.exp(-t)
    data[0] = 2.0
    model = x[0] * np.exp(-x[1] * t) + x[2] / (1 + t)
    return model - data, np.sqrt(np.mean((model - data) ** 2)) * x[3]


@everyday
def polynomials(x):
    t = np.linspace(-1, 1, 5)
    return np.vander(t, 4) @ x + np.polyval(x, t) + np.polyval(np.array([1.0, 2.0]), x[0])


@everyday
def design_matrix(x):
    a = np.ones((5, 4))
    a[:, 1] = np.arange(5)
    a[:, 2] = a[:, 1] ** 2
    a[:, 3] = np.exp(-a[:, 1] * x[3])
    return (a.T @ a + np.eye(4)) @ x


@everyday
def reductions_into_entries(x):
    y = np.zeros(5)
    y[0] = x.sum()
    y[1] = x.mean() * x.std()
    y[2] = np.prod(x)
    y[3] = x.max() - x.min()
    y[4] = x @ x
    return y


@everyday
def differences(x):
    y = np.zeros(4)
    y[1:] = np.diff(x)
    y[0] = y[-1]
    return np.roll(y, 1) * np.cumsum(y) + np.gradient(np.arange(4.0) ** 2)[0] * x


@everyday
def einsum_of_written(x):
    a = np.zeros((2, 2))
    a[0] = x[:2]
    a[1, 1] = x[3]
    return np.einsum("ij,jk->ik", a, a) + np.einsum("ii->i", a) + np.trace(a) * np.tensordot(a, a, 1)


@everyday
def triangles(x):
    a = np.tri(4) * x
    a[np.triu_indices(4, 1)] = x[0]
    a[np.diag_indices(4)] += x
    return a, np.tril(a) @ x


@everyday
def padding_and_windows(x):
    y = np.zeros(6)
    y[1:5] = x
    windows = np.array([y[i : i + 3] for i in range(4)])
    return np.convolve(x, [0.25, 0.5, 0.25], mode="same") + windows.mean(axis=1) + np.interp(x[0], [0.0, 1.0], x[2:])


@everyday
def seeded_noise(x):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=4)
    y = x * noise
    noise *= 0.5
    return y + x * noise


@everyday
def seeded_noise_of_the_module(x):
    np.random.seed(3)  # noqa: NPY002
    noise = np.random.rand(4)  # noqa: NPY002
    noise[0] = x[0]
    return noise * x


@everyday
def noise_written_to(x):
    noise = np.array(np.random.default_rng(1).normal(size=4))
    noise[1:] += x[1:] * noise[:-1]
    return noise


@everyday
def index_arrays(x):
    rows, columns = np.indices((2, 2))
    m = np.zeros((2, 2))
    m[rows, columns] = x.reshape(2, 2) * (rows + 1)
    m[[0, 1], [1, 0]] += x[0]
    return np.take(x, [3, 0]) @ m + np.take_along_axis(m, np.argsort(m, axis=1), 1)[0]


@everyday
def softmax_regression(x):
    w = x.reshape(2, 2)
    data = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.1]])
    labels = np.array([0, 1, 1])
    logits = data @ w
    logits -= np.max(logits, axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(3), labels]))


@everyday
def normalised_columns(x):
    a = np.outer(x, [1.0, 2.0]) + np.arange(8.0).reshape(4, 2)
    for column in a.T:
        column /= np.linalg.norm(column)
    a -= a.mean(axis=0)
    return a


@everyday
def outer_ufuncs(x):
    d = np.subtract.outer(x, x)
    d[np.diag_indices(4)] = 1.0
    return np.sum(1 / d**2, axis=0) + np.add.reduce(d, axis=1) + np.multiply.accumulate(x)


@everyday
def views_of_complex(x):
    z = np.zeros(4, dtype=complex)
    z += x
    z *= 1j
    spectrum = np.fft.fft(z)
    spectrum[2:] = 0
    return np.abs(np.fft.ifft(spectrum)) ** 2
