"""`ta.jit`: compiled and eager results agree: test problems, everyday functions and transforms, in both executors."""

from __future__ import annotations

import contextlib
import io
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from tests.everyday import TABLE, plain_total
from tests.problems import PROBLEMS

EXECUTORS = ("numpy", "auto")
MODES = ("forward-over-reverse", "reverse-over-forward", "reverse-over-reverse", "hyperdual")
pytestmark = pytest.mark.filterwarnings("ignore::taylorad.DomainWarning")


def parts(result: Any) -> np.ndarray:
    """All numbers of a result in one array."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        return np.concatenate([np.ravel(parts(r)) for r in result]) if result else np.zeros(0)
    return np.asarray(result)


def agree(f: Any, *points: Any, executor: str = "auto", tolerance: float = 1e-12) -> Any:
    """A compiled function, checked at points against the function itself."""
    compiled = ta.jit(f, executor=executor)
    for x in points:
        with contextlib.redirect_stdout(io.StringIO()):
            ours, expected = parts(compiled(np.array(x))), parts(f(np.array(x)))
        assert ours.shape == expected.shape
        if expected.dtype != object:
            assert ours.dtype == expected.dtype
        scale = np.max(np.abs(expected), initial=0, where=np.isfinite(expected.astype(complex)))
        assert np.allclose(
            ours.astype(complex), expected.astype(complex), rtol=0, atol=tolerance * scale, equal_nan=True
        )
    return compiled


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_problems(problem, executor):
    def f(x):
        return problem.f(np, x)

    v, near = np.cos(np.arange(len(problem.x))), problem.x * (1 + 1e-3)
    agree(f, problem.x, near, executor=executor)
    agree(ta.grad(f), problem.x, near, executor=executor)
    agree(ta.hessian(f), problem.x, near, executor=executor, tolerance=1e-11)
    agree(lambda x: ta.hvp(f)(x, v), problem.x, near, executor=executor, tolerance=1e-11)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", TABLE)
def test_everyday_functions(name, executor):
    entry = TABLE[name]

    def total(function):
        return lambda x: plain_total(function(x))

    agree(entry.function, entry.point, executor=executor)
    agree(ta.grad(total(entry.function)), entry.point, executor=executor, tolerance=1e-11)
    agree(ta.jacobian(total(entry.function), mode="forward"), entry.point, executor=executor, tolerance=1e-11)


# ------------------------------------------------------------------------------------------------------- transforms

X = np.array([0.7, 1.3, 0.4, 2.1])


def f(x: Any) -> Any:
    return np.sum(np.sin(x[1:]) * x[:-1] ** 2) + np.exp(-x[0] * x[-1])


def g(x: Any) -> Any:
    return np.stack([x[0] * x[1], np.log(x[2]), np.sum(x) / x[3]])


TRANSFORMS = [
    f,
    g,
    ta.grad(f),
    ta.value_and_grad(f),
    *(ta.hessian(f, mode=mode) for mode in MODES),
    *(ta.jacobian(g, mode=mode) for mode in ("forward", "reverse", "auto")),
    lambda x: ta.jvp(g, x, np.ones(4)),
    lambda x: ta.vjp(g, x)[1](np.ones(3)),
    lambda x: ta.linearize(g, x)[1](np.arange(4.0)),
    lambda x: ta.hvp(f)(x, np.eye(4)),
    lambda x: ta.third_directional(f, x, np.ones(4)),
    lambda x: ta.taylor(f, x, 6, np.ones(4)).coefficients,
    lambda x: ta.taylor_vjp(f, x, np.ones(4), 3)[1]([0, 0, 1, 0])[0],
    lambda x: ta.expand(f, x, 3).coefficients,
    lambda x: ta.derivative_tensor(f, x, 3),
    lambda x: ta.grad(lambda y: y @ ta.hessian(f)(y) @ y)(x),
]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transforms(transform, executor):
    agree(transform, X, X + 0.1, X[::-1], executor=executor, tolerance=1e-11)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", ["exp", "log1p", "tanh", "arctan", "cbrt", "sinh", "arcsinh", "expm1", "log2", "exp2"])
def test_functions_of_numpy(name, executor):
    function = getattr(np, name)
    for transform in (function, ta.grad(lambda x: np.sum(function(x))), lambda x: ta.derivative(function, x, 4)):
        agree(transform, X, executor=executor, tolerance=1e-13)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", ["erf", "gammaln", "expit", "log_ndtr", "j0", "erfcx", "sici", "lambertw", "digamma"])
def test_functions_of_scipy(name, executor):
    function = getattr(sp, name)

    def total(x):
        results = function(x)
        return sum(np.sum(np.real(r)) for r in results) if isinstance(results, tuple) else np.sum(np.real(results))

    agree(total, X, executor=executor, tolerance=1e-12)
    agree(ta.grad(total), X, executor=executor, tolerance=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_functions_taylorad_has_no_rule_for(executor):
    agree(lambda x: np.linalg.solve(np.diag(x) + 1, x), X, X + 1, executor=executor)
    agree(lambda x: np.frexp(x)[0] + np.nextafter(x, 9.0), X, executor=executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_complex_functions(executor):
    z = X + 1j * X[::-1]
    for function in (np.exp, np.log, np.sqrt, np.tan, lambda z: z**3 / (z + 1j), lambda z: np.abs(z) + z.imag):
        agree(function, z, z.conj(), executor=executor)
    agree(ta.jacobian(lambda z: np.sin(z) * z[0]), z, executor=executor)


# ----------------------------------------------------------------------------------------------------------- branches


@pytest.mark.parametrize("executor", EXECUTORS)
def test_branches_are_compiled_when_they_are_taken(executor):
    def f(x):
        return np.sum(x**2) if x[0] > 0 else np.sum(np.sin(x))

    compiled = agree(ta.grad(f), [1.0, 2.0], [2.0, -1.0], [-1.0, 2.0], [-3.0, 0.5], [1.0, 2.0], executor=executor)
    assert len(compiled.versions) == 2


def test_loops_that_end_by_values():
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2
        return x

    compiled = agree(newton, 2.0, 2.1, 50.0, 1e-3)
    assert 1 < len(compiled.versions) <= 4
    agree(ta.grad(newton), 2.0, 50.0)


@pytest.mark.filterwarnings("ignore:.*was compiled 16 times")
def test_too_many_branches_run_as_they_are():
    compiled = agree(lambda x: x * int(x), *np.arange(0.5, 40))
    assert len(compiled.versions) == ta.compile.jit.VERSIONS


@pytest.mark.parametrize("executor", EXECUTORS)
def test_values_that_become_indices(executor):
    def f(x):
        return x[np.argmax(x)] * np.sort(x)[1] + np.interp(x[0], [0.0, 1.0, 2.0], [0.0, 3.0, 1.0])

    agree(f, X, X[::-1], executor=executor)
    agree(ta.grad(f), X, X[::-1], executor=executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_kinks_and_singular_points_are_as_in_eager_code(executor):
    for function, points in [
        (ta.grad(lambda x: np.sum(np.abs(x))), ([1.0, -1.0], [0.0, 2.0])),
        (ta.grad(lambda x: np.max(x)), ([1.0, 2.0], [2.0, 2.0])),
        (ta.grad(np.linalg.norm), ([3.0, 4.0], [0.0, 0.0], [1e-200, 1e-200], [1e200, 1e200])),
        (ta.hessian(lambda x: np.linalg.norm(x) ** 2), ([3.0, 4.0], [0.0, 0.0])),
        (ta.grad(lambda x: np.sum(np.sin(x) / x)), ([1.0, 2.0], [0.0, 1.0])),
        (ta.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0))), ([1.0, 2.0], [0.0, 1.0], [-1.0, 1.0])),
        (ta.hessian(lambda x: np.sqrt(np.sum(x**4))), ([1.0, 2.0],)),
    ]:
        agree(function, *points, executor=executor)


SINGULAR = [
    lambda x: np.sum(np.where(x != 0, np.sin(x) / x, 1)),
    lambda x: np.sum(np.where(x > 0, x * np.log(x), 0)),
    lambda x: np.sum(np.where(x > 0, np.sqrt(x), x)),
    lambda x: np.sum(np.sqrt(x * x)) + np.linalg.norm(x) ** 3,
    lambda x: np.sum(x**2) ** 1.5 + x[0] ** x[1],
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("f", SINGULAR)
def test_a_first_call_at_a_singular_point_spoils_nothing(f, executor):
    points = [[0.0, 2.0], [1.0, 2.0], [-0.0, 4.0], [0.5, 0.3], [2.0, 0.0], [0.0, 3.0]]
    agree(ta.grad(f), *points, executor=executor)
    agree(ta.hessian(f), *points, executor=executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_conversions_to_integers_are_decisions(executor):
    table = np.arange(10.0)
    for f in (
        lambda x: (x > 1).astype(int) * x,
        lambda x: x.astype(int) * 1.5 + np.array(x, dtype=int),
        lambda x: table[(2 * x).astype(int)] * x,
        lambda x: np.bincount(x.astype(int)) * 1.0,
        lambda x: np.asarray(x, dtype=bool) * x + np.floor(x).astype(int),
    ):
        agree(f, [0.5, 2.0], [2.5, 1.0], [0.0, 4.9], executor=executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_functions_that_want_integers(executor):
    agree(lambda x: np.ldexp(x, 2) + sp.eval_hermite(2, x) + sp.jv(1, x) + np.round(x, 1), X, executor=executor)
    agree(ta.grad(lambda x: ta.checkpointed_loop(lambda y: y * y, x, 5, 2)), 1.1, 0.9, executor=executor)


def test_softmax_of_large_numbers():
    for x in (np.full(2, 1e10), np.array([1e6, 1e6 + 1])):
        expected = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
        assert np.allclose(ta.jit(sp.softmax)(x), expected, rtol=1e-15)
        assert np.allclose(ta.grad(lambda x: sp.softmax(x)[0])(x), expected[0] * (np.eye(2)[0] - expected), rtol=1e-14)


def test_the_policy_for_kinks_counts_at_the_call():
    gradient = ta.jit(ta.grad(lambda x: np.sum(np.abs(x))))
    assert np.array_equal(gradient(np.zeros(2)), [0, 0])
    with ta.at_kinks("nan"):
        assert np.isnan(gradient(np.zeros(2))).all()
    with ta.at_kinks("raise"), pytest.raises(ta.KinkError):
        gradient(np.zeros(2))


# ---------------------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize("executor", EXECUTORS)
def test_containers_keywords_and_other_arguments(executor):
    @ta.jit(executor=executor)
    def f(state, scale=1.0, *, power=2, name="a"):
        total = state["x"] ** power + state["y"][1] * scale
        return {"total": total, name: [state["y"][0], total[0]]}

    state = {"x": np.array([1.0, 2.0]), "y": (np.array(3.0), 4.0)}
    for _ in range(2):
        result = f(state, 0.5, power=3, name="b")
        assert list(result) == ["total", "b"]
        assert np.array_equal(result["total"], [3.0, 10.0])
        assert result["b"][0] == 3.0
    assert np.array_equal(f(state)["total"], [5.0, 8.0])
    assert len(f.versions) == 2


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (1, 1), (3, 0), (2, 3), (5, 1, 2), (17,), (3, 33)])
def test_shapes(shape, executor):
    x = np.random.default_rng(0).normal(size=shape)
    agree(lambda x: np.sum(x * np.exp(x)) + x, x, executor=executor)
    agree(ta.grad(lambda x: np.sum(np.tanh(x) ** 3)), x, executor=executor)
    if x.size < 40:
        agree(ta.hessian(lambda x: np.sum(np.tanh(x)) ** 3), x, executor=executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_number_types_and_layouts(executor):
    compiled = ta.jit(ta.grad(lambda x: np.sum(x**3)), executor=executor)
    x = np.arange(6.0).reshape(2, 3)
    assert compiled(x.astype(np.float32)).dtype == np.float32
    for y in (x, x.T.copy().T, x[:, ::-1], x[::1]):
        assert np.array_equal(compiled(y), 3 * y**2)
    assert np.array_equal(compiled([1.0, 2.0]), [3.0, 12.0])
    assert np.array_equal(compiled([1, 2]), [3.0, 12.0])
    assert compiled(2) == 12.0
    assert type(compiled(2.0)) is np.float64


def test_results_are_fresh_arrays():
    compiled = ta.jit(lambda x: (x, x, np.ones(2)))
    x = np.zeros(2)
    for _ in range(2):
        a, b, c = compiled(x)
        a[0], c[0] = 5, 7
        assert x[0] == b[0] == 0
        assert np.array_equal(compiled(x)[2], [1, 1])


def test_arguments_of_other_types_are_told_apart():
    compiled = ta.jit(lambda x, a: x * len(a + a))
    for a in ([1, 2], np.array([1, 2]), (1, 2, 3), [1, 2]):
        assert compiled(1.0, a) == len(a + a)
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    assert isinstance(ta.jit(lambda x: x * 2)(masked), np.ma.MaskedArray)


def test_arguments_that_never_repeat_are_not_compiled_for_ever():
    compiled = ta.jit(lambda x, i: x * i, executor="numpy")
    for i in range(ta.compile.jit.MOST):
        assert compiled(2.0, i) == 2 * i
    with pytest.warns(RuntimeWarning, match="give numbers that vary as floats"):
        assert compiled(2.0, -1) == -2
    assert compiled(2.0, -2) == -4
    assert len(compiled.versions) == ta.compile.jit.MOST


def test_what_cannot_be_told_apart_is_refused():
    assert ta.jit(lambda x, d: x)(1.0, np.bool) == 1.0  # a class is hashable
    with pytest.raises(TypeError, match="not hashable"):
        ta.jit(lambda x, d: x)(1.0, {1, 2})
    with pytest.raises(TypeError, match="takes a function"):
        ta.jit(3)
    with pytest.raises(ValueError, match="executor must be one of"):
        ta.jit(f, executor="gpu")


def test_errors_of_the_function_are_its_own():
    compiled = ta.jit(lambda x: x @ np.ones(3))
    with pytest.raises(ValueError, match="mismatch"):
        compiled(np.ones(2))
    with pytest.raises(TypeError):
        compiled()
    assert compiled(np.ones(3)) == 3


# ------------------------------------------------------------------------------------------------ the rest of Python


def test_compiled_functions_are_differentiated_like_their_originals():
    compiled = ta.jit(f)
    assert np.allclose(ta.grad(compiled)(X), ta.grad(f)(X), rtol=1e-14)
    assert np.allclose(ta.hessian(lambda x: compiled(x) ** 2)(X), ta.hessian(lambda x: f(x) ** 2)(X), rtol=1e-13)
    assert np.allclose(ta.jit(ta.grad(compiled))(X), ta.grad(f)(X), rtol=1e-14)


def test_pickling():
    compiled = pickle.loads(pickle.dumps(ta.jit(f)))
    assert compiled(X) == pytest.approx(f(X), rel=1e-14)


def test_methods():
    class Model:
        weight = 3.0

        @ta.jit
        def energy(self, x):
            return self.weight * np.sum(x**2)

    assert Model().energy(X) == pytest.approx(3 * np.sum(X**2), rel=1e-15)


def test_choices_of_code_compute_the_same():
    def f(x):
        total = 0.0
        for i in range(4):
            total = total + np.sin(x[i]) * x[i - 1]
        return total

    for options in ({"lanes": False}, {"recurrences": "unrolled"}, {"recurrences": "loops"}):
        compiled = ta.jit(lambda x: ta.taylor(f, x, 7, X).coefficients, **options)
        assert np.allclose(compiled(X), ta.taylor(f, X, 7, X).coefficients, rtol=1e-13, atol=1e-14)
        assert np.allclose(ta.jit(ta.hessian(f), **options)(X), ta.hessian(f)(X), rtol=1e-13, atol=1e-15)
    wide, narrow = (ta.jit(f, lanes=lanes).lower(X).graph for lanes in (True, False))
    assert any(value.shape == (4,) and value.kind == "call" for value in wide.values)
    assert not any(value.shape == (4,) and value.kind == "call" for value in narrow.values)
    with pytest.raises(ValueError, match="recurrences must be one of"):
        ta.jit(f, recurrences="long")


def test_names_and_documentation_are_kept():
    assert ta.jit(f).__name__ == "f"
    assert ta.jit(ta.grad).__doc__ == ta.grad.__doc__


def test_threads():
    compiled, started = ta.jit(ta.hessian(f)), threading.Barrier(8)
    points = np.random.default_rng(0).uniform(0.5, 2, size=(200, 4))
    expected = np.array([ta.hessian(f)(x) for x in points])

    def work(_: int) -> Any:
        started.wait()
        return np.array([compiled(x) for x in points])

    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(work, range(8)):
            assert np.allclose(result, expected, rtol=1e-12, atol=1e-14)


def test_no_warnings_where_eager_code_has_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ta.jit(lambda x: np.where(x > 0, np.log(x), 0.0), executor="numpy")(np.array([1.0, 2.0])).sum() > 0
