"""Guarded programs: valid at all inputs that take the branches of the recording, and they know which those are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad.trace import GuardedProgram, Tracer
from taylorad.trace import operations as ops
from taylorad.transforms.recording import Recording

X = np.array([0.7, 1.3, 0.4, 2.1])


class Guarded(Recording):
    program_type = GuardedProgram


def recorded(f: Any, x: Any = X) -> Any:
    """The program of f at x."""
    return Guarded(f, (np.asarray(x, dtype=float),)).program


def replayed(program: Any, x: Any) -> tuple[bool, Any]:
    """Whether the guards hold at x, and the result."""
    values = program.values(np.asarray(x, dtype=float))
    holds = all(np.array_equal(values[node.index], expected) for node, expected in program.guards)
    (output,) = program.outputs
    return holds, values[output.index] if hasattr(output, "index") else output


FUNCTIONS = [
    lambda x: np.where(x > 1, np.sin(x), np.abs(x)),
    lambda x: np.maximum(x, 1) + np.minimum(x, x[::-1]) + np.clip(x, 0.5, 1.5) + np.sign(x) * np.floor(3 * x),
    lambda x: (x > 1) & (x < 2) | ~(x > 0.5) ^ (x == x[0]),
    lambda x: np.linalg.norm(x) + np.max(x) + np.ptp(x) + np.median(x) + np.std(x) + np.prod(x),
    lambda x: np.sum(x, where=x > 1) + np.count_nonzero(x > 1) + np.any(x > 2) + np.all(x > 0),
    lambda x: np.modf(x)[1] + np.divmod(x, 0.3)[0] + np.remainder(x, 0.3) + np.isfinite(x),
    lambda x: sp.gammaln(x) + sp.jv(1, x) + sp.sici(x)[0] + sp.logsumexp(x),
    lambda x: np.frexp(x)[0] + np.linalg.det(np.outer(x, x) + np.eye(4)),
    lambda x: np.take_along_axis(x, np.argsort(x), 0) + np.cumsum(x) + np.interp(x, [0, 1, 2], [0, 3, 1]),
    ta.grad(lambda x: np.sum(np.abs(x - 1)) + np.max(x) * np.linalg.norm(x)),
    ta.hessian(lambda x: np.sum(np.where(x > 1, x**3, np.sin(x) * x[0]))),
    ta.jacobian(lambda x: np.sort(x) * np.tan(x), mode="forward"),
    lambda x: ta.taylor(lambda s: np.tanh(s) / s, x, 5).coefficients,
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_a_program_holds_where_its_guards_do(f):
    program = recorded(f)
    checked = 0
    for x in (X, X * (1 + 1e-6), X + 0.1, X[::-1], X * 2):
        holds, value = replayed(program, x)
        if holds:
            np.testing.assert_allclose(value, f(x), rtol=1e-12, atol=1e-13)
            checked += 1
    assert checked >= 2  # at the point itself and beside it


def test_nothing_is_decided_by_values_where_nothing_branches():
    for f in (lambda x: np.sum(np.exp(x) * x), lambda x: np.where(x > 1, x, 0), lambda x: np.abs(x) + np.max(x)):
        assert recorded(f).guards == []


def test_branches_loops_and_numbers_leave_guards():
    def f(x: Any) -> Any:
        total = x[0] if x[1] > x[2] else x[3]
        for _ in range(int(x[3])):
            total = total + 1
        return total * [1.0, 2.0, 3.0][np.argmax(x) - 1]

    program = recorded(f)
    assert [bool(np.ndim(expected) == 0) for _, expected in program.guards] == [True] * 3
    assert replayed(program, X)[0]
    assert replayed(program, X * [1, 1, 1, 1.2])[0]
    assert not replayed(program, X * [1, 1, 1, 1.5])[0]
    assert not replayed(program, X * [1, 0.1, 1, 1])[0]


def test_derivatives_of_what_is_compared_are_decided_by_the_same_values():
    program = recorded(ta.grad(lambda x: np.sum(x**2) if x[0] > 0 else np.sum(x)))
    (guard,) = program.guards
    assert guard[1] == np.True_
    assert not replayed(program, -X)[0]


def test_a_mask_as_an_index_is_a_guard():
    program = recorded(lambda x: np.sum(x[x > 1] ** 2))
    assert replayed(program, X + 0.1)[0]
    assert not replayed(program, X[::-1])[0]


def test_plain_numbers_of_a_recording_are_never_silently_constants():
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append(getattr(x, "primal", x))
        return np.asarray(x)[0] + float(x[1]) + x[2].item() + len(x.tolist())

    program = recorded(f)
    assert isinstance(seen[0], Tracer)
    for x in (X, X + np.eye(4)[0], X + np.eye(4)[1], X + np.eye(4)[2], X + np.eye(4)[3]):
        holds, value = replayed(program, x)
        assert not holds or value == f(x)


def test_slopes_are_not_recorded():
    program = recorded(lambda x: np.sin(x) * np.exp(x))
    assert all(node.residual is None for node in program if type(node.operation) is ops.Function)
    with pytest.raises(AssertionError, match="not differentiated"):
        program.nodes[1].operation.push(program.nodes[1], [X])
