"""`TaylorModel`: a polynomial and a remainder that together enclose a function on a box, and arrays of them.

``f(x) ∈ p(x - centre) + [-ρ, ρ]`` for every x of the domain, in exact arithmetic. Coefficients are doubles, computed
as those of a `MultivariateTaylor`; rounding errors and everything beyond the order go to the remainder (see
`taylorad.algebras.models`). Models of different domains, centres or orders never mix.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from taylorad.algebras.arraylike import ArrayMethods
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import arithmetic, bounders, calculus, functions
from taylorad.algebras.models.composition import middle
from taylorad.algebras.models.frame import Frame
from taylorad.algebras.models.kinds import KINDS, contracted
from taylorad.algebras.models.operands import enclosure
from taylorad.algebras.multivariate import MultivariateTaylor
from taylorad.algebras.taylor import check_order
from taylorad.dispatch import DuckArray
from taylorad.refusals import forced
from taylorad.rules import Primitive

FLOAT64 = np.dtype(np.float64)


class TaylorModel(ArrayMethods, DuckArray):
    """Polynomials in the displacement from a centre with symmetric remainders, valid on a box.

    Parameters
    ----------
    polynomial : MultivariateTaylor
        Of shape (*shape), with float coefficients, in x - centre.
    remainder : Interval (*shape)
        Its midpoint is added to the constant coefficient: remainders are kept symmetric.
    domain : Interval (n,)
        Bounded.
    centre : array (n,), optional
        A point of the domain; its midpoint by default.

    Attributes
    ----------
    frame : Frame
        Domain, centre and order, shared by all models made together.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> x = TaylorModel.variable(ta.Interval(0, 1), order=8)
    >>> y = np.exp(x) - 1 / (2 + x)
    >>> bool(y.remainder.magnitude < 1e-5)
    True
    >>> y(0.25)
    Interval("[0.83958..., 0.83958...]")
    """

    __slots__ = ("_coefficients", "_radius", "_sizes", "frame")

    level = (-1, 1)  # just outside intervals: whatever differentiates is further out
    dtype = FLOAT64
    alone = "one model; see .order and .polynomial"

    _coefficients: np.ndarray
    _radius: Any
    _sizes: Any
    frame: Frame

    def __init__(self, polynomial: MultivariateTaylor, remainder: Any, domain: Any, centre: Any = None):
        if not isinstance(polynomial, MultivariateTaylor) or polynomial.coefficients.__class__ is not np.ndarray:
            raise TypeError(f"the polynomial must be a MultivariateTaylor of floats, got a {type(polynomial).__name__}")
        if polynomial.dtype != FLOAT64 or not np.all(np.isfinite(polynomial.coefficients)):
            raise ValueError("the polynomial must have finite coefficients of type float64")
        self.frame = _frame_of(domain, polynomial.order, centre)
        if polynomial.structure is not self.frame.structure:
            raise ValueError(
                f"the polynomial has {polynomial.variables} variables, the domain {len(self.frame.inf)}: give one "
                "interval a variable"
            )
        rest = as_interval(remainder)
        if np.any(rest.is_empty):
            raise ValueError("the remainder is empty: no function lies in such a model; use Interval(0) for none")
        midpoint, radius = (np.broadcast_to(x, polynomial.shape) for x in middle(*rest.ends))
        self._sizes = None
        self._coefficients, self._radius = arithmetic.shift(polynomial.coefficients, 0.0 * radius, midpoint, radius)

    @classmethod
    def _make(cls, coefficients: Any, radius: Any, frame: Frame) -> Self:
        """A model from parts that are known to fit."""
        self = object.__new__(cls)
        self._coefficients, self._radius, self._sizes, self.frame = coefficients, radius, None, frame
        return self

    @classmethod
    def variable(cls, domain: Any, order: int, centre: Any = None) -> Self:
        """The identity on an interval.

        >>> import taylorad as ta
        >>> TaylorModel.variable(ta.Interval(-1, 1), order=2)
        TaylorModel(0 + 1 t + 0 t² ± 0, order 2 on [-1, 1])
        """
        domain = as_interval(domain)
        if domain.shape not in ((), (1,)):
            raise ValueError(f"one interval makes one variable, got an array of shape {domain.shape}: use variables")
        return cls.variables(domain, order, centre)[0]

    @classmethod
    def variables(cls, box: Any, order: int, centre: Any = None) -> tuple[Self, ...]:
        """One model for each coordinate of a box (n,).

        >>> import taylorad as ta
        >>> x, y = TaylorModel.variables(ta.Interval([-1, 0], [1, 2]), order=3)
        >>> (x * y).bound()
        Interval("[-2.0000000000000014, 2.0000000000000014]")
        """
        frame = _frame_of(box, check_order(order), centre)
        n = len(frame.inf)
        coefficients = np.zeros((n, frame.structure.size))
        coefficients[:, 0] = frame.centre
        if order:
            coefficients[np.arange(n), 1 + np.arange(n)] = 1.0
        width = 0.0 if order else np.maximum(np.abs(frame.low), np.abs(frame.high))
        radii = np.broadcast_to(width, n)
        return tuple(cls._make(coefficients[i].copy(), radii[i], frame) for i in range(n))

    # ------------------------------------------------------------------------------------------------ attributes

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of models."""
        return self._coefficients.shape[1:]

    @property
    def order(self) -> int:
        """Highest degree of the polynomials."""
        return self.frame.order

    @property
    def polynomial(self) -> MultivariateTaylor:
        """The polynomials in x - centre; a copy."""
        return MultivariateTaylor._make(self._coefficients.copy(), self.frame.structure)

    @property
    def remainder(self) -> Interval:
        """What the functions may differ from the polynomials by, symmetric intervals (*shape)."""
        radius = np.array(self._radius)
        return Interval._make(-radius, radius)

    @property
    def domain(self) -> Interval:
        """The box (n,)."""
        return Interval._make(self.frame.inf.copy(), self.frame.sup.copy())

    @property
    def centre(self) -> np.ndarray:
        """The point (n,) the polynomials are expanded about."""
        return self.frame.centre.copy()

    @property
    def sizes(self) -> Any:
        """Upper bounds of all homogeneous parts in magnitude, and the radius: (order + 2, *shape)."""
        if self._sizes is None:
            self._sizes = arithmetic.sizes(self.frame, self._coefficients, self._radius)
        return self._sizes

    def describe(self) -> str:
        """Order and domain in words."""
        return f"a TaylorModel {self.frame.describe()}"

    # -------------------------------------------------------------------------------------------------- as an array

    def lift(self, constant: Any) -> Self:
        """A model as it is; a number or Interval as a constant model of the same domain and order."""
        if isinstance(constant, TaylorModel):
            self._check(constant)
            return constant  # type: ignore[return-value]
        midpoint, radius = enclosure(constant)
        coefficients = np.zeros((self.frame.structure.size, *np.shape(midpoint)))
        coefficients[0] = midpoint
        return self._make(coefficients, radius, self.frame)

    def _check(self, other: TaylorModel) -> None:
        if other.frame is not self.frame:
            raise ValueError(
                f"cannot combine {self.describe()}, centre {_shown(self)}, with {other.describe()}, centre "
                f"{_shown(other)}: models must share domain, centre and order; .restrict(subdomain) and "
                ".truncate(order) change them"
            )

    def zeros(self, shape: tuple[int, ...], dtype: Any = None) -> Self:
        """Models of the number 0."""
        return self._make(np.zeros((self.frame.structure.size, *shape)), np.zeros(shape), self.frame)

    def copy(self, order: str = "C") -> Self:
        """A copy."""
        return self._make(self._coefficients.copy(), np.array(self._radius)[()], self.frame)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Models have coefficients in double precision; no other type is offered."""
        if np.dtype(dtype) != FLOAT64:
            raise forced("array", self.describe())
        return self.copy()

    @property  # type: ignore[misc]
    def real(self) -> Any:
        """Themselves."""
        return self

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """Zero."""
        return self.zeros(self.shape)

    def __getitem__(self, key: Any) -> Self:
        places = np.arange(self.size).reshape(self.shape)[key]
        flat = self._coefficients.reshape(self._coefficients.shape[0], -1)
        return self._make(flat[:, places], np.reshape(self._radius, -1)[places], self.frame)

    def __setitem__(self, key: Any, value: Any) -> None:
        value = self.lift(value)
        self._radius = np.array(self._radius)
        self._coefficients[(slice(None), *(key if isinstance(key, tuple) else (key,)))] = _aligned(
            value, self[key].ndim
        )
        self._radius[key] = value._radius
        self._sizes = None

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __repr__(self) -> str:
        if self.shape == ():
            terms = repr(self.polynomial).removeprefix("MultivariateTaylor(").rsplit(" + O(", 1)[0]
            return f"TaylorModel({terms} ± {self._radius:.3g}, {self.frame.describe()[3:]})"
        return f"TaylorModel({self.frame.describe()[3:]}, shape={self.shape}, range=\n{self.bound('monomial')!r})"

    def __reduce__(self) -> tuple:
        return TaylorModel._make, (self._coefficients, self._radius, self.frame)

    # --------------------------------------------------------------------------------------------------- arithmetic

    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        if len(args) == 1 and self._coefficients.ndim == 1 and not kwargs:
            found = functions.of_one_model(self, primitive)
            if found is not None:
                return found
        with np.errstate(all="ignore"):
            return KINDS[primitive.kind](self, primitive, args, kwargs)

    def contract(self, subscripts: str, *arrays: Any) -> Any:
        """``numpy.einsum`` over one or two arrays."""
        return contracted(subscripts, *arrays)

    def __mul__(self, other: Any) -> Any:
        if other.__class__ is not TaylorModel or other.frame is not self.frame or other.shape != self.shape:
            return super().__mul__(other)
        with np.errstate(all="ignore"):
            return self._times(other)

    def _times(self, other: TaylorModel) -> Self:
        """The product with a model of the same frame and shape."""
        found = arithmetic.product(self.frame, self._coefficients, self.sizes, other._coefficients, other.sizes)
        return self._make(*found, self.frame)

    # ---------------------------------------------------------------------------------------------- what models say

    def bound(self, method: str = "best") -> Interval:
        """Enclosures of the ranges on the domain, (*shape).

        Parameters
        ----------
        method : {"best", "norm", "monomial", "horner", "bernstein", "linear"}
            See `taylorad.algebras.models.bounders`; "best" is the intersection of the last but Horner's.

        Examples
        --------
        >>> import taylorad as ta
        >>> x = TaylorModel.variable(ta.Interval(0, 1), order=2)
        >>> (x * (1 - x)).bound().sup - 0.25 < 1e-14
        np.True_
        """
        return Interval._make(*bounders.bound(self.frame, self._coefficients, self._radius, method))

    def __call__(self, *point: Any) -> Interval:
        """Enclosures of the values at a point of the domain, or over a box in it.

        One argument a variable, or one array (n, *batch) of numbers or intervals; batch and shape broadcast.
        """
        return calculus.evaluate(self, point)

    def contains(self, other: Any) -> Any:
        """Where every function of another model, or a number, is proved to lie in this one: a boolean array.

        False says that it was not proved.
        """
        difference = self.lift(other) - self._make(self._coefficients, 0.0 * self._radius, self.frame)
        return difference.bound().magnitude <= self._radius

    def compose(self, models: Any) -> Any:
        """This model with other models in place of its variables: ``m(g(x))``, of the domain and order of g.

        `models` is an array (n,) or a list of one model a variable; their ranges must lie in the domain.
        """
        with np.errstate(all="ignore"):
            return calculus.compose(self, models)

    def integrate(self, variable: int = 0) -> Self:
        """The antiderivative in one variable that is 0 where that variable is at the centre; the order stays.

        >>> import numpy as np, taylorad as ta
        >>> x = TaylorModel.variable(ta.Interval(0, 1), order=6)
        >>> y = np.cos(x).integrate()
        >>> y(1) - y(0)
        Interval("[0.84147..., 0.84147...]")
        """
        with np.errstate(all="ignore"):
            return calculus.integrate(self, variable)

    def truncate(self, order: int) -> Self:
        """The model with a polynomial of lower order; the rest goes to the remainder."""
        with np.errstate(all="ignore"):
            return calculus.truncate(self, check_order(order))

    def restrict(self, subdomain: Any, centre: Any = None) -> Self:
        """The model on a part of its domain, expanded about the centre of that part."""
        frame = _frame_of(subdomain, self.order, centre)
        return self.compose(self.variables(frame.domain, self.order, frame.centre))


def _aligned(value: TaylorModel, ndim: int) -> Any:
    coefficients = value._coefficients
    missing = max(ndim - value.ndim, 0)
    return coefficients.reshape(coefficients.shape[0], *(1,) * missing, *value.shape)


def _shown(model: TaylorModel) -> str:
    return "(" + ", ".join(f"{c:.6g}" for c in model.frame.centre) + ")"


def _frame_of(domain: Any, order: int, centre: Any) -> Frame:
    """The frame of a box, checked."""
    box = as_interval(domain)
    inf, sup = (np.atleast_1d(end) for end in box.ends)
    if inf.ndim != 1 or not len(inf):
        raise ValueError(f"a domain is a box, an Interval of shape (n,), got shape {box.shape}")
    if not np.all(np.isfinite(inf) & np.isfinite(sup)):
        raise ValueError(
            f"the domain must be bounded and not empty, got {box}: models are of no use on unbounded boxes"
        )
    middle_ = inf / 2 + sup / 2
    point = np.clip(middle_, inf, sup) if centre is None else np.atleast_1d(np.asarray(centre, np.float64))
    if point.shape != inf.shape or not np.all((inf <= point) & (point <= sup)):
        raise ValueError(f"the centre must be a point of the domain {box}, got {centre}")
    frame = Frame.of(inf, sup, point + 0.0, order)
    if not np.all(np.isfinite(frame.low) & np.isfinite(frame.high)):
        raise ValueError(f"the domain {box} is too wide: its width overflows")
    return frame
