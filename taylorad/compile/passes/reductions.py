"""Reductions and products of matrices that are less than that.

    over no axis, or axes of length 1            the operand
    sum over an axis that repeats entries        times its length
    max, min, any, all over such an axis         without it
    Einstein sum without a sum                   product of views
    Einstein sum of s·x for a single number s    s times that of x
    Einstein sum of a transposed matrix          the one of the matrix, its letters exchanged
    Einstein sum with a symmetric constant       the one of its two forms in which the last index is summed

Times the length instead of a sum of n equal numbers, and single numbers outside of a sum: to rounding; everything else
is exact. The last two let A x and (s x)ᵀA of a gradient be one product.
"""

from __future__ import annotations

from math import prod

from taylorad.compile.graph import Graph, Value, row_major
from taylorad.compile.passes.common import Rule, applied, in_form, number

IDEMPOTENT = ("max", "min", "any", "all")
EXACT_COUNT = {2: 2**11, 4: 2**24, 8: 2**53}


def simplified(graph: Graph) -> Graph:
    """The graph with reductions and products as something cheaper where they are."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind."""
    return {"reduce": [_short, _repeated], "contract": [_product, _scaled, _transposed, _symmetric]}


def _short(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """Over axes of length 1."""
    x = new[operands[0]]
    if any(x.shape[axis] != 1 for axis in value.data[1]):
        return None
    return new.reshaped(in_form(new, x.index, x.shape, value.dtype), value.shape)


def _repeated(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """Over axes along which a view repeats its entries."""
    (name, axes), x = value.data, new[operands[0]]
    if x.kind != "view" or not x.size or (name != "sum" and name not in IDEMPOTENT):
        return None
    repeated = [axis for axis in axes if x.data[1][axis] == 0]
    count = prod(x.shape[axis] for axis in repeated)
    if not repeated or (name == "sum" and (value.dtype.kind != "f" or count > EXACT_COUNT[value.dtype.itemsize])):
        return None
    kept = [axis for axis in range(len(x.shape)) if axis not in repeated]
    shape = tuple(x.shape[axis] for axis in kept)
    small = new.view(x.operands[0], x.data[0], [x.data[1][axis] for axis in kept], shape)
    left = tuple(kept.index(axis) for axis in axes if axis not in repeated)
    if left:
        small = new.add("reduce", (small,), (name, left), value.shape, value.dtype)
    small = in_form(new, small, value.shape, value.dtype)
    if name != "sum" or count == 1:
        return small
    return new.add("multiply", (small, number(new, count, value.dtype)), None, value.shape, value.dtype)


def _product(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """An Einstein sum in which nothing of a length other than 1 is summed."""
    given, result = value.data.replace(" ", "").split("->")
    names = given.split(",")
    if len(names) != 2 or value.dtype == bool or "." in given:
        return None
    lengths = dict(zip(result, value.shape, strict=True))
    factors = []
    for letters, i in zip(names, operands, strict=True):
        x = new[i]
        if any(n != 1 and letter not in lengths for letter, n in zip(letters, x.shape, strict=True)):
            return None
        strides = dict.fromkeys(result, 0)
        for letter, stride, n in zip(letters, row_major(x.shape), x.shape, strict=True):
            if n > 1:
                strides[letter] += stride
        view = i if not x.shape else new.view(i, 0, [strides[letter] for letter in result], value.shape)
        factors.append(in_form(new, view, new[view].shape, value.dtype))
    return new.add("multiply", factors, None, value.shape, value.dtype)


def _scaled(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """An Einstein sum of an array that is multiplied by a single number."""
    for k, i in enumerate(operands):
        x = new[i]
        if x.kind != "multiply" or not x.shape or x.dtype != value.dtype:
            continue
        factors = [j for j in x.operands if new[j].shape == ()]
        if len(factors) == 1:
            (array,) = (j for j in x.operands if j != factors[0])
            given = [array if n == k else j for n, j in enumerate(operands)]
            inner = new.add("contract", given, value.data, value.shape, value.dtype)
            return new.add("multiply", (inner, factors[0]), None, value.shape, value.dtype)
    return None


def _transposed(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """An Einstein sum of a matrix that is a view of another one with its axes exchanged."""
    given, result = value.data.replace(" ", "").split("->")
    terms = given.split(",")
    for k, (letters, i) in enumerate(zip(terms, operands, strict=True)):
        x = new[i]
        source = new[x.operands[0]] if x.kind == "view" else x
        if len(letters) != 2 or x.kind != "view" or source.shape != x.shape[::-1] or min(x.shape) < 2:
            continue
        if x.data == (0, (1, x.shape[0])) and x.dtype == source.dtype:
            changed = [letters[::-1] if n == k else term for n, term in enumerate(terms)]
            inner = [source.index if n == k else j for n, j in enumerate(operands)]
            return new.add("contract", inner, f"{','.join(changed)}->{result}", value.shape, value.dtype)
    return None


def _symmetric(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """An Einstein sum of a symmetric constant matrix and another array."""
    given, result = value.data.replace(" ", "").split("->")
    terms = given.split(",")
    if len(terms) != 2:
        return None
    for k, (letters, i) in enumerate(zip(terms, operands, strict=True)):
        if len(set(letters)) == 2 == len(letters) and _is_symmetric(new[i]):
            first, second = letters
            if first not in result and second in result:
                letters = second + first
            data = f"{letters},{terms[1 - k]}->{result}"
            ordered = (i, operands[1 - k])
            data = _relabelled(data)
            if (data, ordered) == (value.data, operands):
                return None
            return new.add("contract", ordered, data, value.shape, value.dtype)
    return None


def _relabelled(data: str) -> str:
    """Subscripts with their letters in the order i, j, k, …, as they come."""
    letters = dict.fromkeys(c for c in data if c.isalpha())
    return data.translate({ord(c): ord("i") + n for n, c in enumerate(letters)})


def _is_symmetric(value: Value) -> bool:
    return value.kind == "constant" and len(set(value.shape)) == 1 and bool((value.data == value.data.T).all())
