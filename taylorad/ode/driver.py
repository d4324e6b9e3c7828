"""The loop over steps as machine code: ``i32 NAME(ptr control)`` makes steps until something needs a decision.

The recurrences of `compile.series` give the coefficients; around them are written the check of the step before, the
length (`control` has the formulas), the sum of the increment with the rounding error that is carried from step to step,
and the time as a sum of two numbers. Increments are summed before they meet the state: with ``Q = x_1 + (x_2 + …) h``
the product h Q and the sum y + h Q are taken with their rounding errors (Dekker, Numerische Mathematik 18 (1971)).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np

from taylorad.compile.series.shapes import Shape
from taylorad.compile.series.text import Text, literal, type_of
from taylorad.ode.control import DEFECT_LIMIT, FRACTION, KEPT, LEAST_UNIT, SHORTEST, Control, Status
from taylorad.ode.event_code import Event

D = np.dtype(np.float64)
LOOP = 64  # components from which on work on them is a loop


class Driver:
    """Writes the body of the function.

    Parameters
    ----------
    text : Text
    size, order : int
        Of the state, as real numbers, and of the polynomials.
    events : int
        How many event functions follow the slope among the outputs.
    autonomous : bool
        Whether the time is of no influence; else steps end at times that are single numbers, where they can.
    paired : bool
        Whether neighbours are real and imaginary parts of complex numbers.
    """

    def __init__(self, text: Text, size: int, order: int, events: int, autonomous: bool, paired: bool):
        self.text, self.size, self.order, self.count = text, size, order, events
        self.autonomous, self.paired = autonomous, paired
        self.events: list[Event] = []
        self.lanes = text.bits // 64

    def write(self, prepare: Callable[[str], tuple[int, Callable[[], Shape]]]) -> int:
        """The whole body; `prepare` is `compile.series.shapes.Plan.prepared`. How many bytes of workspace it needs."""
        text = self.text
        text.line(f"%inputs = load ptr, ptr {self._field('inputs')}")
        text.line(f"%outputs = load ptr, ptr {self._field('outputs')}")
        self.state, self.carry, self.before, self.predicted, self.absolute, self.relative = (
            text.new(f"load ptr, ptr {self._field(name)}")
            for name in ("state", "carry", "carry_before", "predicted", "absolute", "relative")
        )
        size, begin = prepare(f"load ptr, ptr {self._field('workspace')}")
        text.jump("step")
        text.begin("step")
        self._place_coefficients()
        recurrences = begin()
        recurrences.first(fail="guard")
        self._check()
        self._leave_if_due()
        recurrences.rest()
        self._leave_if(text.new(f"icmp ne i64 {self._count('watch')}, 0"), Status.COEFFICIENTS)
        self._length()
        self._advance()
        text.jump("step")
        text.begin("guard")
        self._leave(Status.GUARD)
        return size

    # ------------------------------------------------------------------------------------------------- the control

    def _field(self, name: str) -> str:
        return self.text.new(f"getelementptr inbounds i8, ptr %control, i64 {Control.offset(name)}")

    def _number(self, name: str) -> str:
        return self.text.new(f"load double, ptr {self._field(name)}")

    def _count(self, name: str) -> str:
        return self.text.new(f"load i64, ptr {self._field(name)}")

    def _set(self, name: str, value: Any, kind: str = "double") -> None:
        self.text.line(f"store {kind} {value}, ptr {self._field(name)}")

    def _leave(self, status: Status) -> None:
        self.text.line(f"ret i32 {int(status)}")

    def _leave_if(self, condition: str, status: Status) -> None:
        text = self.text
        leaving, going_on = text.fresh("leave"), text.fresh("on")
        text.line(f"br i1 {condition}, label %{leaving}, label %{going_on}")
        text.begin(leaving)
        self._leave(status)
        text.begin(going_on)

    def _place_coefficients(self) -> None:
        """Coefficients of this step go to the current row."""
        text = self.text
        base = text.new(f"load ptr, ptr {self._field('coefficients')}")
        offset = text.new(f"mul i64 {self._count('row')}, {(self.order + 1) * self.size}")
        self.rows = text.address(base, offset, D)
        text.line(f"store ptr {self.rows}, ptr %outputs")
        self.events = [Event(self.text, self.order, self._observed(i)) for i in range(self.count)]

    def _observed(self, number: int) -> tuple[str, str]:
        """Where the coefficients of an event function go in this step, and what is kept of it for the next."""
        text = self.text
        base = text.new(f"load ptr, ptr {self._field('observed')}")
        row = text.new(f"mul i64 {self._count('row')}, {self.order * self.count}")
        address = text.address(base, text.plus(row, self.order * number), D)
        place = text.new(f"getelementptr inbounds ptr, ptr %outputs, i64 {number + 1}")
        text.line(f"store ptr {address}, ptr {place}")
        return address, text.address(text.new(f"load ptr, ptr {self._field('expected')}"), 4 * number, D)

    # ---------------------------------------------------------------------------------------------------- components

    def _over(
        self, body: Callable[[Any, int, list[str]], list[str]], carried: list[tuple[str, Callable[[int], str]]]
    ) -> list[list[tuple[str, int]]]:
        """All components, a register at a time; carried are pairs (kind, first value of a width).

        Returns, for each carried value, its final registers with their widths.
        """
        lanes, text = self.lanes, self.text
        full, results = self.size // lanes * lanes, [[] for _ in carried]  # type: ignore[var-annotated]
        if full:
            names = [first(lanes) for _, first in carried]
            if full > LOOP:
                pairs = [(_kind(kind, lanes), x) for (kind, _), x in zip(carried, names, strict=True)]
                names = text.loop(0, full, lambda i, c: body(i, lanes, c), pairs, lanes)
            else:
                for at in range(0, full, lanes):
                    names = body(at, lanes, names)
            for result, name in zip(results, names, strict=True):
                result.append((name, lanes))
        if self.size > full:
            width = self.size - full
            for result, name in zip(results, body(full, width, [f(width) for _, f in carried]), strict=True):
                result.append((name, width))
        return results

    def _part(self, k: int, at: Any, width: int) -> str:
        return self.text.load(self.rows, self.text.plus(at, k * self.size), D, width)

    def _absolute(self, x: str, width: int) -> str:
        return self.text.call("absolute", [x], D, width)

    def _larger(self, x: str, y: str, width: int) -> str:
        return self.text.select(self.text.compare(">", x, y, D, width), x, y, D, width)

    def _times(self, x: str, y: str, width: int) -> str:
        return self.text.binary("multiply", x, y, D, width)

    def _unit(self, scale: str, at: Any, width: int) -> str:
        """w = atol + rtol s."""
        text = self.text
        if self.paired:
            scale = self._larger(scale, text.lanes(scale, [i ^ 1 for i in range(width)], width, D, width), width)
        absolute, relative = (text.load(a, at, D, width) for a in (self.absolute, self.relative))
        return text.fma(relative, scale, absolute, D, width)

    def _largest(self, registers: list[tuple[str, int]]) -> str:
        """The largest of all lanes, which are not negative."""
        text, total = self.text, literal(0, D)
        for name, width in registers:
            if width > 1:
                symbol = f"llvm.vector.reduce.fmax.v{width}f64"
                text.declared["@" + symbol] = f"declare double @{symbol}(<{width} x double>)"
                name = text.new(f"call nnan double @{symbol}(<{width} x double> {name})")
            total = self._larger(name, total, 1)
        return total

    def _any(self, registers: list[tuple[str, int]]) -> str:
        found = "false"
        for name, width in registers:
            found = self.text.logic("or", found, self.text.any_lane(name, width))
        return found

    # ------------------------------------------------------------------------------------------------------ the check

    def _check(self) -> None:
        """Compare x_1 with the derivative of the polynomial that led here."""
        text = self.text
        check, going_on = text.fresh("check"), text.fresh("on")
        checked = text.new(f"icmp ne i64 {self._count('checked')}, 0")
        text.line(f"br i1 {checked}, label %{check}, label %{going_on}")
        text.begin(check)
        length = self._number("scale")

        def compare(at: Any, width: int, carried: list[str]) -> list[str]:
            h = text.splat(length, D, width)
            first, expected = self._part(1, at, width), text.load(self.predicted, at, D, width)
            change = self._times(h, self._absolute(first, width), width)
            change = self._larger(self._times(h, self._absolute(expected, width), width), change, width)
            scale = self._larger(self._absolute(self._part(0, at, width), width), change, width)
            difference = self._absolute(text.binary("subtract", first, expected, D, width), width)
            limit = literal(DEFECT_LIMIT * (self.order + 1), D, width)
            limit = self._times(limit, self._unit(scale, at, width), width)
            within = text.compare("<=", self._times(h, difference, width), limit, D, width)  # nan is not
            return [text.logic("or", carried[0], text.logic("xor", within, ones(width), width), width)]

        (found,) = self._over(compare, [("i1", lambda width: "false" if width == 1 else "zeroinitializer")])
        self._leave_if(self._any(found), Status.DEFECT)
        for event in self.events:
            self._leave_if(event.is_off(self._number("reach")), Status.GAP)
        text.jump(going_on)
        text.begin(going_on)

    def _leave_if_due(self) -> None:
        """All steps made so far are checked here: the place to come back."""
        text = self.text
        for name, status in (("flagged", Status.EVENT), ("reached", Status.END)):
            self._leave_if(text.new(f"icmp ne i64 {self._count(name)}, 0"), status)
        self._leave_if(text.new(f"icmp sge i64 {self._count('steps')}, {self._count('limit')}"), Status.LIMIT)

    # ----------------------------------------------------------------------------------------------------- the length

    def _length(self) -> None:
        """The next step, signed, in `self.h`; whether it is the last one in `self.last`."""
        text = self.text
        estimate, nothing = self._estimate()
        forced = self._number("forced")
        is_forced = text.compare(">", forced, literal(0, D), D)
        self._leave_if(text.logic("and", nothing, text.logic("xor", is_forced, "true")), Status.TAIL)
        length = text.select(is_forced, forced, estimate, D)
        self._set("forced", literal(0, D))
        longest = self._number("longest")
        length = text.select(text.compare("<", length, longest, D), length, longest, D)
        time, low = self._number("time"), self._number("low")
        remaining = text.binary("subtract", text.binary("subtract", self._number("end"), time, D), low, D)
        reach = self._times(length, literal(1 + 2.0**-30, D), 1)  # no last step of rounding errors
        self.last = text.compare(">=", reach, self._absolute(remaining, 1), D)
        sign = text.compare("<", remaining, literal(0, D), D)
        signed = text.select(sign, text.negative(length, D), length, D)
        following = text.binary("add", time, signed, D)
        if not self.autonomous:
            signed = self._rounded(signed, length, text.binary("subtract", following, time, D))
        self.h = text.select(self.last, remaining, signed, D)
        part = self._times(signed, literal(1.0 if self.autonomous else SHORTEST, D), 1)
        still = text.compare("==", text.binary("add", time, part, D), time, D)
        self._leave_if(text.logic("and", still, text.logic("xor", self.last, "true")), Status.COLLAPSE)

    def _rounded(self, h: str, length: str, exact: str) -> str:
        """A length after which the time is one number, if there is one nearby."""
        text = self.text
        off = self._absolute(text.binary("subtract", exact, h, D), 1)
        near = text.compare("<=", off, self._times(literal(2.0**-12, D), length, 1), D)
        return text.select(near, exact, h, D)

    def _estimate(self) -> tuple[str, str]:
        """``(σε)^{1/p} min_k (1/(ε N_k))^{1/k}`` of the last three degrees, and whether they vanish."""
        text, degrees = self.text, range(self.order - 2, self.order + 1)
        scale = self._number("scale")
        square = self._times(scale, scale, 1)

        def norms(at: Any, width: int, carried: list[str]) -> list[str]:
            size = self._absolute(self._part(0, at, width), width)
            for k, h in ((1, scale), (2, square)):
                part = self._absolute(self._part(k, at, width), width)
                size = self._larger(self._times(part, text.splat(h, D, width), width), size, width)
            unit = self._unit(size, at, width)
            positive = text.compare(">", unit, literal(0, D, width), D, width)
            unit = self._larger(unit, literal(LEAST_UNIT, D, width), width)
            inverse = text.binary("divide", literal(1, D, width), unit, D, width)
            inverse = text.select(positive, inverse, literal(0, D, width), D, width)
            return [
                self._larger(self._times(self._absolute(self._part(k, at, width), width), inverse, width), old, width)
                for k, old in zip(degrees, carried, strict=True)
            ]

        found = self._over(norms, [("double", lambda width: literal(0, D, width))] * 3)
        largest = [self._largest(registers) for registers in found]
        most = self._larger(self._larger(largest[0], largest[1], 1), largest[2], 1)
        nothing = text.compare("==", most, literal(0, D), D)
        best = None
        tightness = self._number("tightness")
        for k, norm in zip(degrees, largest, strict=True):
            constant = literal(log2(FRACTION) / self.order, D)
            constant = text.fma(tightness, literal(1 / k - 1 / self.order, D), constant, D, 1)
            power = text.binary("subtract", constant, self._log2(norm, 1 / k), D)
            best = power if best is None else self._smaller(power, best)
        assert best is not None
        for event in self.events:
            for k, norm in event.norms(scale):
                constant = text.fma(
                    tightness, literal(-1 / self.order, D), literal(log2(FRACTION) / self.order, D), D, 1
                )
                best = self._smaller(text.binary("subtract", constant, self._log2(norm, 1 / k), D), best)
        return self._exp2(best), nothing

    def _smaller(self, x: str, y: str) -> str:
        return self.text.select(self.text.compare("<", x, y, D), x, y, D)

    def _log2(self, x: str, factor: float) -> str:
        """``factor·log₂ x`` to factor·0.05, by the bits of x; -1023 at 0."""
        bits = self.text.new(f"sitofp i64 {self.text.new(f'bitcast double {x} to i64')} to double")
        return self.text.fma(bits, literal(factor * 2.0**-52, D), literal(factor * (0.043 - 1023), D), D, 1)

    def _exp2(self, x: str) -> str:
        """2^x to 3 %, by its bits, 26 of them: its square, by which sums go, is then exact.

        A rounded square would err to the same side in all steps of one length: 1.6e-13 of the energy of an oscillator
        in 10⁴ periods. |x| is far below 1022, as a logarithm divided by a degree.
        """
        scaled = self.text.fma(x, literal(2.0**52, D), literal((1023 - 0.043) * 2.0**52, D), D, 1)
        bits = self.text.new(f"and i64 {self.text.new(f'fptosi double {scaled} to i64')}, {-(1 << 27)}")
        return self.text.new(f"bitcast i64 {bits} to double")

    # ----------------------------------------------------------------------------------------------------- the advance

    def _advance(self) -> None:
        """The step itself, and the record of it."""
        if self.events:
            self._flag()
        lost = self._move_state()
        self._record()
        text = self.text
        length = self._absolute(self.h, 1)
        self._set("scale", length)
        self._set("reach", self._larger(length, self._times(self._number("reach"), literal(KEPT, D), 1), 1))
        self._set("checked", 1, "i64")
        self._set("reached", text.new(f"zext i1 {self.last} to i64"), "i64")
        row = text.new(f"add i64 {self._count('row')}, 1")
        beyond = text.new(f"icmp sge i64 {row}, {self._count('rows')}")
        self._set("row", text.new(f"select i1 {beyond}, i64 0, i64 {row}"), "i64")
        self._leave_if(lost, Status.NOT_FINITE)

    def _flag(self) -> None:
        """Note whether an event function may vanish in this step, or in the one before: rounding may part a root."""
        flag, text = "false", self.text
        for event in self.events:
            flag = text.logic("or", flag, event.may_vanish(self.h))
        found = text.new(f"zext i1 {flag} to i64")
        self._set("flagged", text.new(f"or i64 {found}, {self._count('found')}"), "i64")
        self._set("found", found, "i64")

    def _move_state(self) -> str:
        """y + h Q with what is lost in rounding; whether something is not finite."""
        text, step = self.text, self.h

        def move(at: Any, width: int, carried: list[str]) -> list[str]:
            h = text.splat(step, D, width)
            tail, slope = self._tail(h, at, width)
            first = self._part(1, at, width)
            slope = text.fma(slope, h, tail, D, width)
            tail = self._times(tail, h, width)
            mean, lost_mean = self._two_sum(first, tail, width)
            text.store(text.fma(slope, h, mean, D, width), self.predicted, at, D, width)
            change = self._times(h, mean, width)
            lost = text.fma(h, mean, text.negative(change, D, width), D, width)
            lost = text.fma(h, lost_mean, lost, D, width)
            old, kept = text.load(self.state, at, D, width), text.load(self.carry, at, D, width)
            text.store(kept, self.before, at, D, width)
            new, rest = self._two_sum(old, change, width)
            rest = text.binary("add", rest, text.binary("add", kept, lost, D, width), D, width)
            final, rest = self._two_sum(new, rest, width)
            text.store(final, self.state, at, D, width)
            text.store(rest, self.carry, at, D, width)
            self._record_state(final, at, width)
            finite = text.compare("<", self._absolute(final, width), literal(np.inf, D, width), D, width)
            return [text.logic("or", carried[0], text.logic("xor", finite, ones(width), width), width)]

        target = text.new(f"load ptr, ptr {self._field('states')}")
        offset = text.new(f"mul i64 {self._count('steps')}, {self._count('state_stride')}")
        self.target = text.address(target, offset, D)
        (found,) = self._over(move, [("i1", lambda width: "false" if width == 1 else "zeroinitializer")])
        return self._any(found)

    def _tail(self, h: str, at: Any, width: int) -> tuple[str, str]:
        """``T(h) = Σ_{k≥2} x_k h^{k-2}`` and T', from T = A(h²) + h B(h²): two short chains instead of a long one."""
        text = self.text
        square = self._times(h, h, width)
        values, slopes = [], []
        for top in sorted((self.order - 1, self.order), key=lambda k: k % 2):
            value, slope = self._part(top, at, width), literal(0, D, width)
            for k in range(top - 2, 1, -2):
                slope = text.fma(slope, square, value, D, width)
                value = text.fma(value, square, self._part(k, at, width), D, width)
            values.append(value)
            slopes.append(slope)
        twice = self._times(h, literal(2, D, width), width)
        slope = text.fma(slopes[1], h, slopes[0], D, width)  # T' = B + 2h (A' + h B')
        return text.fma(values[1], h, values[0], D, width), text.fma(slope, twice, values[1], D, width)

    def _record_state(self, x: str, at: Any, width: int) -> None:
        self.text.store(x, self.target, at, D, width)

    def _two_sum(self, a: str, b: str, width: int) -> tuple[str, str]:
        """The rounded sum and what it lost (Knuth)."""
        t, new = type_of(D, width), self.text.new
        total = new(f"fadd {t} {a}, {b}")
        other = new(f"fsub {t} {total}, {a}")
        first = new(f"fsub {t} {a}, {new(f'fsub {t} {total}, {other}')}")
        second = new(f"fsub {t} {b}, {other}")
        return total, new(f"fadd {t} {first}, {second}")

    def _record(self) -> None:
        """Times and length of this step, and the new time."""
        text, steps = self.text, self._count("steps")
        time, low = self._number("time"), self._number("low")
        for name, value in (("times", time), ("lows", low), ("lengths", self.h)):
            text.store(value, text.new(f"load ptr, ptr {self._field(name)}"), steps, D)
        new, lost = self._two_sum(time, self.h, 1)
        high, rest = self._two_sum(new, text.new(f"fadd double {low}, {lost}"), 1)
        self._set("time", text.select(self.last, self._number("end"), high, D))
        self._set("low", text.select(self.last, literal(0, D), rest, D))
        self._set("steps", text.new(f"add i64 {steps}, 1"), "i64")


def ones(width: int) -> str:
    """A condition that holds in all lanes."""
    return literal(True, np.dtype(bool), width)


def _kind(kind: str, width: int) -> str:
    return kind if width == 1 else f"<{width} x {kind}>"
