"""Guarded programs as graphs: every operation and function, by the meaning of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad.compile.interpret import evaluate, outputs_of
from taylorad.compile.numpy_source import function_of
from taylorad.compile.versions import Version

X = np.array([0.7, 1.3, 0.4, 2.1, -0.6, 3.0])
M = np.arange(1.0, 13.0).reshape(3, 4) / 7
NATIVE = [  # functions of x that become kinds of values, none of them left to NumPy
    lambda x: x + 2 - x / 3 * -x,
    lambda x: np.where(x > 1, np.exp(x), x**2) + (x == x[0]),
    lambda x: np.where((x > 0) & ~(x < 1) | (x != x[1]), x, 0.5),
    lambda x: np.max(x) + np.min(x, initial=-3.0) + np.prod(x) + np.sum(x > 1) + np.mean(x),
    lambda x: np.sum(x.reshape(2, 3), axis=0, keepdims=True) * np.any(x > 2) + np.all(x < 9),
    lambda x: np.count_nonzero(x > 1) + np.isfinite(x) + np.isnan(x) + np.isinf(x) + np.signbit(x),
    lambda x: np.modf(x)[0] + np.modf(x)[1] + np.floor(x) * np.sign(x) + np.trunc(x) + np.fix(x) + np.round(x),
    lambda x: np.divmod(x, 0.4)[0] + np.divmod(x, 0.4)[1] + np.remainder(x, 0.7) + np.floor_divide(x, 0.3),
    lambda x: x[::-1][1:4] * x[[0, 3, 5]] + x.reshape(2, 3).T[0, 1],
    lambda x: np.concatenate([x[2:], np.ones(2), x[:1]]) + np.repeat(x, 2)[3:10] * np.roll(x, 2)[:1],
    lambda x: np.outer(x, x)[1:3] @ x + np.tile(x[:2], 2)[1:3],
    lambda x: np.einsum("ij,j->i", x.reshape(2, 3), x[3:]) + np.trace(x.reshape(3, 2) @ x.reshape(2, 3)),
    lambda x: np.cumsum(x) + np.cumsum(x.reshape(2, 3), axis=0).ravel() + np.diff(x, prepend=0.0),
    lambda x: np.diff(x, n=2) * np.flip(x)[1:-1] + np.broadcast_to(x[2], (4,)),
    lambda x: np.stack([x[0] * x[1], x[2], np.sum(x)]) * np.array([x[3], 1.0, x[4]]),
    lambda x: np.linalg.norm(x) + np.std(x) + np.ptp(x) * np.clip(x, 0, 2),
    lambda x: sp.gammaln(np.abs(x)) + sp.erf(x) + sp.expit(x) + np.logaddexp(x, 1.0) + np.deg2rad(x),
    ta.grad(lambda x: np.sum(sp.gammaln(np.abs(x)) + sp.gamma(np.abs(x)))),
    ta.hessian(lambda x: np.sum(np.sin(x) * np.tan(x[0])) + np.max(x) ** 2),
]
LEFT_TO_NUMPY = [
    lambda x: np.sort(x) + np.fft.fft(x).real + np.interp(x, [0, 1, 2], [0, 3, 1]),
    lambda x: np.linalg.solve(np.diag(x) + 1, x) * np.argmax(x),
    lambda x: np.take_along_axis(x, np.argsort(x), 0) + sp.sici(x)[1],
    lambda x: x[x > 1] * 2,
]


def lowered(f: Any, x: np.ndarray) -> Any:
    return Version(f, [x], "numpy").lowered


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", NATIVE + LEFT_TO_NUMPY)
def test_graphs_mean_what_the_functions_compute(f):
    graph = lowered(f, X)
    for x in (X, X + 1e-3):
        (result,) = outputs_of(graph, [x])
        expected = np.asarray(f(x))
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result, expected, rtol=1e-13, atol=1e-14)
        guards, (by_source,) = function_of(graph)(x)
        np.testing.assert_allclose(by_source, expected, rtol=1e-13, atol=1e-14)
        for (index, known), found in zip(graph.guards, guards, strict=True):
            assert np.array_equal(evaluate(graph, [x])[index], known)
            assert np.array_equal(found, known)


@pytest.mark.parametrize("f", NATIVE)
def test_nothing_is_left_to_numpy_that_has_a_kind(f):
    assert [value.data for value in lowered(f, X).of_kind("numpy")] == []


@pytest.mark.parametrize("f", LEFT_TO_NUMPY)
def test_what_has_no_kind_is_left_to_numpy(f):
    assert list(lowered(f, X).of_kind("numpy")) or lowered(f, X).guards


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((3,), (5, 3, 4)),
    ],
)
def test_products_of_matrices(shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=s) for s in shapes)
    version = Version(lambda x, y: x @ y, [x, y], "numpy")
    (result,) = outputs_of(version.lowered, [x, y])
    np.testing.assert_allclose(result, x @ y, rtol=1e-13)


def test_writes_become_places_without_zeros_underneath():
    def f(x):
        y = np.zeros(4)
        y[1:3] = x[:2]
        y[0] += x[2]
        return y

    graph = Version(f, [X], "numpy").graph
    (place,) = graph.of_kind("place")
    assert len(place.operands) == 2
    assert not list(graph.of_kind("constant"))


def test_single_precision_stays_single():
    graph = lowered(lambda x: np.sum(x * 2 + 0.1) / 3, X.astype(np.float32))
    assert {value.dtype for value in graph.values} == {np.dtype(np.float32)}


# ------------------------------------------------------------------------------------------------------- source code


@pytest.mark.parametrize("f", NATIVE)
def test_standalone_source_runs_by_itself(f):
    jitted = ta.jit(f, executor="numpy")
    jitted(X)
    text = jitted.to_source("derivative")
    scope: dict[str, Any] = {}
    exec(text, scope)
    np.testing.assert_allclose(scope["derivative"](X), f(X), rtol=1e-12, atol=1e-13)
    assert "taylorad" not in text.replace("taylorad.jit", "")


def test_source_of_what_cannot_be_written_down():
    jitted = ta.jit(lambda x: x * np.arange(20_000.0)[:, None] + 1)
    jitted(np.ones(2))
    with pytest.raises(ValueError, match="too large to be written out"):
        jitted.to_source()
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        ta.jit(np.sin).to_source()


def test_large_constants_are_one_array_and_not_text():
    data = np.random.default_rng(0).normal(size=(20_000, 7))

    def loss(w: Any) -> Any:
        return np.sum((data @ w) ** 2) / len(data)

    w = np.linspace(-1.0, 1.0, 7)
    for transform, expected in ((loss, loss(w)), (ta.grad(loss), 2 * data.T @ (data @ w) / len(data))):
        compiled = ta.jit(transform)
        np.testing.assert_allclose(compiled(w), expected, rtol=1e-12)
        large = [v for v in compiled.latest.graph.of_kind("constant") if v.data.size == data.size]
        assert len(large) == 1
        assert len(compiled.llvm_ir) < 100_000
    np.testing.assert_allclose(ta.jit(ta.hessian(loss))(w), 2 * data.T @ data / len(data), rtol=1e-12)
