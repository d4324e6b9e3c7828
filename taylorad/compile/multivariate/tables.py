"""What compiled code needs to know of a structure: integers and tables, one array of their addresses."""

from __future__ import annotations

import ctypes
from enum import IntEnum

import numpy as np

from taylorad.algebras.structure import MultivariateStructure

STRAIGHT = 8  # rows of a degree below this have straight code
NARROW = 1 << 16  # places below are held in 16 bits
SLACK = 64  # numbers that vectors may read past the end of a padded array


class Field(IntEnum):
    """Places in a table of addresses."""

    ORDER = 0
    SIZE = 1
    PADDED = 2  # numbers in a padded array
    MALLOC = 3
    FREE = 4
    STARTS = 5  # i64: where the parts begin, order + 2
    FIRST = 6  # i64: the first prefix of each degree, order + 2
    RUNS = 7  # i32 [prefix][m]: place of the row in the package's order
    PLACES = 8  # i32 [term]: its place in a padded array
    LISTS = 9  # i64 [prefix]: where its list of pairs begins
    PAIRS = 10  # two places of prefixes in a padded array, the second in the upper half: i32 if `narrow`, else i64
    ROWS = 11  # i64 [m]: where the row of degree m begins, from the prefix's place
    TERMS = 12  # i64 [term]: where its list of pairs of terms begins
    TERM_PAIRS = 13  # i64: two terms, the second in the upper half
    PART = 14  # functions: see `rows` and `lanes`
    SQUARE = 15
    LONG = 16
    SQUARE_LONG = 17
    WHOLE = 18
    SQUARE_WHOLE = 19


class Tables:
    """The tables of one structure of at least two variables.

    A prefix is a monomial in all variables but the last two; see `rows`. Pairs that make a prefix or a term are listed
    so that the list read backwards has the two exchanged: its first half, twice, and its middle make a square.

    Attributes
    ----------
    words : array of int64
        What compiled code takes: numbers and addresses, by `Field`; valid as long as this object lives.
    narrow : bool
        Whether places in a padded array are below 2¹⁶.
    """

    def __init__(self, structure: MultivariateStructure, batched: bool):
        self.structure = structure
        self.order = structure.order
        self.kept: list[np.ndarray] = []
        self.narrow = False
        self.words = self._batched() if batched else self._single()

    def _single(self) -> np.ndarray:
        """The addresses for products of single series."""
        prefixes = self._prefixes()
        counts = np.prod(prefixes + 1, axis=1)  # pairs of prefixes that make each: in order, for branch prediction
        rank = np.lexsort((counts, prefixes.sum(axis=1)))
        degrees, starts = prefixes.sum(axis=1)[rank], self._row_starts()
        sizes = starts[self.order - degrees] + self.order - degrees + 1
        base = np.empty(len(rank), dtype=np.int64)
        base[rank] = np.cumsum(sizes) - sizes
        runs = self._runs(prefixes[rank], degrees)
        padded = int(sizes.sum()) + SLACK
        self.narrow = padded < NARROW
        pairs = self._prefix_pairs(base, rank)
        tables: dict[Field, np.ndarray] = {
            Field.FIRST: np.searchsorted(degrees, np.arange(self.order + 2)),
            Field.RUNS: runs.astype(np.int32),
            Field.PLACES: self._places(runs, degrees, base[rank], starts).astype(np.int32),
            Field.LISTS: np.concatenate([[0], np.cumsum(counts[rank])]),
            Field.PAIRS: pairs.astype(np.uint32).view(np.int32) if self.narrow else pairs,
            Field.ROWS: starts,
        }
        return self._addresses(padded, tables)

    def _batched(self) -> np.ndarray:
        begins, packed = [], []
        total = 0
        for k in range(self.order + 1):
            p, q, starts = self.structure.table(k, 0, k)
            begins.append(starts + total)
            packed.append(_packed(p, q))
            total += len(p)
        tables = {Field.TERMS: np.concatenate([*begins, [total]]), Field.TERM_PAIRS: np.concatenate(packed)}
        return self._addresses(0, tables)

    def _addresses(self, padded: int, tables: dict[Field, np.ndarray]) -> np.ndarray:
        starts = np.array([self.structure.part(k).start for k in range(self.order + 1)] + [self.structure.size])
        words = np.zeros(len(Field), dtype=np.int64)
        words[[Field.ORDER, Field.SIZE, Field.PADDED]] = self.order, self.structure.size, padded
        words[[Field.MALLOC, Field.FREE]] = _allocation()
        for field, table in {**tables, Field.STARTS: starts}.items():
            kept = np.ascontiguousarray(table, table.dtype if table.dtype == np.int32 else np.int64)
            self.kept.append(kept)
            words[field] = kept.ctypes.data
        return words

    def _prefixes(self) -> np.ndarray:
        """Exponents of all prefixes, by degree."""
        count = self.structure.variables - 2
        if count == 0:
            return np.zeros((1, 0), dtype=np.int64)
        return MultivariateStructure.of(count, self.order).exponents

    def _row_starts(self) -> np.ndarray:
        """Where the row of each degree begins; zeros on both sides for all moves of a longer row."""
        starts = [0]
        for m in range(self.order):
            moves = max(min(m, self.order - m), min(m + 1, self.order - m - 1))
            starts.append(starts[-1] + m + 1 + (m + 1 if m < STRAIGHT else moves))
        return np.array(starts)

    def _runs(self, prefixes: np.ndarray, degrees: np.ndarray) -> np.ndarray:
        """Place in the package's order of the row of each prefix and degree; 0 where there is none."""
        m = np.arange(self.order + 1)
        exponents = np.zeros((len(prefixes), len(m), self.structure.variables), dtype=np.int64)
        exponents[:, :, :-2] = prefixes[:, None]
        exponents[:, :, -2] = m
        exists = degrees[:, None] + m <= self.order
        return np.where(exists, self.structure.index(np.where(exists[..., None], exponents, 0)), 0)

    def _places(self, runs: np.ndarray, degrees: np.ndarray, base: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Place of every term in a padded array."""
        places = np.empty(self.structure.size, dtype=np.int64)
        for m in range(self.order + 1):
            there = degrees + m <= self.order
            steps = np.arange(m + 1)
            places[runs[there, m][:, None] + steps] = base[there][:, None] + starts[m] + steps
        return places

    def _prefix_pairs(self, base: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """The lists of pairs of prefixes, those of prefix rank[0] first; `base` holds their places."""
        if self.structure.variables == 2:
            return np.zeros(1, dtype=np.int64)
        parts = MultivariateStructure.of(self.structure.variables - 2, self.order)
        lists: list[np.ndarray] = []
        for k in range(self.order + 1):
            p, q, starts = parts.table(k, 0, k)
            lists += np.split(_packed(base[p], base[q], 16 if self.narrow else 32), starts[1:])
        return np.concatenate([lists[g] for g in rank])


def _packed(first: np.ndarray, second: np.ndarray, bits: int = 32) -> np.ndarray:
    return np.asarray(first, np.int64) | np.asarray(second, np.int64) << bits


def _allocation() -> tuple[int, int]:
    """Addresses of C's malloc and free."""
    library = ctypes.CDLL(None)
    malloc, free = (ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0 for name in ("malloc", "free"))
    return malloc, free
