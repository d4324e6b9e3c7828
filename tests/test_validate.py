"""The validation itself: its enclosures against mpmath, its measure, its bounds, and the report that is committed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

pytest.importorskip("flint", reason="validation needs python-flint")

from taylorad import validate
from taylorad.rules import TABLE
from taylorad.validate import balls, bounds, derivatives, enclosures, functions, measure, points
from taylorad.validate.composed import COMPOSED
from tests import oracles
from tests.points import directions, typical_rows

mp = mpmath.mp
REPORT = Path(__file__).resolve().parents[1] / "validation" / "enclosures" / "report.json"


# ------------------------------------------------------------------------------------------------------------- coverage


def test_every_elementary_function_is_validated():
    elementary = {primitive.name for primitive in TABLE.values() if primitive.kind == "elementary"}
    assert elementary <= set(points.names())
    assert set(points.names()) == set(points.POINTS) == set(enclosures.ENCLOSURES) == set(bounds.BOUNDS)


def test_large_bounds_have_reasons():
    for name, rows in bounds.BOUNDS.items():
        for kind, bound in rows.items():
            plain, conditioned = bounds.REMARKABLE[kind]
            assert bound.reason or (bound.plain <= plain and bound.conditioned <= conditioned), (name, kind)
    assert all(bound.reason for bound in bounds.EXCEPTIONS.values())


@pytest.mark.parametrize("name", validate.names())
def test_results_lie_within_the_stated_ulps_of_their_enclosures(name):
    report = validate.run([name], quick=True)
    assert report.is_good, validate.table(report)


def test_composed_functions_have_one_to_eight_variables():
    assert len(COMPOSED) >= 25
    assert {task.variables for task in COMPOSED.values()} >= {1, 2, 3, 4, 5, 6, 8}


# -------------------------------------------------------------------------------------------- the enclosures themselves


def enclosed(truth, ball, error):
    """Whether a ball and a number of mpmath with its error have a point in common."""
    real, imaginary = (balls.flint().arb(mp.nstr(part, 60)) for part in (mp.re(truth), mp.im(truth)))
    uncertain = balls.flint().arb(0, mp.nstr(error, 5))
    return (balls.flint().acb(real + uncertain, imaginary + uncertain) - ball).contains(0)


SAME_LINES = [row for row in typical_rows(count=3) if directions(row[0]) == points.directions(row[0])]


@pytest.mark.parametrize(("name", "point"), SAME_LINES, ids=str)
def test_enclosures_contain_what_mpmath_finds(name, point):
    exact = oracles.coefficients(name, point.arguments, directions(name), 20)
    with mp.workdps(60), balls.precision(200, 21):
        for truth, found in zip(exact, functions.coefficients(name, point.arguments, 20), strict=True):
            scale = oracles.natural_scale(truth)
            largest = max(scale)
            for c, ball, size in zip(truth, found, scale, strict=False):
                assert enclosed(c, ball, (size or largest) * mp.mpf(10) ** (3 - oracles.DIGITS))


@pytest.mark.parametrize("name", ["wave", "Himmelblau", "Beale", "decay-fit", "determinant", "tower"])
def test_enclosures_of_derivatives_contain_what_mpmath_finds(name):
    task = COMPOSED[name]
    x = [task.box[0] + (task.box[1] - task.box[0]) * (i + 1.5) / (task.variables + 2) for i in range(task.variables)]

    class Names:
        exp, sin, cos, log, sqrt, power = map(staticmethod, (mp.exp, mp.sin, mp.cos, mp.log, mp.sqrt, mp.power))

        def __getattr__(self, function):
            return getattr(np, function)

    names = Names()
    if name == "decay-fit":
        names.exp = np.vectorize(mp.exp, otypes=[object])
    gradient, hessian, third = derivatives.tensors(name, x)
    with mp.workdps(80), balls.precision(200, 4):
        for axes in [(0,), (task.variables - 1,), (0, 0), (0, task.variables - 1), (0, 0, task.variables - 1)]:
            order = tuple(axes.count(i) for i in range(task.variables))
            truth = mp.diff(lambda *z: task.function(names, np.array(z)), tuple(map(mp.mpf, x)), order)
            ball = (gradient, hessian, third)[len(axes) - 1][axes]
            assert enclosed(truth, ball, mp.mpf(10) ** -15 * (1 + abs(truth)))


def test_precision_is_as_before_afterwards():
    context = balls.flint().ctx
    before = context.prec, context.cap
    validate.run(["exp", "digamma"], quick=True)
    assert (context.prec, context.cap) == before


def test_a_ball_that_stays_wide_is_an_error(monkeypatch):
    monkeypatch.setattr(functions, "BITS", (64, 64))
    with pytest.raises(ArithmeticError, match=r"erfcx at .*no narrow enclosure with 64 bits"):
        functions.coefficients("erfcx", (50.0,), 20)
    report = validate.run(["erfcx"], quick=True)
    assert not report.is_good
    assert "no narrow enclosure" in validate.table(report)


# ---------------------------------------------------------------------------------------------------------- the measure


def test_an_ulp_is_the_spacing_of_doubles():
    one = balls.arb(1.0)
    assert measure.ulps(1.0, one, 0.0) == 0
    assert measure.ulps(math.nextafter(1.0, 2.0), one, 0.0) == 1
    assert measure.ulps(math.nextafter(1.0, 0.0), one, 0.0) == 0.5
    assert measure.ulps(3.0 + 4 * 2.0**-52, balls.arb(3.0), math.log2(3)) == 2


def test_the_distance_is_to_the_farthest_point_of_the_ball():
    ball = balls.flint().arb(1, 2.0**-50)
    assert measure.ulps(1.0, ball, 0.0) == pytest.approx(4, rel=1e-8)
    assert measure.ulps(1 + 2.0**-50, ball, 0.0) == pytest.approx(8, rel=1e-8)


def test_what_is_not_finite_is_infinitely_far_unless_it_may_overflow():
    assert measure.ulps(math.nan, balls.arb(1.0), 0.0) == math.inf
    assert measure.ulps(math.inf, balls.arb(1.0), 0.0) == math.inf
    assert measure.ulps(complex(1, math.nan), balls.arb(1.0), 0.0) == math.inf
    assert measure.ulps(math.inf, balls.arb(1e308) * 2, 1024.0) is None


def test_gradual_underflow_is_no_error():
    assert measure.ulps(0.0, balls.arb(1e-310), math.log2(1e-310)) == 0
    assert measure.ulps(0.0, balls.arb(1e-300), math.log2(1e-300)) == pytest.approx(2.0**52, rel=1)


def test_imaginary_parts_count():
    assert measure.ulps(complex(1.0, 2.0**-52), balls.arb(1.0), 0.0) == 1


def test_natural_scale_is_that_of_the_tests_of_the_table():
    values = [0.3, 1.0, 0.0, 4.0, 1.0, 0.25, 0.0, 1e-3, 2e-3]
    ours = measure.natural_scale(measure.logarithms([balls.arb(c) for c in values]))
    with mp.workdps(30):
        theirs = oracles.natural_scale([mp.mpf(c) for c in values], 1)
    np.testing.assert_allclose([2.0**s for s in ours], [float(s) for s in theirs], rtol=1e-12)


def test_conditioned_scale_is_what_moving_the_argument_does():
    scale = [math.log2(c) for c in (1.0, 1.0, 1 / 2, 1 / 6)]
    assert measure.conditioned(scale, 10.0) == pytest.approx([math.log2(c) for c in (10.0, 10.0, 5.0)])
    assert measure.conditioned(scale, 0.0) == scale[:-1]


# ----------------------------------------------------------------------------------------------------------- the report


def test_a_wrong_coefficient_is_found(monkeypatch):
    right = functions.computed

    def wrong(name, parameters, at, order):
        found = right(name, parameters, at, order)
        found[0][order // 2] *= 1 + 1e-12
        return found

    monkeypatch.setattr(functions, "computed", wrong)
    report = validate.run(["exp", "jv"], quick=True)
    assert [row.name for row in report.results if not row.is_good] == ["exp", "jv"]
    assert "FAILED" in validate.table(report)
    assert validate.table(report).splitlines()[-3].startswith("exp, order 20:")


def test_a_wrong_derivative_is_found(monkeypatch):
    right = derivatives._transforms

    def wrong(f):
        ways = right(f)
        gradient = ways["gradient"]["grad"]
        return ways | {"gradient": {"grad": lambda x: gradient(x) * (1 + 1e-10)}}

    monkeypatch.setattr(derivatives, "_transforms", wrong)
    report = validate.run(["norm"], quick=True)
    assert [row.kind for row in report.results if not row.is_good] == ["gradient"]


def test_runs_repeat_themselves():
    first, second = (validate.run(["gamma", "arctan2", "mixture"], quick=True) for _ in range(2))
    assert first == second


def test_an_interruption_keeps_what_is_done():
    def progress(names):
        yield from names[:2]
        raise KeyboardInterrupt

    report = validate.run(["exp", "sin", "cos"], quick=True, progress=progress)
    assert not report.complete
    assert [row.name for row in report.results] == ["exp", "sin"]
    assert "interrupted after 2 of 3 functions" in validate.table(report)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="nothing is called 'sinn' here; the names are sqrt, cbrt"):
        validate.run(["exp", "sinn"])


def test_without_flint_the_way_out_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    balls.flint.cache_clear()
    monkeypatch.setattr(balls, "import_module", missing)
    with pytest.raises(validate.MissingArbError, match=r'pip install "taylorad\[verified\]"'):
        validate.run(["exp"], quick=True)
    monkeypatch.undo()
    assert validate.run(["exp"], quick=True).is_good


def test_reports_are_written_as_markdown_and_json(tmp_path):
    report = validate.run(["erf", "Beale"], quick=True)
    for name in ("report.md", "report.json"):
        validate.write(report, tmp_path / name)
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    assert [line.split(" | ")[:2] for line in lines if line.startswith("| erf")] == [["| erf", "order 20"]]
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(validate.as_data(report)))
    assert [(row["name"], row["kind"]) for row in data["results"]] == [
        ("erf", "order 20"), *(("Beale", kind) for kind in ("order 20", "gradient", "Hessian", "product"))
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------- the committed report


def committed():
    return json.loads(REPORT.read_text(encoding="utf-8"))


def test_the_committed_report_is_a_complete_full_run():
    data = committed()
    assert (data["complete"], data["quick"], data["good"]) == (True, False, True)
    kinds = {name: ("order 20", "order 40") for name in points.names()} | dict.fromkeys(COMPOSED, derivatives.KINDS)
    expected = [(name, kind) for name in validate.names() for kind in kinds[name]]
    assert [(row["name"], row["kind"]) for row in data["results"]] == expected
    assert all(row["numbers"] > 0 for row in data["results"])


def test_the_committed_report_states_the_bounds_in_force_and_keeps_them():
    for row in committed()["results"]:
        name, kind = row["name"], row["kind"]
        bound = bounds.composed_bound(name, kind) if name in COMPOSED else bounds.BOUNDS[name][kind]
        for measured, allowed in ((row["plain"], bound.plain), (row["conditioned"], bound.conditioned)):
            assert measured["allowed"] == allowed, (name, kind)
            assert measured["ulps"] <= allowed, (name, kind)


def test_the_committed_table_is_that_of_the_report():
    lines = REPORT.with_name("table.md").read_text(encoding="utf-8").splitlines()
    rows = [tuple(line[2:].split(" | ")[:4]) for line in lines if line.startswith("| ")][1:]
    expected = [(row["name"], row["kind"], str(row["points"]), str(row["numbers"])) for row in committed()["results"]]
    assert rows == expected
