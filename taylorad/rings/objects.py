"""`ObjectArray`: an array of Python objects that stays an array when it has one entry."""

from __future__ import annotations

from typing import Any

import numpy as np


class ObjectArray(np.ndarray):
    """An object array whose operations return arrays, also of shape (): NumPy would return the bare object.

    Recorded values and their cotangents have a shape and a type, and so must those that are Fractions.

    >>> from fractions import Fraction
    >>> (boxed(Fraction(1, 3)) * 2).shape
    ()
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if array.dtype == object:
            return array.view(ObjectArray)
        return array[()] if return_scalar else array

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return part if isinstance(part, np.ndarray) else boxed(part)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, unboxed(value))


def boxed(x: Any) -> Any:
    """A Python object, or an array of them, as an `ObjectArray`; anything else as it is."""
    if x.__class__ is ObjectArray or hasattr(x, "level") or (hasattr(x, "dtype") and x.dtype != object):
        return x
    array = np.asarray(x)
    return array.view(ObjectArray) if array.dtype == object else array[()]


def unboxed(x: Any) -> Any:
    """The plain array, or the one object, of an `ObjectArray`; anything else as it is."""
    return np.asarray(x)[()] if x.__class__ is ObjectArray else x
