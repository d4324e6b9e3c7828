"""Large products of matrices, by the BLAS that SciPy brings."""

from __future__ import annotations

from typing import Any

from taylorad.compile.graph import Value
from taylorad.compile.native.buffers import Memory
from taylorad.compile.native.prepare import matrix_product
from taylorad.compile.native.text import Body, literal


def write_product(body: Body, memory: Memory, value: Value) -> None:
    """C = A B, row by row: BLAS computes the transpose Cᵀ = Bᵀ Aᵀ, column by column.

    Notes
    -----
    A row-major matrix is the transpose of a column-major one, so the first factor of BLAS is B as it is.
    """
    a_transposed, b_transposed, rows, columns, inner, swapped = matrix_product(memory.graph, value, value.operands)
    a, b = (memory.pointer(body, i) for i in (value.operands[::-1] if swapped else value.operands))
    result = memory.pointer(body, value.index)
    number = memory.element(value.dtype)
    name = f"taylorad_blas_{'d' if number == 'double' else 's'}gemm"
    body.unit.declare(name, "void", ", ".join(["ptr"] * 13))
    b_rows, a_rows = inner if b_transposed else columns, rows if a_transposed else inner
    letters = [_byte(body, "T" if t else "N") for t in (b_transposed, a_transposed)]
    sizes = [_integer(body, n) for n in (columns, rows, inner)]
    one, zero = (_number(body, x, value.dtype, number) for x in (1, 0))
    given = [*letters, *sizes, one, b, _integer(body, b_rows), a, _integer(body, a_rows), zero, result, sizes[0]]
    body.do(f"call void @{name}({', '.join(f'ptr {x}' for x in given)})")


def _byte(body: Body, letter: str) -> str:
    place = body.early("alloca i8")
    body.entry.append(f"  store i8 {ord(letter)}, ptr {place}")
    return place


def _integer(body: Body, n: int) -> str:
    place = body.early("alloca i32")
    body.entry.append(f"  store i32 {n}, ptr {place}")
    return place


def _number(body: Body, x: float, dtype: Any, number: str) -> str:
    place = body.early(f"alloca {number}")
    body.entry.append(f"  store {number} {literal(x, dtype)}, ptr {place}")
    return place
