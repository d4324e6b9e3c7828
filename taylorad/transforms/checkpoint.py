"""Less memory for more work: functions and loops whose intermediate values are computed again when they are needed.

``checkpoint(f)`` keeps the arguments of f alone. ``checkpointed_loop`` keeps a given number of states of a loop of n
steps and recomputes the others by the binomial schedule of Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26
(2000), which needs the fewest steps possible: with s snapshots and r repetitions it reverses ``β(s, r) = C(s + r, s)``
steps.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from math import comb
from operator import index
from typing import Any

import numpy as np

from taylorad.trace import joined, plain
from taylorad.trace.everyday import followed, unfollowed
from taylorad.transforms.captured import lifted
from taylorad.transforms.containers import Structure, flatten, leaves_of
from taylorad.transforms.recording import Recording
from taylorad.transforms.region import (
    Function,
    Region,
    apply,
    has_duck,
    is_traced,
    laid_out,
    packed,
    protected,
    replaced,
    unpacked,
)


def checkpoint(f: Callable) -> Callable:
    """f, but reverse mode keeps its arguments only: its pullback runs f again.

    Memory falls from all intermediate values of f to its arguments, at the price of one more run. Checkpoints nest, and
    the pullback is checkpointed itself when it is differentiated in turn (`hvp`, Hessians). Forward modes just call f.

    Parameters
    ----------
    f : callable
        It must do the same every time, must not write into its arguments, and what it reads besides them must not
        change until the derivative is taken. Traced values that its closure, its defaults or its object hold are
        treated as arguments; one that it reads from elsewhere (a global variable) is an error.

    Returns
    -------
    callable
        Like f: several arguments, nested containers of arrays as arguments and results.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> layer = checkpoint(lambda w, x: np.tanh(w * x))
    >>> ta.grad(lambda w: layer(w, layer(w, 1.0)))(0.0)
    np.float64(0.0)
    >>> ta.record(lambda w: layer(w, layer(w, 1.0)), 0.0).operations.total()
    2
    """

    name = f"the checkpointed function {getattr(f, '__name__', repr(f))}"

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        held, rebuild = lifted(f)
        given, place = lifted((args, kwargs), copies=True)
        if not any(map(is_traced, [*held, *given])):
            return f(*args, **kwargs)

        def build(leaves: list) -> tuple[Callable, tuple, dict]:
            return rebuild(leaves[: len(held)]), *place(leaves[len(held) :])

        region = Function(name, build)
        array = apply(region, [*held, *given])
        assert region.layout is not None
        return region.layout.unpack(array)

    return checkpointed


def checkpointed_loop(step: Callable, x: Any, n: int, snapshots: int) -> Any:
    """``x_n`` of ``x_{i+1} = step(x_i)``; reverse mode keeps at most `snapshots` of the n states.

    Parameters
    ----------
    step : callable, step(x) or step(x, i)
        One step, from the state and, if it takes two arguments, its number i = 0 … n - 1; the new state is made up like
        the old one. Parameters it captures are differentiated too. The conditions of `checkpoint` hold.
    x : array or nested container of arrays
        The first state; it counts as a snapshot.
    n : int
        Number of steps, 0 or more.
    snapshots : int
        Number of states kept, 1 or more. More than n are of no use.

    Returns
    -------
    like x
        A tuple or list of plain numbers is an array, as everywhere.

    Notes
    -----
    Value and pullback together run `step` n times traced and ``extra_steps(n, snapshots) + 1`` times plain, the least
    possible number; a second pullback costs the same again. Beside the snapshots there is the state at hand, and the
    recording of one step.

    Raises
    ------
    ValueError
        n is below 0 or snapshots below 1; the state changes its shape.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> def last(x):
    ...     return checkpointed_loop(lambda x: x + 0.001 * np.sin(x), x, 1000, snapshots=10)
    >>> print(ta.grad(last)(1.0).round(12))
    1.101704591307
    """
    n, snapshots = _count(n, "n", 0), _count(snapshots, "snapshots", 1)
    leaves, structure = flatten(x)
    state = [_as_array(leaf) for leaf in leaves]
    held, rebuild = lifted(step)
    loop = Loop(rebuild, structure, n, snapshots, len(state), _takes_number(step))
    if not any(map(is_traced, [*state, *held])):
        return structure.build(loop.advanced(step, _directly, state, 0, n))
    if n == 0:
        return structure.build(state)
    for leaf in state:
        if leaf.dtype.kind not in "fcOiub":
            raise TypeError(f"the state must be made of arrays of numbers, got dtype {leaf.dtype}")
    array = apply(loop, [*state, *held])
    assert loop.layout is not None
    return loop.layout.unpack(array)


def _as_array(leaf: Any) -> Any:
    """A state, or a part of one; a list of numbers is an array."""
    leaf = plain(joined(leaf))
    return leaf if hasattr(leaf, "dtype") else np.asarray(leaf)[()]


def _count(value: Any, name: str, least: int) -> int:
    try:
        count = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if count < least:
        raise ValueError(f"{name} must be {least} or more, got {count}")
    return count


def _takes_number(step: Callable) -> bool:
    """Whether a step takes the number of the step too: a second argument without a default."""
    try:
        parameters = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):  # functions of C
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters) >= 2


def _directly(step: Callable, *args: Any) -> Any:
    return step(*args)


Advance = Callable[[list, int, int], list]  # (state i, i, j) -> state j


class Loop(Region):
    """The last state, as a function of the first state and of what the step captured."""

    name = "the loop"

    def __init__(self, rebuild: Callable, structure: Structure, n: int, snapshots: int, size: int, takes_number: bool):
        self.rebuild, self.structure, self.n, self.snapshots = rebuild, structure, n, snapshots
        self.size, self.takes_number = size, takes_number
        self.layout: Any = None
        self.prepare = True  # the first run keeps the snapshots of the first pullback
        self.prepared: tuple[Sequence[Any], list, list] | None = None

    def evaluate(self, leaves: Sequence[Any]) -> Any:
        advance = self._advance(leaves)
        first = list(leaves[: self.size])
        if self.prepare and not any(map(is_traced, leaves)):
            self.prepare, kept_states = False, [(0, first)]
            state = _state_before(advance, kept_states, self.n, self.snapshots)
            self.prepared = leaves, kept_states, state
            last = advance(state, self.n - 1, self.n)
        else:
            last = advance(first, 0, self.n)
        array, self.layout = laid_out(self.structure.build(last))
        return array

    def _advance(self, leaves: Sequence[Any]) -> Advance:
        """Steps with what was captured, everyday NumPy switched on if anything is differentiated."""
        step = self.rebuild(list(leaves[self.size :]))
        if has_duck(leaves):
            return functools.partial(self.advanced, step, followed)
        return functools.partial(unfollowed, self.advanced, step, _directly)

    def advanced(self, step: Callable, run: Callable, state: list, begin: int, end: int) -> list:
        """The state after some steps."""
        for i in range(begin, end):
            state = self._stepped(step, run, state, i)
        return state

    def _stepped(self, step: Callable, run: Callable, state: list, i: int) -> list:
        x = self.structure.build([protected(leaf) for leaf in state])
        result = run(step, x, i) if self.takes_number else run(step, x)
        leaves = [_as_array(leaf) for leaf in leaves_of(result, self.structure, "the result of step")]
        for old, new in zip(state, leaves, strict=True):
            if new.shape != old.shape:
                raise ValueError(f"step {i} changed the shape of the state from {old.shape} to {new.shape}")
            if old.dtype.kind in "iub" and new.dtype.kind not in "iub":
                raise TypeError(
                    f"step {i} made {new.dtype} of a state of {old.dtype}: start with floating-point numbers"
                )
        return leaves

    def pull(self, leaves: Sequence[Any], wanted: Sequence[int], ybar: Any) -> list[Any]:
        """Step by step from the last to the first."""
        state, held = list(leaves[: self.size]), list(leaves[self.size :])
        moving = [i for i, leaf in enumerate(state) if leaf.dtype.kind in "fcO"]
        chosen = [i - self.size for i in wanted if i >= self.size]
        totals: list[Any] = [None] * len(held)
        xbar = ybar
        for i, before in self._backwards(leaves):
            parts = self._pulled(before, held, moving, chosen, i, xbar)
            like = [before[m] for m in moving]
            xbar = packed([np.zeros_like(x) if p is None else p for x, p in zip(like, parts, strict=False)])
            del before, like  # while the next state is computed only its snapshot is alive
            for place, part in zip(chosen, parts[len(moving) :], strict=True):
                if part is not None:
                    totals[place] = part if totals[place] is None else totals[place] + part
        bars = replaced([None] * self.size, moving, unpacked(xbar, [state[m] for m in moving]))
        return [([*bars, *totals])[i] for i in wanted]

    def _pulled(self, before: list, held: list, moving: list, chosen: list, i: int, ybar: Any) -> list[Any]:
        """Cotangents of one step's state and of what it captured."""

        def once(*inputs: Any) -> Any:
            step = self.rebuild(replaced(held, chosen, inputs[len(moving) :]))
            after = self._stepped(step, followed, replaced(before, moving, inputs[: len(moving)]), i)
            return packed([after[m] for m in moving])

        recording = Recording(once, (*(before[m] for m in moving), *(held[c] for c in chosen)))
        return recording.pull([ybar])

    def _backwards(self, leaves: Sequence[Any]) -> Iterator[tuple[int, list]]:
        """The numbers of the steps from the last to the first, and the states before them."""
        advance = self._advance(leaves)
        kept_states: list[tuple[int, list]] = [(0, list(leaves[: self.size]))]
        end = self.n
        if self.prepared is not None and all(a is b for a, b in zip(self.prepared[0], leaves, strict=True)):
            _, kept_states, state = self.prepared
            self.prepared, end = None, end - 1
            yield end, state
            del state
        while end > 0:
            while kept_states[-1][0] >= end:
                kept_states.pop()
            yield end - 1, _state_before(advance, kept_states, end, self.snapshots)
            end -= 1


def _state_before(advance: Advance, kept_states: list[tuple[int, list]], end: int, snapshots: int) -> list:
    """The state before step end - 1, from the latest snapshot; new snapshots are left on the way to it."""
    while True:
        begin, state = kept_states[-1]
        free = snapshots - len(kept_states) + 1
        if end - begin == 1 or free == 1:
            return advance(state, begin, end - 1)
        middle = begin + _split(end - begin, free)
        kept_states.append((middle, advance(state, begin, middle)))


def _split(length: int, snapshots: int) -> int:
    """How many steps to take before the next snapshot, of `length` ≥ 2 steps with `snapshots` ≥ 2 of them free."""
    below, repetitions = 1, 1  # β(s, r - 1) and r, with β(s, r - 1) < length ≤ β(s, r)
    while (above := below * (snapshots + repetitions) // repetitions) < length:
        below, repetitions = above, repetitions + 1
    return min(below, length - comb(snapshots + repetitions - 2, snapshots - 1))


def extra_steps(n: int, snapshots: int) -> int:
    """The least number of steps beside the n traced ones that reverse a loop of n steps with some snapshots.

    ``t(n, s) = r n - β(s + 1, r - 1)`` with r such that ``β(s, r - 1) < n ≤ β(s, r)``, ``β(s, r) = C(s + r, s)``.

    >>> [extra_steps(1000, s) for s in (1, 10, 100, 999)]
    [499500, 3636, 1898, 999]
    """
    n, snapshots = _count(n, "n", 0), _count(snapshots, "snapshots", 1)
    if n <= 1:
        return 0
    repetitions = 1
    while comb(snapshots + repetitions, snapshots) < n:
        repetitions += 1
    return repetitions * n - comb(snapshots + repetitions, snapshots + 1)
