"""What cannot be followed is refused with the line and the way out; what is exchanged during a run is put back."""

from __future__ import annotations

import ctypes
import math
import threading

import numpy as np
import pytest
import scipy.interpolate
import scipy.linalg
import scipy.optimize
from numpy import zeros

import taylorad as ta
from taylorad.refusals import LostDerivativeError
from taylorad.trace.everyday import followed

POINT = np.array([1.0, 2.0])
SPLINE = scipy.interpolate.CubicSpline([0, 1, 2.0], [0, 1, 4.0])
HIDDEN = {"f": [[[[lambda array: array.__imul__(2.0)]]]]}
MODES = {
    "reverse": lambda f: ta.grad(f)(POINT),
    "forward": lambda f: ta.jvp(f, POINT, np.ones(2)),
    "taylor": lambda f: ta.taylor(f, POINT, 2, np.ones(2)),
    "second": lambda f: ta.hessian(f)(POINT),
}


def write_of_a_number(x):
    z = np.random.default_rng(0).normal(size=3)
    z[0] = x[0]  # written
    return z[0]


def write_of_a_slice(x):
    z = np.random.default_rng(0).normal(size=3)
    z[1:] = x  # written
    return z.sum()


def write_of_a_mask(x):
    z = np.random.default_rng(0).normal(size=2)
    z[x > 1] = x[1]  # written
    return z.sum()


def write_by_an_operator(x):
    z = np.random.default_rng(0).normal(size=2)
    z += x  # written
    return z.sum()


def write_by_out(x):
    z = np.random.default_rng(0).normal(size=2)
    np.multiply(x, 2, out=z)  # written
    return z.sum()


def write_by_out_where(x):
    z = np.random.default_rng(0).normal(size=2)
    np.log(x, out=z, where=x > 1)  # written
    return z.sum()


def write_by_copyto(x):
    z = np.random.default_rng(0).normal(size=2)
    np.copyto(z, x)  # written
    return z.sum()


def write_by_add_at(x):
    z = np.random.default_rng(0).normal(size=2)
    np.add.at(z, [0, 0], x)  # written
    return z.sum()


def write_by_fill_diagonal(x):
    z = np.random.default_rng(0).normal(size=(2, 2))
    np.fill_diagonal(z, x)  # written
    return z.sum()


def write_to_flat(x):
    z = np.random.default_rng(0).normal(size=2)
    z.flat[0] = x[0]  # written
    return z.sum()


def write_by_a_method(x):
    z = np.random.default_rng(0).normal(size=2)
    z.put(0, x[0])  # written
    return z.sum()


def write_into_integers(x):
    z = np.zeros(2, dtype=int)
    z[0] = x[0]  # written
    return z.sum()


WRITES = [value for name, value in list(globals().items()) if name.startswith("write_")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", WRITES, ids=lambda f: f.__name__)
def test_writes_into_plain_arrays_name_the_line_and_the_way_out(f, mode):
    with pytest.raises(LostDerivativeError) as caught:
        MODES[mode](f)
    message = str(caught.value)
    assert "test_followed.py, line " in message
    assert "# written`" in message
    assert "np.zeros" in message or "dtype=float" in message


def number_for_ctypes(x):
    return ctypes.c_double(x[0]).value  # forced


def number_for_float64(x):
    return np.float64(x[0])  # forced


def number_for_a_spline(x):
    return SPLINE(x[0])  # forced


def number_for_a_quadrature(x):
    import scipy.integrate

    return scipy.integrate.quad(lambda t: t * x[0], 0, 1)[0]  # forced


def number_for_lapack(x):
    return scipy.linalg.expm(np.diag(x)).sum()  # forced


def number_of_an_array(x):
    return float(x)


def index_of_a_list(x):
    return [3.0, 4.0, 5.0][x[0]]  # forced


def size_of_a_range(x):
    return sum(1.0 for _ in range(x[0]))  # forced


def iteration_by_nditer(x):
    return sum(v for v in np.nditer(x))  # forced


def search_for_a_root(x):
    return scipy.optimize.brentq(lambda t: t - x[0], -5, 5)  # forced


def search_for_a_minimum(x):
    return scipy.optimize.minimize_scalar(lambda t: (t - x[0]) ** 2, method="golden").x  # forced


def list_for_scipy(x):
    from scipy.special import erf

    return np.sum(erf([x[0], 1.0]))  # forced


FORCED = [
    v
    for n, v in list(globals().items())
    if n.split("_")[0] in ("number", "index", "size", "iteration", "search", "list")
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", FORCED, ids=lambda f: f.__name__)
def test_code_that_needs_plain_numbers_names_the_line_and_the_way_out(f, mode):
    if f is number_of_an_array:
        with pytest.raises(TypeError, match="only length-1 arrays"):
            MODES[mode](f)
        return
    with pytest.raises(LostDerivativeError) as caught:
        MODES[mode](f)
    message = str(caught.value)
    assert "test_followed.py, line " in message
    assert "# forced`" in message
    assert any(way in message for way in ("ta.custom_rule", "int(...)", "x.flat", "ta.implicit_root"))


def test_the_error_is_chained_to_the_one_it_replaces():
    with pytest.raises(LostDerivativeError) as caught:
        ta.grad(write_of_a_number)(POINT)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "setting an array element" in str(caught.value.__cause__)


def test_functions_without_a_rule_note_the_line():
    def f(x):
        return np.linalg.eigvals(np.diag(x))[0]  # unsupported

    with pytest.raises(ta.UnsupportedFunctionError, match=r"numpy\.linalg\.eigvals") as caught:
        ta.grad(f)(POINT)
    assert any("# unsupported`" in note for note in caught.value.__notes__)


def test_searches_with_plain_objectives_are_left_alone():
    def f(x):
        root = scipy.optimize.brentq(lambda t: t**3 - 8.0, 0, 5)
        return x[0] * root + scipy.optimize.minimize(lambda p: (p[0] - 1.0) ** 2, [0.0]).x[0] * x[1]

    np.testing.assert_allclose(ta.grad(f)(POINT), [2.0, 1.0], atol=1e-6)  # what minimize reaches


def test_users_errors_are_left_alone():
    def f(x):
        np.zeros(2)[:] = x
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ta.grad(f)(POINT)
    with pytest.raises(ValueError, match="broadcast"):
        ta.grad(lambda x: np.sum(x + np.zeros(3)))(POINT)


# ---------------------------------------------------------------------------------------------- exchanged and put back


def test_everything_is_put_back_after_a_run_and_after_an_error():
    before = {**vars(np)}, {**vars(math)}, {**globals()}
    seen = []

    def f(x):
        seen.append((np.zeros, math.sin, zeros))
        y = zeros(2)
        y[0] = float(x[0]) if isinstance(x, np.ndarray) else 0.0
        if x[1] > 5:
            raise RuntimeError
        return y[0]

    ta.grad(f)(POINT)
    with pytest.raises(RuntimeError):
        ta.grad(f)(POINT * 5)
    assert seen[0][0] is not before[0]["zeros"]
    assert seen[0][2] is not before[2]["zeros"]
    assert all(vars(module)[name] is old[name] for module, old in zip((np, math), before, strict=False) for name in old)
    assert globals() == before[2]
    assert "isinstance" not in globals()


def test_replacements_keep_names_and_documentation():
    def f(x):
        assert np.zeros.__name__ == "zeros"
        assert np.array.__doc__ == array.__doc__
        assert math.sin.__name__ == "sin"
        return x[0]

    array = np.array
    ta.grad(f)(POINT)


def test_other_threads_are_unaffected():
    inside, checked = threading.Event(), threading.Event()
    kinds = []

    def other():
        inside.wait(10)
        kinds.extend(map(type, (np.zeros(2), np.array([1.0]), zeros(2), math.sin(1.0), float(2))))
        checked.set()

    def f(x):
        y = zeros(2)
        inside.set()
        assert checked.wait(10)
        y[0] = float(x[0])
        return y[0] ** 2

    thread = threading.Thread(target=other)
    thread.start()
    assert ta.grad(f)(POINT).tolist() == [2.0, 0.0]
    thread.join()
    assert kinds == [np.ndarray, np.ndarray, np.ndarray, float, float]


def test_threads_run_side_by_side():
    def f(x):
        y = zeros(2)
        for i in range(50):
            y[i % 2] = x[0] * x[1] + y[i - 1 & 1]
        return y @ y

    expected, results = ta.grad(f)(POINT), []
    threads = [threading.Thread(target=lambda: results.append(ta.grad(f)(POINT))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(r, expected) for r in results)
    assert len(results) == 4
    assert zeros is np.zeros


def test_libraries_get_plain_arrays():
    def f(x):
        grid = np.linspace(0, 1, 5)
        weights = scipy.interpolate.interp1d(grid, grid**2)(0.3) + scipy.linalg.norm(np.ones(4))
        rng = np.random.default_rng([0, 1, 2])
        return x[0] * weights + rng.normal() * 0

    assert ta.grad(f)(POINT)[0] == pytest.approx(0.1 + 2, abs=1e-12)


def test_results_lose_their_covers():
    result = followed(lambda: (np.zeros(2), [np.ones(1)], {"a": np.eye(2)}, 1.0))
    assert [type(r) for r in (result[0], result[1][0], result[2]["a"])] == [np.ndarray] * 3


# ------------------------------------------------------------------------------------------------- arrays of the caller


def test_single_precision_stays_single():
    def f(x):
        z = np.zeros(2, dtype=np.float32)
        z[:] = x**2
        z *= np.float32(0.5)
        return z.sum()

    value, gradient = ta.value_and_grad(f)(POINT.astype(np.float32))
    assert (value.dtype, gradient.dtype) == (np.float32, np.float32)
    assert gradient.tolist() == [1.0, 2.0]


def test_captured_arrays_end_up_as_plain_code_leaves_them():
    state, log = np.zeros(2), []

    def f(x):
        state[0] = x[0] ** 2
        state[1] += 1
        log.append(state * 1)
        return state[0] * x[1]

    assert ta.grad(f)(POINT).tolist() == [4.0, 1.0]
    assert state.tolist() == [1.0, 1.0]
    assert np.asarray(log[0]).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("size", [10, 10_000])  # below and above what is always copied
def test_constants_may_change_after_they_were_used(size):
    data = np.random.default_rng(2).normal(size=size)
    original = data.copy()

    def f(x):
        noise = np.random.default_rng(1).normal(size=size)
        y = x * noise + x * data
        noise *= 0.5
        data[:] = 0
        return np.sum(y + noise * x)

    expected = np.random.default_rng(1).normal(size=size) * 1.5 + original
    np.testing.assert_allclose(ta.grad(f)(np.ones(size)), expected, atol=1e-15)
    assert not data.any()


def test_a_constant_changed_by_code_out_of_sight_is_an_error_and_writeable_afterwards():
    data = np.ones(10_000)

    def f(x):
        y = x * data
        HIDDEN["f"][0][0][0][0](data)
        return np.sum(y)

    with pytest.raises(LostDerivativeError, match="changed in place after it was used"):
        ta.grad(f)(np.ones(10_000))
    assert data.flags.writeable


def test_arguments_that_are_not_differentiated_may_be_copied_and_written_to():
    def f(x, start, *, offset):
        y = start.copy()
        y[0] = x[0]
        y += offset
        return np.sum(y**2)

    start, offset = np.array([3.0, 4.0]), np.array([0.5, 0.5])
    assert ta.grad(f)(POINT, start, offset=offset).tolist() == [3.0, 0.0]
    assert start.tolist() == [3.0, 4.0]
