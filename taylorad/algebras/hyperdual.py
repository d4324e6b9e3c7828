"""Dual and hyperdual numbers: R[ε₁ … ε_n]/(ε_i²), exact first, second, … mixed derivatives without a step size.

``f(x + ε₁ + ε₂)`` has f' as coefficient of ε₁ and of ε₂, and f'' as that of ε₁ε₂ (Fike and Alonso, AIAA 2011-886).
The parts of degree k are the products of k different symbols, and all functions follow the same recurrence as Taylor
series. `HyperDual.seeded` gives every symbol many directions at once, for whole gradients and Hessians.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from taylorad.algebras.display import latex_polynomial, number
from taylorad.algebras.series import Series
from taylorad.algebras.structure import HyperDualStructure
from taylorad.rings import as_coefficients

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class HyperDual(Series):
    """``value + e1 ε₁ + e2 ε₂ + e12 ε₁ε₂``, or with n symbols the 2ⁿ parts of their products; arrays of them.

    Parameters
    ----------
    *parts : array_like (*shape), broadcast against each other
        The coefficients, 2ⁿ of them, by number of symbols, then lexicographic in binary: for two symbols value, e1, e2,
        e12; for three value, e1, e2, e3, e12, e13, e23, e123. Missing trailing parts are 0.

    Examples
    --------
    >>> import numpy as np
    >>> h = HyperDual(2.0, 1.0, 1.0, 0.0)
    >>> h**3
    HyperDual(8 + 12 ε₁ + 12 ε₂ + 12 ε₁ε₂)
    >>> np.sin(h).e12 == -np.sin(2.0)
    np.True_
    """

    __slots__ = ()
    structure: HyperDualStructure

    def __init__(self, value: Any, *parts: Any):
        count = max(2, len(parts) + 1)
        symbols = max(self._fewest, (count - 1).bit_length())
        given = _stacked((value, *parts))
        coefficients = given[[0] * 2**symbols] * 0
        coefficients[: len(given)] = given
        self.coefficients, self.tag = coefficients, 0
        self.structure = HyperDualStructure.of(*(1,) * symbols)

    _fewest = 2

    @classmethod
    def seeded(cls, value: Any, *directions: Any, tag: int = 0) -> Self:
        """``value + Σ_s Σ_i directions[s][i] ε_{s,i}``: one symbol an argument, directions along its first axis.

        All combinations of one direction from each symbol are carried at once: with the n unit vectors in both of two
        symbols, a function's value holds its gradient and its whole Hessian.
        """
        value = as_coefficients(value)
        structure = HyperDualStructure.of(*(len(d) for d in directions))
        series = cls._make(value[None], structure, tag).lift(value)
        for s, direction in enumerate(directions):
            series.coefficients[structure.blocks[1 << s]] = direction
        return series

    @property
    def symbols(self) -> int:
        """Number of nilpotent symbols: the order of the highest mixed derivative."""
        return self.structure.order

    def block(self, *symbols: int) -> Any:
        """Coefficients of the product of some symbols (numbered from 1), shape (directions of each, …, *shape)."""
        if len(set(symbols)) != len(symbols) or any(not 1 <= s <= self.symbols for s in symbols):
            raise ValueError(f"expected different symbols out of 1 … {self.symbols}, got {symbols}")
        mask = sum(1 << (s - 1) for s in symbols)
        widths = [self.structure.directions[s - 1] for s in sorted(symbols)]
        return self.coefficients[self.structure.blocks[mask]].reshape(*widths, *self.shape)

    def _single(self, *symbols: int) -> Any:
        block = self.block(*symbols)
        return block[(0,) * len(symbols)] if block.shape[: len(symbols)] == (1,) * len(symbols) else block

    @property
    def e1(self) -> Any:
        """Coefficient of ε₁."""
        return self._single(1)

    @property
    def e2(self) -> Any:
        """Coefficient of ε₂."""
        return self._single(2)

    @property
    def e12(self) -> Any:
        """Coefficient of ε₁ε₂."""
        return self._single(1, 2)

    def describe(self) -> str:
        return f"a {type(self).__name__} with {self.symbols} symbols of {self.structure.directions} directions"

    def __repr__(self) -> str:
        if self.shape == () and self.structure.size == 1 << self.symbols and not hasattr(self.coefficients, "level"):
            names = [
                "".join(f"ε{i + 1}".translate(_SUBSCRIPTS) for i in range(self.symbols) if m >> i & 1)
                for m in self.structure.masks
            ]
            if self.symbols == 1:
                names[1] = "ε"
            text = ""
            for c, name in zip(self.coefficients, names, strict=True):
                term = f"{number(c)} {name}".rstrip()
                text += (f" - {term[1:]}" if term.startswith("-") else f" + {term}") if text else term
            return f"{type(self).__name__}({text})"
        return (
            f"{type(self).__name__}(symbols={self.symbols}, directions={self.structure.directions}, "
            f"shape={self.shape}, coefficients=\n{self.coefficients!r})"
        )

    def _repr_latex_(self) -> str | None:
        if self.shape != () or self.structure.size != 1 << self.symbols or hasattr(self.coefficients, "level"):
            return None
        names = tuple(f"ε{i + 1}".translate(_SUBSCRIPTS) for i in range(self.symbols)) if self.symbols > 1 else ("ε",)
        exponents = [[m >> i & 1 for i in range(self.symbols)] for m in self.structure.masks]
        return f"${latex_polynomial(self.coefficients, exponents, names)}$"


def _stacked(parts: tuple) -> Any:
    """The parts along a new first axis, broadcast, in their common base ring."""
    if any(hasattr(p, "level") for p in parts):
        return np.stack(np.broadcast_arrays(*map(as_coefficients, parts)))
    kinds = [p if isinstance(p, int | float | complex) else np.asarray(p) for p in parts]
    return as_coefficients(np.stack(np.broadcast_arrays(*parts)).astype(np.result_type(*kinds)))


class Dual(HyperDual):
    """``value + e1 ε`` with ε² = 0: a value and its derivative in one direction.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(Dual(0.0, 2.0))
    Dual(1 + 2 ε)
    """

    __slots__ = ()
    _fewest = 1

    def __init__(self, value: Any, e1: Any = 0):
        super().__init__(value, e1)
