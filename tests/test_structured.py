"""Structured tangents give the Jacobians that pushing all unit directions gives, and exact zeros where they know them.

The oracle is the forward sweep with one direction for each entry of the input (`taylorad.trace.push`).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import taylorad as ta
from taylorad.trace.guarded import GuardedProgram
from taylorad.transforms.gradients import pulled
from taylorad.transforms.recording import Recording, batch, record, unbatched, units
from taylorad.transforms.series import fresh_tag
from taylorad.transforms.structured import _swept, structured_jacobian
from taylorad.transforms.structures import Space, Tangent
from tests.calls import SMOOTH, calls, coefficient_arrays, leaves
from tests.everyday import TABLE, plain_total
from tests.problems import PROBLEMS
from tests.test_program import CASES, X

RNG = np.random.default_rng(4)
A, B = RNG.normal(size=(12, 12)), RNG.normal(size=(6, 4))
ROUNDING = 1e-13  # of the largest entry of a Jacobian: sums in another order


def by_directions(recording: Recording) -> list[Any]:
    """The Jacobians by one dense forward sweep."""
    (leaf,), tag = recording.leaves, fresh_tag()
    results = recording.push([batch(units(leaf), tag)])
    dense = [unbatched(r, leaf.size, v, tag) for r, v in zip(results, recording.values, strict=True)]
    return [np.moveaxis(d, 0, -1).reshape((*d.shape[1:], *leaf.shape)) for d in dense]


def assert_same(f: Any, x: Any) -> list[Any]:
    recording = Recording(f, (x,))
    ours, expected = structured_jacobian(recording.program, 1 << 40), by_directions(recording)
    assert ours is not None
    for j, e in zip(ours, expected, strict=True):
        assert j.shape == e.shape
        assert_close(j, e)
    return ours


def assert_close(ours: Any, expected: Any) -> None:
    """Relative to the largest entry, which has to be finite; unknown entries are unknown in both."""
    scale = np.max(np.abs(expected), initial=0, where=np.isfinite(expected))
    np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=ROUNDING * scale)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_loop(x: Any) -> Any:
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


def free_energy(x: Any) -> Any:
    b = np.arange(1.0, len(x) + 1) / 100
    q = x @ (A[: len(x), : len(x)] @ x)
    return x @ np.log(x / (1 - b @ x)) - q / (b @ x) * np.log1p(b @ x)


def filled(x: Any) -> Any:
    """A right-hand side written entry by entry, some of it twice, read back in between."""
    dy = np.zeros(len(x))
    for i in range(len(x)):
        dy[i] = x[i] * x[i - 1]
    dy[2:4] = A[2:4] @ x
    dy[0] += dy[2] * dy[1]
    dy[-1] = 3.0
    return dy


def distances(x: Any) -> Any:
    p = x.reshape(-1, 3)
    d = p[:, None, :] - p[None, :, :]
    return 1 / (1 + np.sum(d * d, axis=-1))


def network(w: Any) -> Any:
    return np.tanh(np.tanh(B.T @ w.reshape(6, 2)) @ w[:2]) @ w[2:6]


VECTORS = {
    "rosenbrock": ta.grad(rosenbrock),
    "rosenbrock loop": ta.grad(rosenbrock_loop),
    "free energy": ta.grad(free_energy),
    "log-sum-exp": ta.grad(lambda x: np.log(np.sum(np.exp(x)))),
    "filled": filled,
    "gradient of filled": ta.grad(lambda x: np.sum(filled(x) ** 2)),
    "distances": distances,
    "gradient of distances": ta.grad(lambda x: np.sum(distances(x))),
    "network": network,
    "gradient of network": ta.grad(network),
    "rectangular": lambda x: B[:5].T @ np.sin(x[:5]) + np.sum(x),
    "row times matrix": lambda x: (x[1:7] * x[0]) @ B,
    "reversed and repeated": lambda x: np.concatenate([x[::-1], x[[0, 0, 3]], [1.0]]) * np.sum(x),
    "differences": lambda x: np.diff(x**2, n=2),
    "products of matrices": lambda x: (x.reshape(3, 4) @ (A[:4, :3] * x[0])) @ np.exp(x[:3]),
    "matrix on the left": lambda x: np.tanh(np.outer(x, x[:4]) @ A[:4] + x[0]) @ A[:, :2],
    "matrix on the right": lambda x: A[:5] @ (np.outer(x, x[:4]) * np.sum(x) + x[:, None]),
    "dense matrices": lambda x: A[:2] @ (np.cumsum(np.outer(x, x[:4]), axis=0) @ A[:4, :3]),
    "einsum": lambda x: np.einsum("ij,kj->ik", x.reshape(3, 4), np.sin(x).reshape(3, 4)),
    "outer": lambda x: np.outer(x, np.cos(x)) + np.sum(x**2),
    "many rows": lambda x: np.stack([A[i] @ x for i in range(12)]) * x,
    "many products": lambda x: sum(x * np.sum(np.sin(i * x)) for i in range(12)),
    "mean": lambda x: np.mean(x.reshape(3, 4) ** 2, axis=0) - np.mean(x),
    "stored twice": lambda x: ta.jacobian(lambda y: np.array([y[0] * y[1], y[1], y @ y]))(x[:2]) * x[0],
    "number": lambda x: x[0] * x[1],
    "chosen": lambda x: np.where(x > np.median(x), x**2, np.sum(x)),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vector_functions(name):
    assert_same(VECTORS[name], 1.1 + 0.5 * np.sin(np.arange(12.0)))


@pytest.mark.parametrize(("kind", "f"), CASES)
def test_every_operation(kind, f):
    assert_same(f, X)


@pytest.mark.parametrize(("kind", "f"), CASES)
def test_every_operation_on_structured_operands(kind, f):
    """Sparse, outer, scaled and written parts all arrive at the operation."""

    def of_all(x: Any) -> Any:
        z = np.array([x[0] * x[1], x[1], 2.0]) * 1.0
        z[1] = x[2] * x[1]
        return f(x * (x @ x) + np.abs(A[:3, :3]) @ x + x**2 + 1 + z)

    assert_same(of_all, X)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_every_array_function(f, shapes):
    arrays = [np.asarray(a[0]) for a in coefficient_arrays(shapes, 1)]
    ends = np.cumsum([0, *(a.size for a in arrays)])

    def of_vector(z: Any) -> Any:
        moved = z * 1.5 + (z @ z) * 0.01
        parts = [moved[i:j].reshape(a.shape) for i, j, a in zip(ends, ends[1:], arrays, strict=False)]
        return [np.real(leaf) for leaf in leaves(f(*parts))]

    assert_same(of_vector, np.concatenate([a.ravel() for a in arrays]) / 1.5)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_hessians_of_published_problems(problem):
    assert_same(ta.grad(functools.partial(problem.f, np)), problem.x)


@pytest.mark.parametrize("entry", TABLE)
def test_everyday_functions(entry, capsys):
    """Rows by rows: some of these functions write complex numbers into real arrays."""
    function, point = TABLE[entry].function, np.array(TABLE[entry].point, dtype=float)
    recording = Recording(lambda x: plain_total(function(x)), (point,))
    assert_close(structured_jacobian(recording.program)[0], pulled(recording)[0][0])
    second = Recording(ta.grad(lambda x: plain_total(function(x))), (point,))
    if np.all(np.isfinite(by_rows := pulled(second)[0][0])):
        assert_close(structured_jacobian(second.program)[0], by_rows)


# -------------------------------------------------------------------------------------------------------- structure


@pytest.mark.parametrize("f", [rosenbrock, rosenbrock_loop])
def test_entries_outside_the_band_are_exact_zeros(f):
    x = 1.2 + 0.5 * np.sin(np.arange(20.0))
    (hessian,) = structured_jacobian(record(ta.grad(f), x))
    i, j = np.indices(hessian.shape)
    assert np.all(hessian[np.abs(i - j) > 1] == 0)
    assert np.all(hessian[np.abs(i - j) <= 1] != 0)


def test_structural_zeros_stay_zeros_beside_infinite_slopes():
    recording = Recording(lambda x: x[0] / x, (np.array([2.0, 0.0, 1.0]),))
    (jacobian,) = structured_jacobian(recording.program)
    np.testing.assert_array_equal(jacobian, [[0, 0, 0], [np.inf, -np.inf, 0], [1, 0, -2]])


def test_what_a_choice_leaves_out_stays_zero_beside_infinite_rows():
    """The row of the scalar is infinite, its column 0 where the other branch was taken or a number was written."""

    def steep(x: Any) -> Any:
        return np.sum(1 / (x - 1.0)) * x

    def stored(x: Any) -> Any:
        z = steep(x)
        z[1] = x[1] ** 2
        return z

    x = np.array([2.0, 1.0, 3.0])
    for f in (stored, lambda x: np.where(np.array([True, False, True]), steep(x), x**2)):
        (jacobian,) = structured_jacobian(Recording(f, (x,)).program)
        np.testing.assert_array_equal(jacobian[1], [0, 2, 0])


def final_tangent(f: Any, x: Any) -> Tangent:
    """The tangent of the gradient, before it is written out."""
    program = record(ta.grad(f), x)
    return _swept(program, Space(x.size, x.dtype, 3 * x.size**2), None)[program.outputs[0].index]


def test_band_matrices_take_no_more_than_their_entries():
    """10⁵ variables, where n² numbers would take 80 GB."""
    tangent = final_tangent(rosenbrock, np.ones(100_000))
    rows, _, _ = tangent.entries()
    assert sum(map(len, rows)) < 8 * tangent.size
    assert tangent.space.budget == 3 * tangent.size**2


@pytest.mark.parametrize("n", [6, 12])
def test_outer_products_are_not_multiplied_out(n):
    tangent = final_tangent(free_energy, np.full(n, 0.5))
    assert len(tangent.outer) <= 6
    assert len(tangent.scaled) <= 2
    assert tangent.space.budget >= n**2  # two matrices were written: A and its transpose


def test_too_large_programs_are_left_to_blocks_of_directions():
    program = record(lambda x: np.cumsum(x), np.ones(100))
    assert structured_jacobian(program, limit=5000) is None
    assert structured_jacobian(program) is not None


def test_frugal_calls_leave_what_does_not_pay_to_directions():
    """Each time, whether the program is known already or not; a compiler always gets the structure."""
    program = record(ta.grad(lambda x: np.sum(distances(x))), np.linspace(0, 1, 6))
    for _ in range(2):
        assert structured_jacobian(program, frugal=True) is None
    assert structured_jacobian(program) is not None
    large = record(ta.grad(rosenbrock), np.ones(50))
    assert structured_jacobian(large, frugal=True) is not None


class Guarded(Recording):
    """What a compiler traces."""

    program_type = GuardedProgram


@pytest.mark.parametrize("f", [rosenbrock, free_energy, lambda x: np.sum(distances(x))])
def test_compiled_programs_have_the_structure_and_no_guards(f):
    x = np.linspace(0.2, 0.5, 12)
    program = Guarded(ta.hessian(f, mode="forward-over-reverse"), (x,)).program
    assert program.guards == []
    assert program.operations["scatter_add"] >= 1
    assert_close(program(1.01 * x), ta.hessian(f)(1.01 * x))


@pytest.mark.parametrize("x", [np.ones(3, dtype=complex), np.array([1, 2], dtype=object)])
def test_other_number_types_are_left_to_directions(x):
    assert structured_jacobian(Recording(lambda x: x * x, (x,)).program) is None


def test_programs_of_several_inputs_are_left_to_directions():
    assert structured_jacobian(record(lambda x, y: x * y, 1.0, 2.0)) is None


# --------------------------------------------------------------------------------------------------------- edge cases


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,), (2, 0)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: 2.0,
        lambda x: np.sin(x) * x,
        np.sum,
        lambda x: np.exp(x) / (1 + np.sum(x**2)),
        lambda x: (np.sum(x) ** 2, np.reshape(x, -1) * 2, np.zeros(3)),
    ],
)
def test_shapes(f, shape):
    assert_same(f, np.full(shape, 0.7))


def test_single_precision_stays():
    x = np.array([0.3, 0.5], dtype=np.float32)
    (jacobian,) = structured_jacobian(record(lambda x: np.sin(x) * np.sum(x), x))
    assert jacobian.dtype == np.float32


def test_results_share_no_memory_with_constants():
    first = ta.jacobian(lambda x: A @ x)(np.ones(12))
    assert not np.shares_memory(first, A)
    first[0, 0] = 7.0
    assert ta.jacobian(lambda x: A @ x)(np.ones(12))[0, 0] == A[0, 0]


# ------------------------------------------------------------------------------------------------------------ nesting


@pytest.mark.parametrize("name", VECTORS)
def test_recorded_jacobians_replay_at_other_points(name):
    f, x = VECTORS[name], 1.1 + 0.5 * np.sin(np.arange(12.0))
    recorded = record(lambda x: structured_jacobian(Recording(f, (x,)).program)[0], x)
    other = x + 0.01 * np.cos(np.arange(12.0))
    (expected,) = by_directions(Recording(f, (other,)))
    assert_close(recorded(other), expected)


@pytest.mark.parametrize("inner", ["forward-over-reverse", "reverse-over-forward"])
@pytest.mark.parametrize("f", [rosenbrock, free_energy])
def test_derivatives_of_hessians(f, inner):
    x = 0.6 + 0.2 * np.sin(np.arange(6.0))
    third = ta.derivative_tensor(f, x, 3)
    scale = np.max(np.abs(third))
    for mode in ("forward", "reverse"):
        ours = ta.jacobian(ta.hessian(f, mode=inner), mode=mode)(x)
        np.testing.assert_allclose(ours, third, rtol=1e-11, atol=ROUNDING * scale)


def test_hessians_of_functions_that_capture_series():
    x = np.linspace(0.5, 1.5, 12)

    def f(t: Any) -> Any:
        return ta.hessian(lambda x: np.log(np.sum(np.exp(x * t))) + t * rosenbrock(x), mode="forward-over-reverse")(x)

    h = 1e-4
    expected = (f(0.7 + h) - f(0.7 - h)) / (2 * h)
    np.testing.assert_allclose(ta.derivative(f, 0.7), expected, rtol=1e-6, atol=1e-6)
    series = ta.taylor(f, 0.7, 3)
    np.testing.assert_allclose(series.coefficients[1], ta.derivative(f, 0.7), rtol=1e-12, atol=1e-12)


def test_recorded_hessians_are_short():
    """No node for a direction, none for an entry: what a compiler then has to do."""
    x = 1.2 + 0.5 * np.sin(np.arange(100.0))
    program = record(ta.hessian(rosenbrock), x)
    assert len(program) < 100
    assert program.operations["scatter_add"] == 1
