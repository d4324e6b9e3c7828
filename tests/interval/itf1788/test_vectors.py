"""Every vector of ITF1788 (Apache and all-permissive files) on every operation that is offered."""

from __future__ import annotations

import math
import re
from collections import defaultdict

import mpmath
import pytest

from taylorad.compile.intervals.provider import is_supported
from taylorad.rings.interval import arithmetic
from taylorad.rings.interval.kernels import CRIVAL, KERNELS
from tests.interval.itf1788.operations import (
    DEVIATIONS,
    NEED_CRIVAL,
    NOT_OFFERED,
    OPERATIONS,
    WIDER,
    answers,
    complaint,
    deviation,
    is_offered,
    outcomes,
)
from tests.interval.itf1788.vectors import FOLDER, read_all, without_comments

VECTORS = read_all()
TIGHT = None if CRIVAL.available() and is_supported() else False  # otherwise, results enclose
UNAVAILABLE = frozenset() if CRIVAL.available() else NEED_CRIVAL
BLOCKS = defaultdict(list)
for _vector in VECTORS:
    BLOCKS[_vector.file, _vector.block].append(_vector)


def test_every_line_of_every_file_is_read():
    lines = [re.findall(r";\s*$", without_comments(path.read_text()), re.MULTILINE) for path in FOLDER.glob("*.itl")]
    assert len(lines) == 16
    assert len(VECTORS) == sum(map(len, lines)) == 7137


@pytest.mark.parametrize(("file", "block"), BLOCKS, ids=[f"{file}-{block}" for file, block in BLOCKS])
def test_vectors_come_out_as_expected(file, block):
    chosen = [vector for vector in BLOCKS[file, block] if vector.operation not in UNAVAILABLE]
    if not chosen:
        pytest.skip("reverse operations need crival, which is not installed")
    wrong = [
        f"{vector.place} -> {said}"
        for vector, answer in outcomes(chosen)
        if answer is not None and deviation(vector) is None and (said := complaint(vector, answer, TIGHT))
    ]
    assert not wrong, f"{len(wrong)} lines of {block}:\n" + "\n".join(wrong)


def test_operations_not_offered_are_exactly_those_listed():
    named = {vector.operation for vector in VECTORS}
    assert {name for name in named if not is_offered(name)} == set(NOT_OFFERED)
    assert set(OPERATIONS) <= named


def test_deviations_are_exactly_those_listed():
    listed = [line for lines in DEVIATIONS.values() for line in lines]
    chosen = [vector for vector in VECTORS if vector.source in listed]
    assert set(listed) == {vector.source for vector in chosen}
    assert all(complaint(vector, *answers([vector])) for vector in chosen if vector.operation not in UNAVAILABLE)


def _exact_ends(operation, c, x):
    """Ends of the reverse set, from 60 digits: the branches of the inverse function that lie in x."""
    low, high, pi = mpmath.mpf(c.inf), mpmath.mpf(c.sup), +mpmath.pi
    if operation == "sinRevBin":
        return mpmath.asin(low), pi - mpmath.asin(low)
    if operation == "cosRevBin":
        ends = mpmath.acos(high), 2 * pi - mpmath.acos(high)
        return ends if x.inf > 0 else (-ends[1], -ends[0])
    if operation == "tanRevBin":
        return mpmath.atan(low) - pi, mpmath.atan(high) + (pi if x.sup > pi else 0)
    if operation == "pownRev":
        end = mpmath.mpf(2) ** (mpmath.mpf(1074) / 7)
        return (end, mpmath.inf) if c.sup > 0 else (-mpmath.inf, -end)
    return -mpmath.inf, mpmath.mpf(-1) / 2  # powRev2: (1/4)^(-1/2) = 2, the other s of a need smaller t


def test_vectors_wider_than_the_set_are_so():
    chosen = [vector for vector in VECTORS if vector.source in WIDER]
    assert len(chosen) == len(WIDER)
    for vector in chosen:
        c, x = vector.arguments[0], vector.arguments[1]
        with mpmath.workdps(60):
            inf, sup = _exact_ends(vector.operation, c, x)
        expected = vector.expected[0]
        assert expected.inf <= inf <= sup <= expected.sup
        assert math.nextafter(expected.inf, math.inf) <= inf or sup <= math.nextafter(expected.sup, -math.inf), vector
        if vector.operation not in UNAVAILABLE:
            found = answers([vector])[0][0]
            assert float(found.inf) <= inf <= sup <= float(found.sup)


def test_a_wrong_answer_is_noticed():
    for vector in VECTORS:
        if vector.operation == "add" and vector.expected[0].inf == vector.expected[0].inf:
            found = answers([vector])[0][0]
            outside = type(found)._make(found.ends[0] + 1.0, found.ends[1] + 1.0, found.codes)
            if found.is_bounded:
                assert "does not enclose" in complaint(vector, (outside,))


ELEMENTARY = [vector for vector in VECTORS if vector.file in ("libieeep1788_elem.itl", "atan2.itl")]


def not_enclosed():
    """Complaints about elementary functions that are asked to enclose only."""
    answered = [(vector, answer) for vector, answer in outcomes(ELEMENTARY) if answer is not None]
    assert len(answered) == len(ELEMENTARY) == 3856
    return [f"{vector.place} -> {said}" for vector, a in answered if (said := complaint(vector, a, tight=False))]


@pytest.mark.parametrize("missing", [["crival"], ["crival", "pyintval"]], ids="without {}".format)
def test_vectors_are_enclosed_where_kernels_are_not_installed(missing, monkeypatch):
    for kernel in KERNELS:
        if kernel.name in missing:
            monkeypatch.setattr(type(kernel), "available", lambda self: False)
    assert not not_enclosed()


def test_vectors_are_enclosed_by_arithmetic_in_numpy(monkeypatch):
    monkeypatch.setattr(arithmetic, "compiled", None)
    assert not not_enclosed()
