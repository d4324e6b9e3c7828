"""Which form the code of a program takes, by its cost, and what a driver of steps needs of every form.

"unrolled": straight-line code of single numbers, best where latency counts; "packed": straight-line code of registers
(`packing`), best for many alike; "loops": loops over degrees and entries, for whatever would be too much text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from taylorad.compile.series.atoms import Atom
from taylorad.compile.series.entries import entries_of
from taylorad.compile.series.loops import Loops
from taylorad.compile.series.nodes import Node, Row, SeriesProgram
from taylorad.compile.series.packed import Packed
from taylorad.compile.series.packing import Line, Packing, pack
from taylorad.compile.series.scalars import scalar_program
from taylorad.compile.series.straight import Straight, lanes_of, points
from taylorad.compile.series.text import Text

SHAPES = ("unrolled", "packed", "loops")
UNROLLED_TERMS = 3500  # 50 µs each to compile, for code two or three times as fast as loops, of many points a quarter
PACKED_TERMS = 16000  # the same for registers; 64 bodies have 14000, for a fifth of the time of loops
FEW_TERMS = 2500  # two bodies at order 20: 0.61 µs one by one, 0.92 µs packed; three bodies: 4.0 and 1.1 µs
LARGEST = 1500  # components of solutions that are taken apart; beyond it planning takes seconds
CALLS = 10  # what calling the code of a degree of a pack takes, in multiplications
GAIN = 0.6  # packed code must do with so much of the multiplications of single numbers
SAVING = 0.8  # entries that are the same must save so much before single entries replace nodes


class Shape(Protocol):
    """Code for the coefficients of one step, in pieces that a driver puts into its function.

    The function has parameters or values %inputs and %outputs: arrays of pointers, as of `compiled.generate`.
    """

    def first(self, *, fail: str) -> None:
        """Degree 0 of all nodes, and of a solution also x_1; a guard that does not hold jumps to a label."""

    def rest(self) -> None:
        """All other degrees."""


@dataclass
class Plan:
    """A form of code for a program.

    Attributes
    ----------
    shape : one of SHAPES
    program : SeriesProgram
        As given, or by single entries.
    packing : Packing, for "packed"
    """

    shape: str
    program: SeriesProgram
    packing: Packing | None = None

    def write(self, text: Text) -> None:
        """The whole body of a function whose parameters are %inputs and %outputs."""
        if self.shape == "unrolled":
            Straight(text, self.program, min(points(self.program), lanes_of(self.program, text.bits))).write()
        elif self.packing is not None:
            Packed(text, self.program, self.packing).write()
        else:
            Loops(text, self.program).write()

    def prepared(self, text: Text, workspace: str) -> tuple[int, Callable[[], Shape]]:
        """For a driver, before its loop: bytes of workspace, and what gives the shape anew inside the loop.

        `workspace` is an expression whose value is the address of so many bytes, at a multiple of 64.
        """
        if self.shape == "unrolled":
            return 0, lambda: Straight(text, self.program, 1)
        made = Loops(text, self.program, blocks=False) if self.packing is None else self._packed(text)
        made.prepare(workspace)
        return made.workspace_size, lambda: made

    def _packed(self, text: Text) -> Packed:
        assert self.packing is not None
        return Packed(text, self.program, self.packing)


def planned(program: SeriesProgram, bits: int, shape: str = "auto") -> Plan:
    """The form of code for a program and registers of so many bits.

    Raises
    ------
    ValueError
        For an unknown shape, or for "packed" where there are too many entries.
    """
    if shape not in ("auto", *SHAPES):
        raise ValueError(f"shape must be auto, unrolled, packed or loops, got {shape!r}")
    if shape == "loops" or (shape == "unrolled" and program.seeds != "solution"):
        return Plan(shape, program)
    if shape == "packed":
        return _packed(program, bits)
    return _chosen(program, bits, shape)


def _packed(program: SeriesProgram, bits: int) -> Plan:
    entries = entries_of(program)
    if entries is None:
        raise ValueError("the program has too many entries to be packed: take shape='loops'")
    return Plan("packed", program, pack(entries, lanes_of(program, bits)))


def _chosen(program: SeriesProgram, bits: int, shape: str) -> Plan:
    count = terms(program, bits)
    plain = Plan("unrolled" if shape == "unrolled" or count <= UNROLLED_TERMS else "loops", program)
    size = sum(program[i].size for i in program.outputs)
    apart = program.seeds == "solution" and points(program) == 1 and size <= LARGEST
    entries = entries_of(program) if apart else None
    if entries is None:
        return plain
    fewer = sum(_terms(atom) for atom in entries.atoms.atoms if atom.needed >= 0)
    if fewer < SAVING * count and (shape == "unrolled" or fewer <= UNROLLED_TERMS):
        count, plain = fewer, Plan("unrolled", scalar_program(entries))
    if shape == "unrolled" or count <= FEW_TERMS:
        return plain
    packing = pack(entries, lanes_of(program, bits))
    if packed_terms(packing) <= PACKED_TERMS and packed_terms(packing, True) < GAIN * fewer:
        return Plan("packed", program, packing)
    return plain if count <= UNROLLED_TERMS else Plan("loops", program)


def terms(program: SeriesProgram, bits: int) -> int:
    """How many multiplications straight-line code has."""
    lanes = points(program) > 1
    total = 0
    for node in program.made():
        sums = 1
        if node.kind == "contract":
            sums = max(1, program[node.operands[0]].size * program[node.operands[1]].size // max(node.size, 1) // 2)
        total += sums * _terms(node) * (1 if lanes else node.size)
    return total


def _terms(part: Node | Atom | Line) -> int:
    """How many multiplications all degrees of one entry take."""
    k = part.last
    if isinstance(part.data, Row):
        return 2 * len(part.data.terms) * (k + 1) * (k + 2) // 2
    if part.kind == "linear":
        return (k + 1) * max(1, len(part.operands) // 2)
    many = part.kind in ("product", "square", "quotient", "root", "power", "contract")
    return (k + 1) * (k + 2) // 2 if many else k + 1


def packed_terms(packing: Packing, run: bool = False) -> int:
    """How many multiplications of registers packed code has, or does when it runs: a pack's blocks share their code."""
    total = 0
    for one in packing.packs:
        total += CALLS * (1 + max(line.last for line in one.lines))
        for line in one.lines:
            if line.kind == "gather":
                total += 4 * len(line.terms[0]) * one.blocks
            else:
                total += _terms(line) * (one.blocks if run else 1)
    return total + sum(map(len, packing.outputs))
