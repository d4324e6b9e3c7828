"""Everyday NumPy: what a user's function is called through, so that plain arrays can take traced values.

``np.zeros(3)`` inside a differentiated function must be able to hold ``x[0]``. While a function runs, the functions of
NumPy and of `math` that make arrays or numbers are therefore exchanged for ones that return arrays in disguise
(`taylorad.trace.replacements`), in users' modules also under the names they were imported by; afterwards they are put
back. Captured arrays are seen through a lens (`taylorad.trace.lens`) where the code writes into arrays. Code of
libraries, and of other threads, goes on as if nothing had happened.
"""

from __future__ import annotations

import cmath
import math
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.dispatch import UnsupportedFunctionError
from taylorad.refusals import LostDerivativeError, place_of, refusal_behind
from taylorad.trace.constants import Watch, current
from taylorad.trace.lens import Lens, through
from taylorad.trace.mathematics import cmath_replacements, math_replacements
from taylorad.trace.reachable import Reach, is_data, reach_of
from taylorad.trace.replacements import (
    builtin_replacements,
    local,
    numpy_replacements,
    random_replacements,
    submodule_replacements,
)
from taylorad.trace.searches import search_sites
from taylorad.trace.sites import Modules, Site, enter, leave
from taylorad.trace.tracer import Tracer, uncovered
from taylorad.trace.twins import holds_arrays

_BASE = [
    Site(np.__dict__, numpy_replacements()),
    Site(np.linalg.__dict__, submodule_replacements(np.linalg)),
    Site(np.fft.__dict__, submodule_replacements(np.fft)),
    Site(np.random.__dict__, random_replacements()),
    Site(math.__dict__, math_replacements()),
    Site(cmath.__dict__, cmath_replacements()),
]
_modules = Modules(
    {id(site.originals[name]): (site.originals[name], r) for site in _BASE for name, r in site.replacements.items()},
    builtin_replacements(),
)


class _Run(threading.local):
    lens: Lens | None = None


_run = _Run()


def followed(f: Callable, *args: Any, **kwargs: Any) -> Any:
    """``f(*args, **kwargs)`` with everyday NumPy switched on; arrays in disguise that it returns lose their cover.

    Raises
    ------
    LostDerivativeError
        A differentiated value would have become a plain number; the message names the line and the way out.
    """
    if f.__class__ is types.FunctionType and f.__globals__["__name__"] in _TRANSFORMS:
        return f(*args, **kwargs)  # calls the user's function through here itself
    reach, some, every = _look(f)
    closed = reach.closed and all(map(is_data, args)) and not kwargs
    sites = some if closed else every
    watch, covers = current.watch, local.covers
    if sites:
        enter(sites)
    local.depth += 1
    local.covers = covers or reach.writes or not closed
    current.watch = Watch.within(watch, reach.writes, closed)
    try:
        given = (*args, *kwargs.values())
        if reach.writes and (reach.captured or _run.lens is not None or any(map(_may_hold, given))):
            return uncovered(_through_lens(f, args, kwargs))
        return uncovered(f(*args, **kwargs))
    except (TypeError, ValueError, AttributeError, SystemError) as error:
        if (refusal := _refusal(error)) is None:
            raise
        raise refusal from error
    finally:
        local.depth -= 1
        local.covers = covers
        current.watch.release()
        current.watch = watch
        if sites:
            leave(sites)


_TRANSFORMS = ("taylorad.transforms.gradients", "taylorad.transforms.second", "taylorad.compile.jit")


def _refusal(error: Exception) -> LostDerivativeError | None:
    """What is raised instead of an error, if it came of a traced value that was wanted as a plain number."""
    if isinstance(error, UnsupportedFunctionError) and not hasattr(error, "__notes__"):
        error.add_note(f"called in {place_of(error)}".rstrip())
    assert current.watch is not None
    refusal = current.watch.refusal(error) or refusal_behind(error)
    return None if refusal is None or isinstance(error, LostDerivativeError) else LostDerivativeError(*refusal.args)


def _may_hold(x: Any) -> bool:
    return x.__class__ is not Tracer and holds_arrays(x)


_looks: dict[types.CodeType, tuple[Reach, list[Site], list[Site]]] = {}


def _look(f: Any) -> tuple[Reach, list[Site], list[Site]]:
    """What a function reaches, the sites its code needs, and those it needs when given objects with other code."""
    code = f.__code__ if f.__class__ is types.FunctionType else None
    look = _looks.get(code) if code is not None else None
    if look is not None and look[0].fits(f):
        return look
    reach = reach_of(f)
    searches = search_sites(_modules.exchanged)
    users = [site for namespace, used in reach.modules.values() for site in _modules.sites(namespace, used)]
    needed = [site for site in _BASE if _is_needed(site, reach)]
    every = _BASE + searches + users
    look = reach, (needed + users if reach.closed else every), every
    if code is not None and reach.repeatable:
        if len(_looks) > 4096:
            _looks.clear()
        _looks[code] = look
    return look


def _is_needed(site: Site, reach: Reach) -> bool:
    library = site.namespace["__name__"].partition(".")[0]
    return library in reach.libraries and not reach.mentioned.isdisjoint(site.replacements)


def _through_lens(f: Callable, args: tuple, kwargs: dict) -> Any:
    outermost = _run.lens is None
    lens = _run.lens = _run.lens or Lens()
    try:
        args = tuple(map(lens.seen, args))
        return through(f, lens)(*args, **{name: lens.seen(value) for name, value in kwargs.items()})
    finally:
        if outermost:
            _run.lens = None
            lens.finish()


def unfollowed(f: Callable, *args: Any, **kwargs: Any) -> Any:
    """``f(*args, **kwargs)`` with NumPy as it is: for code that sees plain arrays only."""
    depth, local.depth = local.depth, 0
    try:
        return f(*args, **kwargs)
    finally:
        local.depth = depth
