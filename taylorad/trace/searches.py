"""SciPy's searches during a run: they compare values, so what they find would carry no derivatives.

A root or a minimum of a function with traced parameters depends on them by the implicit function theorem, which a
search that looks at numbers cannot know: the objective is watched, and a traced value of it refused with the way out.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from taylorad.dispatch import unwrapped
from taylorad.refusals import LostDerivativeError, place, user_frame
from taylorad.trace.replacements import has_duck, local, replacing
from taylorad.trace.sites import Site

_SEARCHES = (
    "minimize minimize_scalar root root_scalar brentq brenth ridder bisect toms748 newton fsolve fixed_point "
    "least_squares leastsq curve_fit basinhopping differential_evolution dual_annealing shgo direct brute golden brent "
    "fminbound fmin fmin_bfgs fmin_cg fmin_ncg fmin_l_bfgs_b fmin_tnc fmin_slsqp fmin_powell fmin_cobyla"
)


def _searching(original: Callable) -> Callable:
    @replacing(original)
    def search(*args: Any, **kwargs: Any) -> Any:
        if not local.depth:
            return original(*args, **kwargs)
        args = tuple(_watched(a, original.__name__) if callable(a) else a for a in args)
        kwargs = {k: _watched(a, original.__name__) if callable(a) else a for k, a in kwargs.items()}
        return original(*args, **kwargs)

    return search


def _watched(objective: Callable, name: str) -> Callable:
    """An objective whose values must be plain."""

    @functools.wraps(objective)
    def watched(*args: Any, **kwargs: Any) -> Any:
        value = objective(*args, **kwargs)
        if has_duck((value,)) and _is_live(value):
            raise LostDerivativeError(
                f"{place(user_frame())}scipy.optimize.{name} compares values and would lose their derivatives: use "
                "a rule of your own for what is found (ta.custom_rule, with the implicit function theorem), or write "
                "the iteration in NumPy"
            )
        return value

    return watched


def _is_live(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_live, value))
    return hasattr(unwrapped(value), "level")


_sites: list[Site] = []


def search_sites(exchanged: dict[int, tuple[Any, Any]]) -> list[Site]:
    """The namespace of `scipy.optimize`, once it is loaded; its exchanges are entered into a table."""
    if not _sites and "scipy.optimize" in sys.modules:
        namespace = sys.modules["scipy.optimize"].__dict__
        site = Site(namespace, {n: _searching(namespace[n]) for n in _SEARCHES.split() if n in namespace})
        exchanged.update({id(site.originals[n]): (site.originals[n], r) for n, r in site.replacements.items()})
        _sites.append(site)
    return _sites
