"""Loops, branches, recursion, objects, and derivatives within."""

from __future__ import annotations

import itertools

import numpy as np

import taylorad as ta
from tests.everyday.table import everyday


@everyday
def branch_on_a_value(x):
    if x[0] > 0 and x[2] < x[0]:
        y = x[0] * x[1]
    elif x[0] == 0:
        y = 0.0
    else:
        y = x[3]
    return y if y > 0 else -y


@everyday
def while_on_a_value(x):
    s, n = x[0], 0
    while s < 50:
        s = s * s + x[1]
        n += 1
    return s * n


@everyday
def newton_iteration(x):
    r = 1.0
    for _ in range(50):
        step = (r**3 - x[3]) / (3 * r**2)
        r = r - step
        if abs(step) < 1e-14:
            break
    return r * x[0]


@everyday
def loops_over_entries(x):
    s = 0
    for i, v in enumerate(x):
        for w in x[i + 1 :]:
            s = s + (v - w) ** 2 / (1 + i)
    for a, b in zip(x, x[::-1], strict=True):
        s += a * b
    for a, b in itertools.combinations(x, 2):
        s -= a * b**2
    return s


@everyday
def recursion(x):
    def power(n):
        return 1.0 if n == 0 else x[0] * power(n - 1) + x[1]

    def fibonacci(n, memo):
        if n not in memo:
            memo[n] = x[n] if n < 2 else fibonacci(n - 1, memo) * fibonacci(n - 2, memo) + 1
        return memo[n]

    return power(5) + fibonacci(5, {})


@everyday
def divide_and_conquer(x):
    def product(part):
        if len(part) == 1:
            return part[0]
        half = len(part) // 2
        return product(part[:half]) * product(part[half:]) + 1

    return product(x)


@everyday
def generators(x):
    def partial_sums():
        s = 0
        for v in x:
            s = s + v
            yield s * s

    return np.array(list(partial_sums())) * np.array([next(iter(x))] * 4)


@everyday
def where_and_select(x):
    a = np.where(x > 0, x**2, -x)
    b = np.select([x < 0, x > 2], [x, x**3], default=1.5)
    c = np.piecewise(x, [x < 1, x >= 1], [lambda t: t**2, lambda t: 2 * t])
    return a + b * np.clip(x, -0.3, 1.0) + np.maximum(x, 1.0) * np.minimum(x, x[::-1] + 1) + c


@everyday
def masks_in_products(x):
    inside = (x > 0) & (x < 2)
    return np.sum(x[inside]) * np.sum(x * inside) + np.count_nonzero(inside) * x[0] + (x**2)[~inside].sum()


@everyday
def runge_kutta(x):
    def slope(t, y):
        dy = np.zeros(2)
        dy[0] = y[1]
        dy[1] = x[0] * (1 - y[0] ** 2) * y[1] - y[0]
        return dy

    y, h = np.array([x[1], x[2]]), 0.1
    ys = np.zeros((6, 2))
    ys[0] = y
    for n in range(5):
        k1 = slope(n * h, y)
        k2 = slope(n * h + h / 2, y + h / 2 * k1)
        k3 = slope(n * h + h / 2, y + h / 2 * k2)
        k4 = slope(n * h + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        ys[n + 1] = y
    return ys


@everyday
def n_bodies(x):
    q = np.zeros((2, 3))
    q[0, :2] = x[:2]
    q[1, :2] = x[2:]
    a = np.zeros_like(q)
    for i in range(2):
        for j in range(2):
            if i != j:
                d = q[j] - q[i]
                a[i] += d / np.linalg.norm(d) ** 3
    return a


@everyday
def two_passes(x):
    n = len(x)
    out = np.zeros(n)
    a = 0.0
    for i in range(n):
        a = 0.9 * a + x[i]
        out[i] = a
    for i in range(n - 2, -1, -1):
        out[i] -= 0.5 * out[i + 1]
    return out


@everyday
def priority_of_values(x):
    order = np.argsort(x)
    y = x[order]
    y[0] = y[-1] * y[1]
    return np.sort(x) * y + x[np.argmax(x)] + np.cumsum(y)


@everyday
def stack_of_states(x):
    states = [x]
    for _ in range(3):
        new = states[-1].copy()
        new[1:] *= states[0][:-1]
        states.append(new)
    return np.array(states).sum(axis=0) + np.stack(states)[-1] + np.concatenate(states[1:3])[2:6]


@everyday
def returned_containers(x):
    y = np.zeros(2)
    y[0] = x[0]
    return (y, [x[1] * x[2], 2.0], y[:1])


@everyday
def chained_assignment(x):
    y = np.zeros(4)
    a = b = y[1:3]
    a[0] = y[3] = x[0] * x[1]
    b[1] = x[2]
    return y


@everyday
def starred_assignment(x):
    first, *rest = x
    y = np.zeros(4)
    y[0], *others = first, rest
    y[1:] = others[0]
    return y * y[0]


@everyday
def nested_functions_share_an_array(x):
    y = np.zeros(4)

    def left():
        y[:2] = x[:2]

    def right():
        y[2:] = y[:2] * x[3]

    left()
    right()
    return y


@everyday
def cache_in_an_object(x):
    class Model:
        cache: dict

        def __init__(self, scale):
            self.scale, self.cache = scale, {}

        def value(self, i):
            if i not in self.cache:
                self.cache[i] = self.scale * x[i] ** 2
            return self.cache[i]

    model = Model(x[3])
    return model.value(0) + model.value(0) * model.value(1)


@everyday(second=False)
def gradient_within(x):
    def inner(y):
        z = np.zeros(4)
        z[:2] = y[:2] * x[2:]
        z[2] = y[3] ** 2
        return np.sum(z * z) * y[0]

    return ta.grad(inner)(x * 2)


@everyday(second=False)
def gradient_of_a_written_outer_array(x):
    outer = np.zeros(4)
    outer[0] = x[0] ** 2

    def inner(y):
        outer[1] = y[0] * x[1]
        outer[2:] = x[2:] * y[1]
        return np.sum(outer**2)

    g = ta.grad(inner)(x[:2])
    return np.sum(outer * x) * g


@everyday(second=False)
def jacobian_within(x):
    def inner(y):
        z = np.empty(2)
        z[0] = y[0] * y[1] * x[0]
        z[1] = np.sin(y[0]) + x[3]
        return z

    return ta.jacobian(inner)(x[1:3]), ta.jacobian(inner, mode="forward")(x[:2])


@everyday(second=False)
def taylor_within(x):
    def inner(t):
        z = np.zeros(2)
        z[0] = t**2 * x[0]
        z[1] = z[0] * t + x[1]
        return z

    return ta.taylor(inner, x[2], 2).coefficients[1] + ta.derivative(lambda t: inner(t)[1] * t, x[3], 2)


@everyday(second=False)
def array_that_escapes(x):
    kept = []

    def inner(y):
        z = np.zeros(2)
        z[0] = y[0] * x[0]
        kept.append(z)
        return z[0] ** 2

    g = ta.grad(inner)(x)
    kept[0][1] = x[1]
    return g + kept[0][0] * kept[0][1] + np.sum(kept[0])
