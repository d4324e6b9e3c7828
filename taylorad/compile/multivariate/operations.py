"""The operations: products, quotients, and the one recurrence, as in `taylorad.algebras.recurrence`."""

from __future__ import annotations

from taylorad.compile.multivariate.plan import Number, Plan
from taylorad.compile.multivariate.steps import Operation, Series, Written


def product_text(number: str, width: int, vector: int, square: bool) -> Written:
    """``z = u v``, or u u."""
    run = Operation(number, width, vector)

    def body(ins: list[str], outs: list[str]) -> None:
        operands = [run.series(place, padded=True) for place in ins]
        run.clear(operands)
        if width == 1:
            run.spread(operands, "0", run.order)
            run.multiply(Series(outs[0]), operands[0], operands[-1])
            return
        with run.code.loop(0, run.code.add(run.order, 1)) as k:
            run.convolve(Series(outs[0]), operands[0], operands[-1], k)

    return run.text(1 if square else 2, 1, body, checked=width == 1)


def quotient_text(number: str, width: int, vector: int) -> Written:
    """``v₀ q_k = u_k − Σ_{j<k} v_{k-j} q_j``."""
    run = Operation(number, width, vector)

    def body(ins: list[str], outs: list[str]) -> None:
        code = run.code
        v, q, products = run.series(ins[1], True), run.series(outs[0], True), run.series()
        run.clear([v, q])
        run.spread([v], "0", run.order)
        lead = code.load(v.place, width)
        with code.loop(0, code.add(run.order, 1)) as k:
            if width > 1:
                run.fill(q, k)
            run.convolve(products, v, q, k)
            for index, w in run.part_entries(k):
                rest = code.load(code.at(products.place, index), w)
                value = code.operate("fsub", code.load(code.at(ins[0], index), w), rest, w)
                code.store(code.operate("fdiv", value, run.shared(lead, w), w), code.at(q.place, index), w)
            run.spread([q], k)

    return run.text(2, 1, body)


def equation_text(plan: Plan, number: str, width: int, vector: int) -> Written:
    """All unknowns of an equation, from their degree-0 parts."""
    run = Operation(number, width, vector)
    body = lambda ins, outs: _Equation(run, plan, ins, outs).write()  # noqa: E731
    return run.text(plan.arguments, plan.unknowns, body, started=True)


class _Equation:
    """``k a₀ Y_k = Σ_{0<j≤k} j b_{k-j} x_j − Σ_{0<j<k} j a_{k-j} Y_j``, as in `taylorad.algebras.recurrence`."""

    def __init__(self, run: Operation, plan: Plan, ins: list[str], outs: list[str]):
        self.run, self.plan, self.code = run, plan, run.code
        multiplied = plan.multiplied()
        places = [*ins, *outs, *("" for _ in plan.nodes)]
        self.atoms = [run.series(place, i in multiplied) for i, place in enumerate(places)]
        self.slopes = {i: run.series(padded=i in plan.convolved_slopes()) for i in plan.moving}
        atom = plan.a[2]
        self.own_slopes = [run.series(padded=True) for _ in outs] if atom is not None else []
        self.totals = [run.series() for _ in range(max(len(row) for row in plan.rows) + 1)]

    def write(self) -> None:
        run, code = self.run, self.code
        slopes = [*self.slopes.values(), *self.own_slopes]
        run.clear([*self.atoms, *slopes])
        for slope in slopes:
            run.fill(slope, "0")
        inputs = self.plan.arguments + self.plan.unknowns
        run.spread(self.atoms[: self.plan.arguments], "0", run.order)
        run.spread(self.atoms[self.plan.arguments : inputs], "0")
        self._nodes("0", constants=True)
        lead = self._leading()
        with code.loop(1, code.add(run.order, 1)) as k:
            degree = code.new(f"sitofp i64 {k} to {code.number}")
            if run.width > 1:
                for x in self.atoms[self.plan.arguments :]:
                    run.fill(x, k)
            for i, slope in self.slopes.items():
                self._slope(slope, self.atoms[i], k, degree)
            for i, unknown in enumerate(self.atoms[self.plan.arguments : inputs]):
                self._unknown(i, unknown, k, degree, lead)
            self._nodes(k, constants=False)

    def _slope(self, slope: Series, x: Series, k: str, degree: str) -> None:
        code = self.code
        for index, w in self.run.part_entries(k):
            value = code.operate("fmul", code.broadcast(degree, w), code.load(code.at(x.place, index), w), w)
            code.store(value, code.at(slope.place, index), w)
        self.run.spread([slope], k)

    def _leading(self) -> str:
        """a₀, one number for each series."""
        code, (constant, coefficient, atom), w = self.code, self.plan.a, self.run.width
        if atom is None:
            return self._constant(constant, w)
        value = self._times(coefficient, code.load(self.atoms[atom].place, w), w)
        return value if constant == 0 else code.operate("fadd", self._constant(constant, w), value, w)

    def _unknown(self, i: int, unknown: Series, k: str, degree: str, lead: str) -> None:
        run, code, row = self.run, self.code, self.plan.rows[i]
        for term, total in zip(row, self.totals, strict=False):
            if term[2] is not None:
                run.convolve(total, self.atoms[term[2]], self.slopes[term[3]], k)
        if self.own_slopes:
            if run.width > 1:
                run.fill(self.own_slopes[i], k)
            run.convolve(self.totals[-1], self.atoms[self.plan.a[2]], self.own_slopes[i], k)  # type: ignore[index]
        for index, w in run.part_entries(k):
            slope = self._total(row, index, w)
            scale = run.shared(lead, w)
            if self.own_slopes:
                code.store(code.operate("fdiv", slope, scale, w), code.at(self.own_slopes[i].place, index), w)
            divisor = code.operate("fmul", code.broadcast(degree, w), scale, w)
            code.store(code.operate("fdiv", slope, divisor, w), code.at(unknown.place, index), w)
        run.spread([unknown, *self.own_slopes[i : i + 1]], k)

    def _total(self, row: tuple, index: str, w: int) -> str:
        """``Σ j b_{k-j} x_j − Σ j a_{k-j} Y_j`` at w entries."""
        code = self.code
        values = []
        for (constant, coefficient, atom, argument), total in zip(row, self.totals, strict=False):
            if atom is not None:
                values.append(self._times(coefficient, code.load(code.at(total.place, index), w), w))
            if constant != 0:
                slope = code.load(code.at(self.slopes[argument].place, index), w)
                values.append(self._times(constant, slope, w))
        result = self._sum(values, w)
        if self.own_slopes:
            own = code.load(code.at(self.totals[-1].place, index), w)
            result = code.operate("fsub", result, self._times(self.plan.a[1], own, w), w)
        return result

    def _sum(self, values: list[str], w: int) -> str:
        result = values[0] if values else self.code.broadcast("0.0", w)
        for value in values[1:]:
            result = self.code.operate("fadd", result, value, w)
        return result

    def _nodes(self, k: str, constants: bool) -> None:
        run, code = self.run, self.code
        first = self.plan.arguments + self.plan.unknowns
        for node, x in zip(self.plan.nodes, self.atoms[first:], strict=True):
            kind, operands, constant = node
            if kind == "linear":
                for place, w in run.part_entries(k):
                    values = [
                        self._times(c, code.load(code.at(self.atoms[atom].place, place), w), w) for c, atom in operands
                    ]
                    if constants and constant != 0:
                        values.append(self._constant(constant, w))
                    code.store(self._sum(values, w), code.at(x.place, place), w)
            else:
                run.convolve(x, self.atoms[operands[0]], self.atoms[operands[-1]], k)
            run.spread([x], k)

    def _constant(self, value: int | Number, w: int) -> str:
        if isinstance(value, Number):
            return self.code.broadcast(self.code.load(self.code.at("%numbers", value.place)), w)
        return self.code.broadcast(f"{value}.0", w)

    def _times(self, coefficient: int | Number, value: str, w: int) -> str:
        if coefficient == 1:
            return value
        if coefficient == -1:
            return self.code.negative(value, w)
        return self.code.operate("fmul", self._constant(coefficient, w), value, w)
