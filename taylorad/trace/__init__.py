"""Programs: what a function does, recorded, and the two sweeps that differentiate it."""

from taylorad.dispatch import joined
from taylorad.trace import kinds as _kinds  # fills the table of kinds
from taylorad.trace.everyday import followed
from taylorad.trace.guarded import GuardedProgram
from taylorad.trace.node import Node
from taylorad.trace.program import Program
from taylorad.trace.sweeps import Pullback, push, unbroadcast
from taylorad.trace.tracer import Tracer, plain, traced, wrap

assert _kinds

__all__ = [
    "GuardedProgram",
    "followed",
    "Node",
    "Program",
    "Pullback",
    "Tracer",
    "joined",
    "plain",
    "push",
    "traced",
    "unbroadcast",
    "wrap",
]
