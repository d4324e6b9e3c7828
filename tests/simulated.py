"""Arrays simulated in exact dual numbers: which entry is where is NumPy's business, what it holds is not.

A simulated array is an integer array of slot numbers, laid out in memory as the real array would be, and a store of
values. Views are NumPy's views of the slot numbers; where NumPy copies, fresh slots are taken. Writes are tried out on
a counting array first, so broadcasting, repeated indices and errors are NumPy's too.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Exact:
    """A number and its gradient."""

    def __init__(self, value, gradient):
        self.value, self.gradient = Fraction(value), tuple(gradient)

    def __add__(self, other):
        if isinstance(other, Simulated):
            return NotImplemented
        other = self.of(other)
        return Exact(self.value + other.value, (a + b for a, b in zip(self.gradient, other.gradient, strict=True)))

    def __mul__(self, other):
        if isinstance(other, Simulated):
            return NotImplemented
        other = self.of(other)
        pairs = zip(self.gradient, other.gradient, strict=True)
        return Exact(self.value * other.value, (a * other.value + self.value * b for a, b in pairs))

    def __sub__(self, other):
        if isinstance(other, Simulated):
            return NotImplemented
        return self + self.of(other) * -1

    def of(self, number):
        return number if isinstance(number, Exact) else Exact(number, (0,) * len(self.gradient))

    __radd__, __rmul__ = __add__, __mul__


class Simulated(NDArrayOperatorsMixin):
    """An array of exact numbers; `slots` says where in the store each entry is."""

    def __init__(self, slots, store):
        self.slots, self.store = slots, store
        self.shape, self.ndim, self.size = slots.shape, slots.ndim, slots.size

    @classmethod
    def of(cls, values, store, shape=None):
        """An array with slots of its own."""
        first = len(store)
        store.extend(values)
        return cls(np.arange(first, len(store)).reshape(len(values) if shape is None else shape), store)

    @property
    def values(self):
        return [self.store[i] for i in self.slots.ravel()]

    def _taken(self, slots):
        """What a function of the array gives, from what it gives of the slot numbers."""
        if isinstance(slots, list | tuple):
            return [self._taken(part) for part in slots]
        if np.ndim(slots) == 0:
            return self.store[int(slots)]
        if np.may_share_memory(slots, self.slots):
            return Simulated(slots, self.store)
        return self.of([self.store[i] for i in slots.ravel()], self.store, slots.shape)

    def __getitem__(self, key):
        return self._taken(self.slots[key])

    def __setitem__(self, key, value):
        values = value.values if isinstance(value, Simulated) else [self.store[0].of(value)]
        source = np.full(self.shape, -1)
        source[key] = np.arange(len(values)).reshape(np.shape(value))
        for slot, number in zip(self.slots.ravel(), source.ravel(), strict=True):
            if number >= 0:
                self.store[slot] = values[number]

    def __array_function__(self, func, types, args, kwargs):
        if func is np.sum:
            return sum(self.values, self.store[0].of(0))
        result = func(*(a.slots if isinstance(a, Simulated) else a for a in args), **kwargs)
        return result if func in (np.size, np.shape, np.ndim) else self._taken(result)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None):
        if method == "at":
            target, index, added = inputs
            for slot, value in zip(
                target.slots[index].ravel(), self._spread(added, np.shape(target.slots[index])), strict=True
            ):
                self.store[slot] = self.store[slot] + value
            return None
        shape = np.broadcast_shapes(*map(np.shape, inputs))
        if out is not None and out[0].shape != shape:
            raise ValueError("non-broadcastable output operand")
        columns = [self._spread(x, shape) for x in inputs]
        operate = {"add": Exact.__add__, "subtract": Exact.__sub__, "multiply": Exact.__mul__}[ufunc.__name__]
        result = self.of([operate(*row) for row in zip(*columns, strict=True)], self.store, shape)
        if out is None:
            return result
        out[0][...] = result
        return out[0]

    def _spread(self, x, shape):
        """Values of an operand, broadcast."""
        values = (
            x.values if isinstance(x, Simulated) else [self.store[0].of(v) for v in np.ravel(np.asarray(x, object))]
        )
        numbers = np.broadcast_to(np.arange(len(values)).reshape(np.shape(x)), shape)
        return [values[i] for i in numbers.ravel()]

    def copy(self):
        return self.of(self.values, self.store, self.shape)

    flatten = lambda self: self.of(self.values, self.store)  # noqa: E731
    T = property(lambda self: self._taken(self.slots.T))

    def reshape(self, *shape):
        return self._taken(self.slots.reshape(*shape))

    def ravel(self):
        return self._taken(self.slots.ravel())

    def transpose(self):
        return self.T
