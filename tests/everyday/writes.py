"""Arrays made inside, and written to."""

from __future__ import annotations

import numpy as np

from tests.everyday.table import everyday


@everyday
def zeros_and_entries(x):
    dy = np.zeros(4)
    dy[0] = x[2]
    dy[1] = x[3] * x[0]
    dy[2] = -np.sin(x[0])
    dy[3] = dy[1] ** 2
    return dy


@everyday
def empty_and_entries(x):
    y = np.empty(3)
    y[0], y[1], y[2] = x[0] * x[1], x[1] * x[2], x[2] * x[3]
    return y


@everyday
def zeros_like_entries(x):
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] = x[i] ** 2 * x[i - 1]
    return y


@everyday
def ones_and_scaling(x):
    y = np.ones(4)
    y *= x
    y[1:] *= x[:-1]
    return y


@everyday
def full_of_a_variable(x):
    return np.full(3, x[0]) * x[1:] + np.full((2, 1), x[3])[0]


@everyday
def full_and_slices(x):
    y = np.full((2, 3), 0.5)
    y[0, 1:] = x[:2]
    y[1] = x[1:] * y[0]
    return y


@everyday
def array_of_entries(x):
    return np.array([x[1], -x[0], x[2] * x[3]])


@everyday
def array_of_rows(x):
    rotation = np.array([[np.cos(x[0]), -np.sin(x[0])], [np.sin(x[0]), np.cos(x[0])]])
    return rotation @ x[1:3]


@everyday
def array_of_mixed_rows(x):
    return np.array([[1.0, x[0], 0], [x[1], 2, 3]]) @ np.array([x[2], 1, x[3]])


@everyday
def array_of_arrays(x):
    return np.array([x[:2], x[2:] ** 2, [1, x[0]]])


@everyday
def array_of_a_comprehension(x):
    return np.array([np.exp(v) for v in x if v > 0])


@everyday
def array_copies(x):
    y = np.array(x)
    y[0] = 3.0
    return x * y


@everyday
def asarray_does_not_copy(x):
    y = np.asarray(x)
    y[0] = y[1] * 2
    return x


@everyday
def array_with_dtype(x):
    return np.array([x[0], 1, x[1]], dtype=float) * np.asarray([2, x[2], x[3]], dtype=np.float64)


@everyday
def array_with_ndmin(x):
    return np.array([x[0], x[1]], ndmin=2) @ np.ones((2, 1))


@everyday
def list_append(x):
    values = []
    for v in x:
        values.append(v * v)
        values.append(np.sin(values[-1]))
    return np.array(values)


@everyday
def list_returned(x):
    return [x[0] * x[1], np.exp(x[2]), 3.0]


@everyday
def dict_of_intermediate_results(x):
    memo = {}
    for i in range(1, 4):
        memo[i] = x[i] * memo.get(i - 1, 1.0) + x[0]
    return memo[3] * memo[2]


@everyday
def slices_and_strides(x):
    y = np.zeros(8)
    y[::2] = x
    y[1::2] = x[::-1] ** 2
    y[-1:-4:-1] += x[1:]
    return y


@everyday
def in_place_operators(x):
    y = x.copy()
    y += x[::-1]
    y *= 2
    y -= 1
    y /= 3 + x**2
    y **= 2
    return y


@everyday
def in_place_on_slices(x):
    r = np.zeros(5)
    r[:-1] += x
    r[1:] -= x * x
    r[1:3] *= x[2:]
    return r


@everyday
def in_place_broadcast(x):
    y = np.zeros((3, 4))
    y += x
    y[:, 1] *= x[:3]
    y[1:] += x[0]
    y += x[:3, None]
    return y


@everyday
def boolean_mask_writes(x):
    y = x * 1.0
    y[x < 1] = x[x < 1] ** 2
    y[y > 2] *= x[0]
    y[~(x > 0)] += 5
    return y


@everyday
def mask_of_scalars(x):
    y = np.zeros(4)
    y[x > 0] = x[1]
    y[np.array([True, False, False, True])] += x[0]
    return y


@everyday
def repeated_indices_in_writes(x):
    y = np.zeros(3)
    y[[0, 0, 2]] = x[:3] * 2
    y[[1, 1]] += x[2:]
    return y * x[3]


@everyday
def repeated_indices_in_reads(x):
    return x[[0, 0, 3]] * x[np.array([1, 2, 2])]


@everyday
def add_at(x):
    y = np.zeros(3)
    np.add.at(y, [0, 1, 1, 2], x)
    np.subtract.at(y, 0, x[3] ** 2)
    return y**2


@everyday
def out_arguments(x):
    y = np.zeros(4)
    np.multiply(x, x[::-1], out=y)
    np.sin(y, out=y)
    np.add(y, 1, y)
    z = np.empty(())
    np.sum(y, out=z)
    m = np.zeros((2, 2))
    np.dot(x.reshape(2, 2), y.reshape(2, 2), out=m)
    return m


@everyday
def where_in_ufuncs(x):
    y = np.zeros(4)
    np.divide(1.0, x, out=y, where=x > 0)
    np.log(x, out=y, where=x > 1)
    return y


@everyday
def copyto_and_friends(x):
    y = np.zeros(4)
    np.copyto(y, x**2)
    np.copyto(y, x, where=x < 0)
    np.put(y, [0, 2], x[1:3] * x[0])
    np.place(y, y > 4, x[3])
    np.putmask(y, np.array([False, True, False, False]), x * 3)
    m = np.zeros((2, 2))
    np.fill_diagonal(m, x[:2])
    np.put_along_axis(m, np.array([[1], [0]]), x[2:].reshape(2, 1), 1)
    return m @ y[:2] + y[2:]


@everyday
def fill_and_put_methods(x):
    y = np.zeros(4)
    y.fill(x[1])
    y.put([0, 3], x[:2])
    z = y.copy()
    z.sort()
    return y * z * x


@everyday
def flat_index(x):
    m = np.zeros((2, 3))
    m.flat[4] = x[0]
    m.flat[[0, 1]] = x[2:]
    m.flat = m.flat[::-1] * x[1]
    return m


@everyday
def zero_dimensional_arrays(x):
    s = np.zeros(())
    s += x[0]
    s[...] = s * x[1]
    t = np.array(2.0)
    t[()] = x[3] * t
    return s + t


@everyday
def accumulated_number(x):
    s = 0.0
    for v in x:
        s += v * v
    t = x[0]
    t += 1
    t *= x[1]
    return s * t + x[0]


@everyday
def identity_plus(x):
    a = np.eye(2)
    a[0, 1] = x[0]
    a += np.identity(2) * x[1]
    return a @ x[2:]


@everyday
def diagonal_matrices(x):
    a = np.diag(x[:3])
    a[0, 2] = x[3]
    return a @ a


@everyday
def linspace_filled(x):
    t = np.linspace(0, 1, 5)
    y = np.exp(-t) * x[0]
    t[0] = x[1]
    return y * t + np.arange(5.0) * x[2]


@everyday
def linspace_between(x):
    return np.linspace(x[0], x[1], 5) * np.linspace(0, x[3], 5)


@everyday
def arange_from_integers(x):
    w = np.arange(4) / 4.0
    w = np.array(w)
    w[1] = x[1]
    return w * x


@everyday
def tile_repeat_stack(x):
    a = np.tile(np.array([1.0, 2.0]), 2)
    a[0] = x[0]
    b = np.repeat(np.ones(2), 2)
    b[:2] = x[1:3]
    c = np.vstack([np.zeros(4), np.ones(4)])
    c[0] = a * b
    c[1, 3] = x[3]
    return c * x


@everyday
def matrix_assembly(x):
    n = 3
    k = np.zeros((n + 1, n + 1))
    for e in range(n):
        ke = x[e] * np.array([[1.0, -1.0], [-1.0, 1.0]])
        k[e : e + 2, e : e + 2] += ke
    k[0, 0] += 1.0
    k[np.ix_([0, 3], [1, 2])] += x[3]
    return (k + 5 * np.eye(4)) @ x


@everyday
def append_insert_delete(x):
    y = np.append(np.zeros(2), x)
    y = np.insert(y, 1, x[0] ** 2)
    y = np.delete(y, 2)
    y[0] = x[1]
    return y


@everyday
def written_after_use(x):
    y = np.zeros(4)
    y[:] = x
    z = y * y
    w = np.sin(y)
    y[:] = 0
    y[1] = x[3]
    return z + w * y


@everyday
def constants_written_after_use(x):
    c = np.arange(1.0, 5.0)
    y = x * c
    c *= 2
    z = x / c
    c[:] = 7
    return y + z + c


@everyday
def ndenumerate_writes(x):
    y = np.zeros((2, 2))
    for (i, j), v in np.ndenumerate(x.reshape(2, 2)):
        y[j, i] = v * (i + 2 * j + 1)
    return y


@everyday
def fromiter_and_comprehensions(x):
    return np.fromiter((v * v for v in x), float) * np.fromiter(range(4), dtype=float, count=4)
