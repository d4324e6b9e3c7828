"""`Program`: what a function did, as a flat list of array-valued nodes.

Nodes refer to earlier nodes only, so every sweep is a loop over a list: nothing here recurses, however long a program
is. A node keeps what its pullback needs (the residual) and no more; values are recomputed when a program is replayed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from taylorad.rings import as_coefficients
from taylorad.trace import display, operations
from taylorad.trace.node import Node
from taylorad.trace.operations import Operation

Step = tuple[Node, list[int | None], list[int], bool]
"""A node, the indices of its operands, those of them that no later node needs, and whether it reads an array that a
later store may write into: then its tangent must not be a view of that array's."""


class Program:
    """The nodes of one run of a function, in order of evaluation.

    Attributes
    ----------
    nodes : list of Node
    inputs : list of Node
        The independent variables.
    outputs : list of Node or constant
        What the function returned, leaf by leaf.
    tag : int
        Of the differentiation that recorded it.
    open : bool
        Whether the function is still running; afterwards its traced values count as constants.
    structures : (Structure, Structure) or None
        How leaves make up the arguments, and the result; without them a call takes leaves and returns a tuple of them.
    """

    guarded = False  # whether it notes on what values its branches depend
    __slots__ = ("_schedule", "input_values", "inputs", "nodes", "open", "outputs", "structures", "tag")

    def __init__(self, tag: int):
        self.tag, self.open = tag, True
        self.nodes: list[Node] = []
        self.inputs: list[Node] = []
        self.outputs: list[Any] = []
        self.input_values: list[Any] = []
        self.structures: tuple[Any, Any] | None = None
        self._schedule: list[Step] | None = None

    # --------------------------------------------------------------------------------------------------- recording

    def record(self, operation: Operation, operands: tuple, static: Any, residual: Any, value: Any) -> Node:
        """A new node at the end."""
        nodes = self.nodes
        node = object.__new__(Node)
        node.index, node.operation, node.operands = len(nodes), operation, operands
        node.static, node.residual, node.shape, node.dtype = static, residual, value.shape, value.dtype
        nodes.append(node)
        return node

    # ------------------------------------------------------------------------------------------------------ running

    @property
    def schedule(self) -> list[Step]:
        """The nodes that outputs depend on, for forward sweeps."""
        if self._schedule is None:
            needed = bytearray(len(self.nodes))
            for output in self.outputs:
                if output.__class__ is Node:
                    needed[output.index] = True
            schedule = []
            for node in reversed(self.nodes):
                if needed[node.index] and node.operation is not operations.INPUT:
                    places, used_up, reads = [], [], False
                    for o in node.operands:
                        place = o.index if o.__class__ is Node else None
                        places.append(place)
                        if place is not None:
                            if needed[place]:
                                reads = reads or o.operation.writes
                            else:
                                needed[place] = True
                                used_up.append(place)
                    schedule.append((node, places, used_up, reads and not node.operation.writes))
            self._schedule = schedule[::-1]
        return self._schedule

    def values(self, *inputs: Any) -> list[Any]:
        """The value of every node, at new inputs (one a leaf); at those of the recording when there are none.

        Branches are taken as the values at the recording decided.
        """
        given = iter(self._checked(inputs) if inputs else self.input_values)
        values: list[Any] = []
        for node in self.nodes:
            if node.operation is operations.INPUT:
                values.append(next(given))
            else:
                values.append(node.operation.evaluate(node, operands_of(node, values)))
        return values

    def _checked(self, inputs: tuple) -> list[Any]:
        if len(inputs) != len(self.inputs):
            raise TypeError(f"this program has {len(self.inputs)} input(s), got {len(inputs)}")
        given = [_as_input(x, node.dtype) for x, node in zip(inputs, self.inputs, strict=True)]
        for i, (x, node) in enumerate(zip(given, self.inputs, strict=True)):
            if x.shape != node.shape:
                raise ValueError(
                    f"input {i + 1} of this program has shape {node.shape}, got {x.shape}: trace the function again "
                    "for arrays of other shapes"
                )
        return given

    def __call__(self, *inputs: Any) -> Any:
        """The result at new inputs: the same operations on other numbers, series or traced values.

        Conditions (``if``, ``where``, ``max``, how often a loop runs) stay as they were at the recording, also where
        the function itself would take another branch.

        Raises
        ------
        TypeError, ValueError
            The number of inputs, their containers or their shapes are not those of the recording.
        """
        if self.structures is not None:
            if len(inputs) != len(self.structures[0].parts):
                raise TypeError(f"this program takes {len(self.structures[0].parts)} argument(s), got {len(inputs)}")
            inputs = tuple(self.structures[0].leaves(inputs))
        values = self.values(*inputs)
        results = [_own(values[o.index] if isinstance(o, Node) else o) for o in self.outputs]
        if self.structures is not None:
            return self.structures[1].build(results)
        return results[0] if len(results) == 1 else tuple(results)

    # ---------------------------------------------------------------------------------------------------- inspection

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @property
    def operations(self) -> Counter[str]:
        """How often each operation occurs; ``.total()`` is their number, inputs not counted.

        >>> import numpy as np
        >>> from taylorad.transforms import record
        >>> record(lambda x: np.sin(x[0]) * np.sin(x[1]), [1.0, 2.0]).operations
        Counter({'getitem': 2, 'sin': 2, 'multiply': 1})
        """
        return Counter(node.name for node in self.nodes if node.operation is not operations.INPUT)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays kept for the sweeps, each array counted once."""
        seen: dict[int, int] = {}
        for node in self.nodes:
            for array in arrays_in((node.residual, node.operands, node.static)):
                base = array.base if isinstance(array.base, np.ndarray) else array
                seen[id(base)] = base.nbytes
        return sum(seen.values())

    def table(self, direction: Any = None, cotangent: Any = None) -> str:
        """Values node by node; with a direction also tangents, with a cotangent also adjoints.

        Parameters
        ----------
        direction : array_like, or a sequence of one for each input, optional
            The tangents of the inputs: v̇ is the derivative of v along them.
        cotangent : array_like, or a sequence of one for each output, optional
            The adjoints of the outputs: v̄ is the derivative of the outputs, so weighted, with respect to v. Adjoints
            are summed from the last line to the first.

        Returns
        -------
        str

        Examples
        --------
        >>> from taylorad.transforms import record
        >>> print(record(lambda x, y: x * y, 2.0, 5.0).table(direction=(1, 0), cotangent=1))
        primal               tangent                        adjoint (upwards)
        v₋₁ = x₁       = 2   v̇₋₁ = ẋ₁                  = 1  x̄₁  = v̄₋₁      = 5
        v₀  = x₂       = 5   v̇₀  = ẋ₂                  = 0  x̄₂  = v̄₀       = 2
        v₁  = v₋₁ × v₀ = 10  v̇₁  = v₀ × v̇₋₁ + v₋₁ × v̇₀ = 5  v̄₀  = v̄₁ × v₋₁ = 2
                                                            v̄₋₁ = v̄₁ × v₀  = 5
        y   = v₁       = 10  ẏ   = v̇₁                  = 5  v̄₁  = ȳ        = 1
        """
        return display.table(self, direction, cotangent)

    def _repr_html_(self) -> str:
        return display.html(self)

    def graphviz(self) -> str:
        """The program as a directed graph in Graphviz's language: save it and run ``dot -Tsvg``."""
        return display.graphviz(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {name}" for name, n in self.operations.most_common())
        return f"Program({len(self.inputs)} input(s), {self.operations.total()} operations: {counts})"

    def __str__(self) -> str:
        return display.table(self, longest=display.LONGEST)


def _as_input(x: Any, dtype: Any) -> Any:
    """An input as an array, in the precision of the recording if that loses nothing but digits."""
    if isinstance(x, list | tuple) and any(hasattr(part, "level") for part in x):
        x = np.stack(x)  # type: ignore[arg-type]
    if hasattr(x, "level"):
        return x
    array = as_coefficients(np.asarray(x, dtype=object) if dtype == object else x)
    if array.dtype == object:
        return array
    return array[()] if array.dtype.kind == "c" or dtype == object else array.astype(dtype)[()]


def _own(result: Any) -> Any:
    """A result that shares no entries with inputs or constants."""
    return result.copy() if isinstance(result, np.ndarray) else result


def operands_of(node: Node, values: list[Any]) -> list[Any]:
    """The values of a node's operands."""
    return [values[o.index] if o.__class__ is Node else o for o in node.operands]


def arrays_in(value: Any) -> Iterator[np.ndarray | np.generic]:
    """All plain arrays and NumPy numbers inside residuals."""
    if isinstance(value, np.ndarray | np.generic):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from arrays_in(part)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))
    elif hasattr(value, "coefficients"):
        yield from arrays_in(value.coefficients)
    elif hasattr(value, "level"):
        yield from arrays_in(value.value)
