"""Taylor coefficients of a graph within another: the recurrences as a function of their own, and a call of it."""

from __future__ import annotations

import re

from taylorad.compile.graph import Value
from taylorad.compile.native.buffers import Memory
from taylorad.compile.native.text import Body
from taylorad.compile.series.compiled import generate

_DECLARED = re.compile(r"declare\b[^@]*@([^\s(]+)\(")


def write_recurrences(body: Body, memory: Memory, value: Value) -> None:
    """Call the recurrences; where they do not hold, or give nan, the result counts as nan."""
    name = f"series{value.index}"
    _include(body, generate(value.data.graph, value.data.order, name, value.data.shape, "variable"))
    inputs = body.early(f"alloca [{len(value.operands)} x ptr]")
    outputs = body.early("alloca ptr")
    for k, i in enumerate(value.operands):
        slot = body.op(f"getelementptr ptr, ptr {inputs}, i64 {k}")
        body.do(f"store ptr {_address(body, memory, i)}, ptr {slot}")
    body.do(f"store ptr {memory.pointer(body, value.index)}, ptr {outputs}")
    status = body.op(f"call i32 @{name}(ptr {inputs}, ptr {outputs})")
    memory.note(body, body.op(f"icmp ne i32 {status}, 0"))


def _address(body: Body, memory: Memory, index: int) -> str:
    """Where an operand is in memory; a single number in a register is put there."""
    if memory.plan.storage[index] != "scalar":
        return memory.pointer(body, index)
    kind, x = memory.element(memory.graph[index].dtype), memory.scalar(body, index)
    place = body.early(f"alloca {kind}")
    if kind == "i8":
        x = body.op(f"zext i1 {x} to i8")
    body.do(f"store {kind} {x}, ptr {place}")
    return place


def _include(body: Body, text: str) -> None:
    """Add functions to the module; those they declare are declared once."""
    rest = []
    for line in text.splitlines():
        match = _DECLARED.match(line)
        if match is None:
            rest.append(line)
        else:
            body.unit.declared.setdefault(match.group(1), line)
    body.unit.parts.append("\n".join(rest))
