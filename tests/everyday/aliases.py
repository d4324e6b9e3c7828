"""Views: what is written to one name is read under another."""

from __future__ import annotations

import numpy as np

from tests.everyday.table import everyday


@everyday
def slice_of_zeros(x):
    y = np.zeros(4)
    v = y[1:3]
    v[0] = x[0] * x[1]
    v[1] = v[0] ** 2
    return y


@everyday
def slice_of_slice(x):
    y = np.zeros(6)
    v = y[1:]
    w = v[::2]
    w[1:] = x[:2]
    v[0] = w[1] * x[3]
    return y * y[::-1]


@everyday
def base_written_seen_in_view(x):
    y = x.copy()
    v = y[2:]
    y[2] = x[0] * x[1]
    return v * x[:2]


@everyday
def rows_as_views(x):
    m = np.zeros((2, 2))
    for i, row in enumerate(m):
        row[:] = x[2 * i : 2 * i + 2] ** (i + 1)
    first, second = m
    first += second
    return m


@everyday
def reshaped(x):
    y = np.zeros(4)
    m = y.reshape(2, 2)
    m[0, 1] = x[0]
    m[1] = x[2:]
    return y


@everyday
def raveled_and_flattened(x):
    m = np.zeros((2, 2))
    m.ravel()[1] = x[0]
    np.ravel(m)[2:] = x[1:3]
    m.flatten()[0] = 100.0
    m.reshape(-1)[3] *= x[3]
    return m


@everyday
def transposed(x):
    m = np.zeros((2, 3))
    t = m.T
    t[0] = x[:2]
    m.transpose()[2, 1] = x[3]
    np.swapaxes(m, 0, 1)[1] += x[2]
    np.moveaxis(m, 0, 1)[1, 0] *= x[3]
    return m


@everyday
def raveled_transpose_is_a_copy(x):
    m = np.zeros((2, 2))
    m.T.ravel()[0] = 5.0
    m.T.reshape(4)[1] = x[0]
    m[0] = x[:2]
    return m


@everyday
def split_parts(x):
    y = np.zeros(6)
    a, b, c = np.split(y, 3)
    a[:] = x[:2]
    b[1] = x[2]
    c += a * b + x[3]
    left, right = np.hsplit(y.reshape(2, 3), [1])
    left *= 2
    right[1] = left[0] * x[1]
    return y


@everyday
def flipped(x):
    y = np.zeros(4)
    np.flip(y)[0] = x[0]
    y[::-1][1:] = x[1:]
    m = y.reshape(2, 2)
    np.fliplr(m)[0, 0] *= x[3]
    np.flipud(m)[0] += x[0]
    np.rot90(m)[0, 1] = x[2] ** 2
    return y


@everyday
def new_axes(x):
    y = np.zeros(4)
    y[:, None][1] = x[0]
    np.expand_dims(y, 0)[0, 2:] = x[2:]
    y[None, ..., None][0, 0, 0] = x[1]
    np.squeeze(y[None])[3] *= 2
    np.atleast_2d(y)[0, 0] += x[3]
    return y


@everyday
def diagonal_sees_writes(x):
    m = np.zeros((2, 2))
    d = m.diagonal()
    m[0, 0] = x[0] * x[1]
    m[1, 1] = x[2]
    return d * x[2:]


@everyday
def broadcast_sees_writes(x):
    y = np.zeros(2)
    b = np.broadcast_to(y, (2, 2))
    y[0] = x[0]
    y[1] = x[3] * b[1, 0]
    return b * x.reshape(2, 2)


@everyday
def overlapping_write(x):
    y = x.copy()
    y[1:] = y[:-1]
    y[:3] = y[1:] * y[:3]
    y[::-1] = y
    return y


@everyday
def overlapping_in_place(x):
    y = x.copy()
    y[1:] += y[:-1]
    y[:-1] *= y[1:]
    y += y[::-1]
    return y


@everyday
def tuple_swap(x):
    a, b = x[0], x[1]
    a, b = b * 2, a
    y = x.copy()
    y[0], y[1] = y[1], y[0]
    y[2:], y[:2] = y[:2].copy(), y[2:].copy()
    return y * a + b


@everyday
def tuple_swap_of_views(x):
    y = x.copy()
    y[:2], y[2:] = y[2:], y[:2]
    return y * x


@everyday
def fancy_swap(x):
    y = x.copy()
    y[[0, 1]] = y[[1, 0]]
    y[[2, 3, 0]] = y[[3, 0, 2]] ** 2
    return y * x


@everyday
def pivoting(x):
    a = x.reshape(2, 2).copy()
    if abs(a[0, 0]) < abs(a[1, 0]) + 5:
        a[[0, 1]] = a[[1, 0]]
    a[1] -= a[0] * (a[1, 0] / a[0, 0])
    return a


@everyday
def swap_arrays(x):
    old, new = np.zeros(4), x.copy()
    for _ in range(3):
        old, new = new, old
        new[:] = old * x + 1
    return new + old


@everyday
def two_names(x):
    y = np.zeros(4)
    z = y
    z[0] = x[0]
    y[1] = z[0] ** 2
    z += x
    return y


@everyday
def argument_is_written(x):
    x[0] = x[0] ** 2
    x[1:] *= x[0]
    return x * x[::-1]


@everyday
def argument_through_a_view(x):
    v = x[1:3]
    v *= v
    x.reshape(2, 2)[0, 0] = v[0]
    return x


@everyday
def number_is_no_view(x):
    s = x[0]
    x[0] = 5 * x[1]
    s += 1
    return s * x[0]


@everyday
def fancy_index_is_a_copy(x):
    y = x[[0, 1]]
    y[0] = x[3]
    mask = x[x > 0]
    mask[0] = 0
    return y * x[:2]


@everyday
def view_kept_over_writes(x):
    y = np.zeros(5)
    ahead, behind = y[1:], y[:-1]
    y[0] = x[0]
    for i in range(4):
        ahead[i] = behind[i] * x[i] + 1
    return behind * ahead


@everyday
def view_of_argument_kept(x):
    tail = x[2:]
    y = np.zeros(2)
    y[:] = tail
    tail[0] = x[0]
    return y * tail


@everyday
def helper_writes(x):
    def scale(part, factor):
        part *= factor
        part[0] += factor

    y = x.copy()
    scale(y[1:], x[0])
    scale(y[:2], 2.0)
    return y


@everyday
def helper_fills(x):
    def fill(target):
        target[0] = x[0]
        target[1:] = x[1] * 2

    y = np.zeros((2, 3))
    fill(y[0])
    fill(y[1, ::-1])
    return y


@everyday
def state_of_an_object(x):
    class Bodies:
        def __init__(self):
            self.position = np.zeros(2)
            self.velocity = np.zeros(2)

        def kick(self, h):
            self.velocity += h * -self.position

        def drift(self, h):
            self.position += h * self.velocity

    bodies = Bodies()
    bodies.position[:] = x[:2]
    bodies.velocity[:] = x[2:]
    for _ in range(3):
        bodies.kick(0.1)
        bodies.drift(0.1)
    return bodies.position, bodies.velocity


@everyday
def real_and_imaginary_parts(x):
    z = np.zeros(2, dtype=complex)
    z[0] = x[0] + 1j * x[1]
    z[1] = np.exp(1j * x[2]) * x[3]
    return (z * z).real + np.imag(z)


@everyday
def three_axes(x):
    a = np.zeros((2, 2, 2))
    a[0, :, 1] = x[:2]
    a[:, 1, :] += x[2:]
    b = a.transpose(2, 0, 1)
    b[0, 1] = x[3] * b[1, 0]
    c = a.reshape(4, 2)
    c[1] += c[0]
    return a


@everyday
def stencil(x):
    u = np.zeros(6)
    u[1:-1] = x
    for _ in range(3):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


@everyday
def two_dimensional_stencil(x):
    u = np.zeros((4, 4))
    u[1:3, 1:3] = x.reshape(2, 2)
    new = u.copy()
    for _ in range(2):
        new[1:-1, 1:-1] = 0.25 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]) ** 2 + u[1:-1, 1:-1]
        u, new = new, u
    return u


@everyday
def triangular_solve(x):
    a = np.array([[2.0, 0, 0], [1, 3, 0], [1, 1, 4]])
    a[2, 0] = x[3]
    y = x[:3].copy()
    for i in range(3):
        y[i] = (y[i] - a[i, :i] @ y[:i]) / a[i, i]
    return y


@everyday
def cholesky_by_hand(x):
    a = np.diag(x**2 + 3) + 0.1 * np.outer(x, x)
    n = len(a)
    low = np.zeros((n, n))
    for j in range(n):
        low[j, j] = np.sqrt(a[j, j] - np.sum(low[j, :j] ** 2))
        for i in range(j + 1, n):
            low[i, j] = (a[i, j] - low[i, :j] @ low[j, :j]) / low[j, j]
    return low


@everyday
def gauss_jordan(x):
    a = np.hstack([x.reshape(2, 2) + 3 * np.eye(2), np.eye(2)])
    for i in range(2):
        a[i] /= a[i, i]
        for j in range(2):
            if j != i:
                a[j] -= a[j, i] * a[i]
    return a[:, 2:]


@everyday
def parts_of_complex_arrays(x):
    z = np.zeros(2, dtype=complex)
    re, im = z.real, np.imag(z)
    z.real = x[:2]
    z.imag = x[2:] * z.real
    w = np.zeros(2, dtype=complex)
    w.real[:] = 1.0
    w += z * 1j
    return re * im + w.real * w.imag + z[0].real * z[1].imag


@everyday
def views_by_name(x):
    y = np.zeros(4)
    v = y.view()
    y[0] = x[0] * x[1]
    v[1:] = x[1:]
    y.real[3] *= x[3]
    return v * y


@everyday
def ravel_of_a_reversed_view_is_a_copy(x):
    x[::-1].ravel()[0] = 5.0
    np.ravel(x[::2])[0] = 6.0
    x[::-1].reshape(-1)[1] = x[0] * x[3]
    return x**2
