"""Sites: module namespaces some of whose names are exchanged while differentiated functions run.

A site is entered by every run that needs it and restored when the last one leaves, also when they end in an exception
and also when they run in several threads. The replacements themselves see to it that only calls from a run are
diverted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_lock = threading.RLock()


class Site:
    """A namespace, and what stands in it instead of its own entries while it is in use.

    Attributes
    ----------
    namespace : dict
    replacements, originals : dict of the same keys
    users : number of runs that are under way
    """

    __slots__ = ("namespace", "originals", "replacements", "users")

    def __init__(self, namespace: dict, replacements: dict[str, Any]):
        self.namespace, self.replacements, self.users = namespace, replacements, 0
        self.originals = {name: namespace[name] for name in replacements}

    def exchange(self) -> None:
        self.namespace.update(self.replacements)

    def restore(self) -> None:
        self.namespace.update(self.originals)


class UserSite(Site):
    """Names of a user's module; absent ones (of built-in functions) are taken away again, new values are left alone."""

    __slots__ = ()

    def __init__(self, namespace: dict, replacements: dict[str, Any]):
        self.namespace, self.replacements, self.users = namespace, replacements, 0
        self.originals = {name: namespace[name] for name in replacements if name in namespace}

    def restore(self) -> None:
        for name, replacement in self.replacements.items():
            if self.namespace.get(name) is not replacement:
                continue
            if name in self.originals:
                self.namespace[name] = self.originals[name]
            else:
                del self.namespace[name]


def enter(sites: Sequence[Site]) -> None:
    """Exchange the names of sites."""
    with _lock:
        for site in sites:
            site.users += 1
            if site.users == 1:
                site.exchange()


def leave(sites: Sequence[Site]) -> None:
    """Put the names of sites back, unless another run still needs them."""
    with _lock:
        for site in sites:
            site.users -= 1
            if site.users == 0:
                site.restore()


class Modules:
    """The sites of users' modules: names they imported from NumPy, and built-in functions that force numbers.

    Parameters
    ----------
    exchanged : dict from the id of an original to (original, replacement)
    builtins : replacements of built-in functions, by name
    """

    def __init__(self, exchanged: dict[int, tuple[Any, Any]], builtins: dict[str, Any]):
        self.exchanged, self.builtins = exchanged, builtins
        self.imports: dict[int, tuple[dict, int, Site | None]] = {}
        self.shadows: dict[tuple[int, str], Site] = {}

    def sites(self, namespace: dict, used: Iterable[str] = ()) -> Iterator[Site]:
        """The sites of a module: its imports, and those built-in functions that its code calls."""
        with _lock:
            _, size, site = self.imports.get(id(namespace), (namespace, -1, None))
            if size != len(namespace) and (site is None or site.users == 0):
                site = self._look(namespace)
            if site is not None:
                yield site
            for name in used:
                if name in self.builtins:
                    yield self._shadow(namespace, name)

    def _look(self, namespace: dict) -> Site | None:
        found = {name: self.exchanged[id(v)][1] for name, v in namespace.items() if id(v) in self.exchanged}
        site = UserSite(namespace, found) if found else None
        self.imports[id(namespace)] = namespace, len(namespace), site
        return site

    def _shadow(self, namespace: dict, name: str) -> Site:
        key = id(namespace), name
        if key not in self.shadows:
            self.shadows[key] = UserSite(namespace, {name: self.builtins[name]})
        return self.shadows[key]
