"""Names imported directly, and arrays found outside of the function."""

from __future__ import annotations

import functools
from functools import partial
from math import atan2, exp, hypot, log, pi, sin
from math import sqrt as root

from numpy import add, arange, array, asarray, copyto, empty, eye, linspace, ones, zeros, zeros_like
from numpy import exp as vexp
from numpy import sum as total

from tests.everyday.table import TABLE, Everyday, everyday

START = array([1.0, 2.0, 3.0, 4.0])
TABLEAU = array([[0.0, 0.0], [0.5, 0.0]])
WEIGHTS = [1.0, 2.0, 3.0, 4.0]
INDEX = array([0, 2])
FREE = array([True, False, True, False])
calls = 0


@everyday
def imported_zeros(x):
    y = zeros(3)
    y[0] = x[0]
    y[1:] = x[2:] * y[0]
    return y


@everyday
def imported_array(x):
    return array([x[0], sin(x[1]), x[2]]) * asarray([1, x[3], 2])


@everyday
def imported_math(x):
    return exp(x[0]) * log(x[3]) + root(x[1]) * sin(pi * x[2]) + atan2(x[0], x[1]) + hypot(x[2], x[3])


@everyday
def imported_empty_and_copyto(x):
    y = empty(4)
    copyto(y, vexp(x))
    add(y, x, out=y)
    return y


@everyday
def imported_eye_ones_linspace(x):
    a = eye(2)
    a[0] = x[:2]
    b = ones((2, 2))
    b[1, 1] = x[2]
    t = linspace(0, 1, 2)
    t[0] = x[3]
    return a @ b @ t + arange(2) * x[0]


@everyday
def imported_inside(x):
    from math import cos

    import numpy as numerics
    from numpy import zeros as nothing

    y = nothing(2)
    y[0] = cos(x[0])
    z = numerics.zeros(2)
    z[1] = x[1] * y[0]
    return y + z


@everyday
def helper_with_imported_names(x):
    return _helper(x) + _deeper(x, 3)


def _helper(x):
    y = zeros_like(x)
    y[0] = x[1] ** 2
    return y


def _deeper(x, depth):
    if depth == 0:
        return _helper(x)
    y = zeros(len(x))
    y[:] = _deeper(x * x[0], depth - 1)
    return y


@everyday
def copy_of_a_global(x):
    p = START.copy()
    p[1:3] = x[:2]
    return p * x


@everyday
def copies_of_a_global_in_other_ways(x):
    p, q, r = array(START), START * 1.0, START + 0
    p[0], q[1], r[2:] = x[0], x[1], x[2:]
    s = START[1:].copy()
    s[FREE[1:]] = x[3]
    return p + q * r + total(s)


@everyday
def free_parameters(x):
    p = START.copy()
    p[FREE] = x[INDEX] ** 2
    return total(p**3)


@everyday
def tableau_of_a_method(x):
    k = zeros((2, 4))
    for stage in range(2):
        k[stage] = -((x + TABLEAU[stage] @ k) ** 2)
    return total(k)


@everyday
def list_made_an_array(x):
    w = array(WEIGHTS)
    w[0] = x[0]
    return w * x


@everyday
def function_of_functions(x):
    def apply(f, n):
        y = START.copy()
        for _ in range(n):
            y[:] = f(y)
        return y

    return apply(lambda y: sin(x[0]) * y + x, 3)


def _closure():
    p0 = array([0.5, 0.25])
    count = 0

    def inner(x):
        nonlocal count
        count += 1
        p = p0.copy()
        p[0] = x[0] * x[1]
        return p * x[2:]

    return inner


closure = _closure()


@everyday
def captured_in_a_closure(x):
    return closure(x)


@everyday
def default_arguments(x, start=array([1.0, 2.0]), *, extra=array([3.0, 4.0])):  # noqa: B008
    y = start.copy()
    y[0] = x[0]
    z = extra * 1.0
    z[1] = x[1]
    return y * z


@everyday
def global_counter(x):
    global calls
    calls = calls + 1
    y = START.copy()
    y[0] = x[0]
    return y * (1 if calls else 0)


@everyday
def partial_application(x):
    def model(a, b, y):
        z = b.copy()
        z[0] = a * y[0]
        return z

    return partial(model, 2.0, START)(x) + partial(model, b=x * x)(x[1], y=x)


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        result = zeros(4)
        result[:] = f(*args, **kwargs)
        return 2 * result

    return wrapper


@everyday
@doubled
def decorated(x):
    y = zeros(4)
    y[1] = sin(x[1])
    return y


@everyday
def generator_expression_with_imported_names(x):
    def parts():
        for i in range(4):
            y = zeros(2)
            y[i % 2] = x[i]
            yield y

    return sum(parts()) ** 2


@everyday
def mutual_recursion(x):
    return _even(x, 4)


def _even(x, n):
    y = START.copy()
    y[0] = x[0]
    return y * x if n == 0 else _odd(x, n - 1) + y


def _odd(x, n):
    z = zeros(4)
    z[1] = x[1]
    return _even(x, n - 1) * z


class Pendulum:
    """Methods that use imported names, and attributes that hold arrays."""

    def __init__(self):
        self.rest = array([0.1, 0.2])
        self.length = 2.0

    def slope(self, y):
        dy = zeros(2)
        dy[0] = y[1]
        dy[1] = -sin(y[0]) / self.length
        return dy

    def run(self, y, n):
        state = array(self.rest)
        state += y
        for _ in range(n):
            state = state + 0.1 * self.slope(state)
        return state

    def __call__(self, x):
        return self.run(x[:2], 2) * self.run(x[2:], 1)

    @staticmethod
    def still(x):
        y = zeros(2)
        y[1] = x[0]
        return y

    @property
    def matrix(self):
        return eye(2)


pendulum = Pendulum()


@everyday
def method_of_a_global_object(x):
    m = pendulum.matrix
    m[0, 1] = x[3]
    return m @ pendulum.run(x[:2], 3) + Pendulum.still(x)


TABLE["callable_object"] = Everyday(pendulum)
TABLE["bound_method"] = Everyday(pendulum.slope)


class Spring:
    """Arrays in attributes, lists and other objects, copied and written to by methods."""

    def __init__(self):
        self.rest = array([0.1, 0.2, 0.3, 0.4])
        self.tables = {"low": array([1.0, 2.0]), "high": [array([3.0, 4.0])]}
        self.inner = Pendulum()
        self.calls = 0
        self.history = []

    def force(self, x):
        self.calls += 1
        p = self.rest.copy()
        p[1:3] = x[:2]
        q = self.tables["low"] * 2
        q[0] = x[2]
        r = self.tables["high"][0].copy()
        r[1] = x[3]
        s = self.inner.rest * 1.0
        s[0] = x[0]
        self.history.append(p)
        return p * x, q * r * s

    def apply(self, x):
        return self.force(x * 2)


spring = Spring()
SETTINGS = {"start": array([1.0, 2.0, 3.0, 4.0]), "steps": 3}
LAYERS = [(array([[1.0, 2.0], [3.0, 4.0]]), array([0.5, 0.25]))]


@everyday
def arrays_in_attributes(x):
    return spring.apply(x)


TABLE["method_with_arrays_in_attributes"] = Everyday(spring.force)


@everyday
def arrays_in_containers(x):
    y = SETTINGS["start"].copy()
    for _ in range(SETTINGS["steps"]):
        y[0] = y[1] * x[0]
        y[1:] += x[1:]
    for w, b in LAYERS:
        v = w * 1.0
        v[0] += x[:2]
        y[:2] = v @ y[:2] + b
    return y


@everyday
def integer_grid(x):
    t = arange(4) * 0.25
    t[1] = x[1]
    n = array([1, 2, 3, 4]) / 2
    n[0] = x[0]
    return t * n * x
