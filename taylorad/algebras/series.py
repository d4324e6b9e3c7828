"""`Series`: an array of elements of a graded algebra, and how it treats each kind of primitive.

The subclasses name the algebra (`Taylor`, `MultivariateTaylor`, `HyperDual`); all arithmetic and every function of the
table is here, written once over the algebra's `Structure`. Indexing and moving of entries: `taylorad.algebras.entries`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Self

import numpy as np

from taylorad.algebras.edges import quotient, undefined
from taylorad.algebras.entries import Entries, deepened, primal_of
from taylorad.algebras.expansion import apply_elementary, first_part
from taylorad.algebras.interval.branches import enclosed_composite, step
from taylorad.algebras.interval.coefficients import sharp_power
from taylorad.algebras.interval.sound import no_rule
from taylorad.algebras.operators import DirectOperators
from taylorad.algebras.recurrence import multiply
from taylorad.algebras.structure import Structure, common_dtype
from taylorad.dispatch import DuckArray, unwrapped
from taylorad.rings import as_coefficients, encloses, innermost, is_multiprecision
from taylorad.rules import TABLE, Primitive
from taylorad.rules.kinks import settled_at


class Series(Entries, DirectOperators):
    """Elements of a graded algebra, as an array: coefficients of shape (size, *shape).

    Attributes
    ----------
    coefficients : array (size, *shape)
        A NumPy array of the base ring, or another series (then this one is nested around it).
    structure : Structure
    tag : int
        0 for values made by hand; every differentiating transform uses a fresh one, so that nested derivatives
        never confuse their perturbations.
    """

    __slots__ = ("coefficients", "structure", "tag")

    coefficients: Any
    structure: Structure
    tag: int

    def _new(self, coefficients: Any) -> Self:
        """A series of the same algebra."""
        return type(self)._make(coefficients, self.structure, self.tag)

    @classmethod
    def _make(cls, coefficients: Any, structure: Any, tag: int = 0) -> Self:
        """A series from a coefficient array that is known to fit."""
        self = object.__new__(cls)
        self.coefficients, self.structure, self.tag = coefficients, structure, tag
        return self

    @property
    def level(self) -> tuple[int, int]:  # type: ignore[override]
        """How far out the series stands: by its tag, or one above what it is nested around."""
        inner = self.coefficients
        if inner.__class__ is np.ndarray:
            return self.tag, 0
        below = getattr(unwrapped(inner), "level", None)
        return (self.tag, 0) if below is None or self.tag > below[0] else (below[0], below[1] + 1)

    # ------------------------------------------------------------------------------------------------ properties

    @property
    def order(self) -> int:
        """Highest retained degree."""
        return self.structure.order

    @property
    def dtype(self) -> np.dtype:
        """NumPy's type of the coefficients."""
        return self.coefficients.dtype

    @property
    def value(self) -> Any:
        """The degree-0 part."""
        return self.coefficients[0]

    @property
    def primal(self) -> np.ndarray:
        """The degree-0 part of the innermost series: a plain array."""
        value = first_part(self.coefficients)
        return getattr(value, "primal", value)

    @property
    def total_order(self) -> int:
        """Sum of the orders of this series and those nested in it."""
        return self.order + getattr(self.coefficients, "total_order", 0)

    def part(self, k: int) -> Any:
        """Coefficients of degree k, shape (number of basis elements of degree k, *shape)."""
        if not 0 <= k <= self.order:
            raise ValueError(f"part {k} does not exist in a series of order {self.order}")
        return self.coefficients[self.structure.degrees == k]

    # --------------------------------------------------------------------------------------------------- lifting

    def is_constant(self, other: Any) -> bool:
        """Whether an operand has no part of degree above 0 in this algebra."""
        if not isinstance(other, DuckArray) or (other.level < self.level and not self._is_around(other)):
            return True
        if type(other) is not type(self) or other.structure is not self.structure or other.tag != self.tag:
            raise ValueError(
                f"cannot combine {describe(other)} with {self.describe()}: use the same algebra and order for both "
                "(.truncate(order) shortens a series), or nest one as the coefficients of the other"
            )
        return False

    def _is_around(self, other: Any) -> bool:
        """Whether the other is of this very algebra, only its coefficients are further in: numbers, these traced."""
        if type(other) is not type(self) or other.structure is not self.structure or other.tag != self.tag:
            return False
        inner = self.coefficients
        while hasattr(inner, "level") and not hasattr(
            inner, "ends"
        ):  # nested by hand in one like itself, the other belongs to the inner one
            if type(inner) is type(self) and inner.structure is self.structure and inner.tag == self.tag:
                return False
            inner = inner.coefficients if hasattr(inner, "coefficients") else inner.value
        return True

    def describe(self) -> str:
        """The algebra in words."""
        return f"a {type(self).__name__} of order {self.order}"

    def lift(self, constant: Any) -> Self:
        """A constant as a series of this algebra."""
        constant = self._plain(constant)
        if not isinstance(constant, DuckArray):
            constant = np.asarray(constant, np.result_type(self.dtype, constant))
            if constant.dtype == object:
                constant = np.asarray(constant + zero_of(self.coefficients), dtype=object)
        coefficients = self._zeros(np.shape(constant), constant)
        coefficients[0, ...] = constant
        return self._new(coefficients)

    @property
    def encloses(self) -> bool:
        """Whether the coefficients are intervals."""
        return self.coefficients.__class__ is not np.ndarray and encloses(self.coefficients)

    def _plain(self, constant: Any) -> Any:
        """A constant operand: Python numbers take on the precision of the series, integers stay exact among objects."""
        if self.encloses and not isinstance(constant, DuckArray):
            return innermost(self.coefficients).lift(constant)
        if isinstance(constant, int | float | complex):
            return constant
        if self.dtype == object and not isinstance(constant, DuckArray):
            array = np.asarray(constant)
            return array.astype(object) if array.dtype.kind in "iub" else as_coefficients(array)
        return as_coefficients(constant)

    def _zeros(self, shape: tuple[int, ...], *like: Any, dtype: Any = None) -> Any:
        nested = [a for a in (self.coefficients, *like) if isinstance(a, DuckArray)]
        dtype = common_dtype(self.coefficients, *like) if dtype is None else dtype
        if nested:
            return max(nested, key=lambda a: a.level).zeros((self.structure.size, *shape), dtype)
        return np.full((self.structure.size, *shape), zero_of(self.coefficients) if dtype == object else 0, dtype)

    def zeros(self, shape: tuple[int, ...], dtype: Any = None) -> Self:
        """A zero series of this algebra with another shape, and another number type if one is given."""
        return self._new(self._zeros(shape, dtype=dtype))

    def _coefficients_of(self, operand: Any) -> Any:
        return (self.lift(operand) if self.is_constant(operand) else operand).coefficients

    def equals(self, other: Any, equal_nan: bool = False) -> bool:
        """Whether shapes, algebras and all coefficients are equal (`==` compares the degree-0 parts only)."""
        try:
            theirs = self._coefficients_of(other)
        except ValueError:  # of another algebra
            return False
        return np.array_equal(self.coefficients, theirs, equal_nan=equal_nan)

    # --------------------------------------------------------------------------------------- kinds of primitives

    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        return getattr(self, "_" + primitive.kind)(primitive, args, kwargs)

    def _constant(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        values, options = [primal_of(a) for a in args], {key: primal_of(v) for key, v in kwargs.items()}
        result = primitive.function(*values, **options)
        if self.encloses:
            return step(self, result, args)
        return settled_at(primitive.name, result, args, options)

    def _undefined(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        return self._new(undefined(self, primitive.name))

    def _composite(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        if self.encloses:
            return enclosed_composite(self, primitive, args, kwargs)
        return primitive.function(*args, **kwargs)

    def _creation(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        array = primitive.function(first_part(self.coefficients), *args[1:], **kwargs)
        return array if array.dtype.kind in "iub" else self.lift(array)

    def _elementary(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        if kwargs:
            raise TypeError(f"{primitive.name} of a series takes no keyword arguments, got {', '.join(kwargs)}")
        return settled_at(primitive.name, apply_elementary(self, primitive, args), args)

    def _additive(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        x, y = _two(primitive, args, kwargs)
        minus = primitive.name == "subtract"
        if self.is_constant(x):
            return self._shifted(-y if minus else y, x)
        if self.is_constant(y):
            return self._shifted(x, -self._plain(y) if minus else y)
        u, v = _aligned(x.coefficients, y.coefficients)
        return self._new(u - v if minus else u + v)

    def _shifted(self, series: Any, constant: Any) -> Self:
        """series + constant, the constant broadcast against it."""
        value = first_part(series.coefficients) + self._plain(constant)
        value = value if hasattr(value, "shape") else np.array(value, dtype=object)
        if value.shape == series.shape and value.dtype == series.dtype and not isinstance(value, DuckArray):
            coefficients = series.coefficients.copy()
        else:
            coefficients = self._zeros(value.shape, value)
            source = deepened(series.coefficients, value.ndim + 1)
            coefficients[1:] = np.broadcast_to(source[1:], (self.structure.size - 1, *value.shape))
        coefficients[0, ...] = value
        return self._new(coefficients)

    def _linear(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        if primitive.name.startswith("fft.") and self.encloses:
            raise no_rule(primitive.name)
        return self._new(primitive.function.function(self.coefficients, *args[1:], **kwargs))

    def _bilinear(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        x, y, *options = args
        if primitive.name == "multiply":
            return self._product(*_two(primitive, args, kwargs))
        return self._pairs(lambda u, v: primitive.function.function(u, v, *options, **kwargs), x, y)

    def _product(self, x: Any, y: Any) -> Self:
        if self.is_constant(x):
            x, y = y, x
        if self.is_constant(y):
            factor = self._plain(y)
            return self._new(deepened(x.coefficients, np.ndim(factor) + 1) * factor)
        if x is y:
            return x._integer_power(2) if self.encloses else self._new(self.structure.square(x.coefficients))
        u, v = _aligned(x.coefficients, y.coefficients)
        if u.shape != v.shape:
            shape = np.broadcast_shapes(u.shape, v.shape)
            u, v = np.broadcast_to(u, shape), np.broadcast_to(v, shape)
        return self._new(multiply(self.structure, u, v))

    def _pairs(self, function: Any, x: Any, y: Any) -> Self:
        """A bilinear function of two operands, from its values at pairs of coefficients."""
        size = self.structure.size
        if self.is_constant(x):
            left = np.broadcast_to(self._plain(x), (size, *np.shape(x)))
            return self._new(function(left, y.coefficients))
        if self.is_constant(y):
            right = np.broadcast_to(self._plain(y), (size, *np.shape(y)))
            return self._new(function(x.coefficients, right))
        rows = []
        for k in range(self.order + 1):
            p, q, starts = self.structure.pairs(k)
            for a, b in zip(starts, [*starts[1:], len(p)], strict=True):
                rows.append(function(x.coefficients[p[a:b]], y.coefficients[q[a:b]]).sum(axis=0))
        return self._new(np.stack(rows))

    def contract(self, subscripts: str, *arrays: Any) -> Self:
        """`numpy.einsum` over one or two operands."""
        terms, output = subscripts.split("->")
        letter = next(c for c in "ZYXWVU" if c not in subscripts)
        named = ",".join(letter + term for term in terms.split(",")) + "->" + letter + output
        if len(arrays) == 1:
            return self._new(np.einsum(named, self.coefficients))
        return self._pairs(lambda u, v: np.einsum(named, u, v), *arrays)

    def _quotient(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        x, y = _two(primitive, args, kwargs)
        if self.is_constant(y):
            divisor = self._plain(y)
            return self._new(deepened(x.coefficients, np.ndim(divisor) + 1) / divisor)
        u, v = _aligned(self._coefficients_of(x), y.coefficients)
        shape = np.broadcast_shapes(u.shape, v.shape)
        u, v = np.broadcast_to(u, shape), np.broadcast_to(v, shape)
        return self._new(quotient(self.structure, u, v))

    def constant_power(self, exponent: Any) -> Self:
        """``x ** exponent`` for a constant exponent: integers by multiplication, reals by their equation."""
        if np.ndim(exponent) == 0 and exponent == int(exponent.real if isinstance(exponent, complex) else exponent):
            return self._integer_power(int(exponent.real if isinstance(exponent, complex) else exponent))
        if np.ndim(exponent) == 0 and exponent == 0.5:
            return self._elementary(TABLE["sqrt"], (self,), {})
        return self._elementary(TABLE["constant_power"], (self, exponent), {})

    def _integer_power(self, exponent: int) -> Self:
        if self.encloses and exponent != 0:
            return self._new(sharp_power(self.structure, self.coefficients, exponent))
        if exponent < 0:
            return 1 / self._integer_power(-exponent)
        if exponent == 0:
            return self._creation(Primitive("ones_like", "creation", np.ones_like), (self,), {})
        result: Any = None
        square = self
        while True:
            if exponent & 1:
                result = square if result is None else self._product(result, square)
            exponent >>= 1
            if not exponent:
                return result if result is not self else self.copy()
            square = square._product(square, square)


def zero_of(array: Any) -> Any:
    """The zero of the base ring of an object array, so that no plain integers (1/3 a float!) mix with its numbers."""
    element = next(iter(getattr(array, "primal", array).flat), 0) if array.dtype == object else 0
    return type(element)(0) if isinstance(element, Fraction) or is_multiprecision(element) else 0


def describe(x: Any) -> str:
    """An operand in words."""
    return x.describe() if hasattr(x, "describe") else f"a {type(x).__name__}"


def _two(primitive: Primitive, args: tuple, kwargs: dict) -> tuple[Any, Any]:
    """The operands of a binary operation; options it cannot honour are refused, not ignored."""
    if kwargs:
        raise TypeError(f"{primitive.name} of a series takes no keyword arguments, got {', '.join(kwargs)}")
    x, y = args
    return x, y


def _aligned(u: Any, v: Any) -> tuple[Any, Any]:
    ndim = max(u.ndim, v.ndim)
    return deepened(u, ndim), deepened(v, ndim)
