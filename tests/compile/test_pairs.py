"""Complex graphs in pairs of real numbers, against NumPy's complex arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import taylorad as ta
from taylorad.compile.interpret import outputs_of
from taylorad.compile.pairs import UnpairedError, as_pairs, has_complex
from taylorad.compile.versions import Version

RNG = np.random.default_rng(3)
Z = RNG.normal(size=6) + 1j * RNG.normal(size=6)
FUNCTIONS: list[Any] = [
    lambda z: z * z + 2j * z - 1,
    lambda z: np.exp(z) / z,
    lambda z: 3 / (z - 2) + z / 4,
    lambda z: -(z**3) + z**2.5,
    lambda z: np.abs(z) + z.real * np.angle(z) - np.imag(z),
    lambda z: np.sum(z) * np.mean(z),
    lambda z: np.outer(z, z) @ z,
    lambda z: np.conj(z)[::-1].reshape(2, 3).T,
    lambda z: np.where(z.real > 0, z, 1j * z),
    lambda z: np.concatenate([z[2:], z.real, z[:1]]),
    lambda z: z == z.real,
    lambda z: np.linalg.norm(z),
    ta.jacobian(lambda z: np.exp(z) * z[0]),
    *(getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")),
]


def in_pairs(f: Any, z: np.ndarray) -> Any:
    """f by pairs, its result as NumPy's."""
    version = Version(f, [z], "numpy")
    graph = as_pairs(version.graph)
    assert not has_complex(graph)
    (result,) = outputs_of(graph, [z.view(z.real.dtype).reshape(*z.shape, 2)])
    (output,) = version.graph.outputs
    complex_result = version.graph[output].dtype.kind == "c"
    return result.view(version.graph[output].dtype)[..., 0] if complex_result else result


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 30.0])
def test_functions(f, scale):
    z = Z * scale
    expected = f(z)
    result = in_pairs(f, z)
    assert result.shape == np.shape(expected)
    assert np.allclose(result, expected, rtol=1e-13, atol=1e-15 * np.max(np.abs(expected)))


def test_accuracy_where_the_textbook_formulas_lose_digits():
    near = np.array([1 + 1e-9j, 1 - 1e-9 + 1e-9j, 0.6 + 0.8j, -1e-9 + 1j])
    assert np.allclose(in_pairs(np.log, near), np.log(near), rtol=4e-16, atol=4e-16 * 1e-9)
    steep = np.array([-4 + 1e-12j, -4 - 1e-12j, 1e-200 + 1e-200j, 4 + 1e-12j])
    assert np.allclose(in_pairs(np.sqrt, steep), np.sqrt(steep), rtol=4e-16, atol=0)
    huge = np.array([1e200 + 1e200j, 1e-200 - 1e-200j])
    assert np.allclose(in_pairs(lambda z: 1 / z, huge), 1 / huge, rtol=4e-16, atol=0)


def test_single_precision_stays_single():
    z = Z.astype(np.complex64)
    result = in_pairs(lambda z: np.exp(z) * (1 + 2j), z)
    assert result.dtype == np.complex64
    assert np.allclose(result, np.exp(z) * np.complex64(1 + 2j), rtol=1e-5)


def test_what_has_no_formula_is_named():
    with pytest.raises(UnpairedError, match="arctan of complex numbers"):
        in_pairs(np.arctan, Z)
    with pytest.raises(UnpairedError, match="sort of complex numbers"):
        in_pairs(np.sort, Z)
    assert np.allclose(ta.jit(np.arctan)(Z), np.arctan(Z), rtol=1e-15)
