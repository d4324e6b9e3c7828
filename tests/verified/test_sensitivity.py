"""Sensitivity studies: every number in them is a theorem, and what is not proved is said."""

from __future__ import annotations

import sys
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import taylorad as ta
from taylorad import Interval
from taylorad.algebras.interval import UndecidedError
from taylorad.verified import Sensitivity, enclose, sensitivity

BOX = Interval([0.5, -1.0, 2.0], [1.5, 0.25, 2.5])


def smooth(x):
    """A scalar function with all kinds of curvature; with mpmath numbers, to their precision."""
    exp, sin = (mpmath.exp, mpmath.sin) if isinstance(x[0], mpmath.mpf) else (np.exp, np.sin)
    return exp(x[0] * x[1]) * x[2] + sin(x[1]) - x[0] / x[2]


def vector(x):
    return np.stack([x[0] * x[1] + x[2], x[2] ** 2 - x[0], x[1] * 0 + 1])


def points(box, count=40, seed=0):
    """Corners, the centre, and points between, as exact doubles."""
    low, high = box.ends
    random = np.random.default_rng(seed)
    inside = np.clip(low + random.random((count, *low.shape)) * (high - low), low, high)
    corners = [np.where([(k >> i) & 1 for i in range(low.size)], high, low) for k in range(2**low.size)]
    return [*corners, box.midpoint, *inside]


def exactly(f, x):
    with mpmath.workdps(50):
        return f([mpmath.mpf(float(v)) for v in x])


def offset(x, centre):
    return [mpmath.mpf(float(a)) - mpmath.mpf(float(c)) for a, c in zip(x, centre, strict=True)]


# ---------------------------------------------------------------------------------------------------------- theorems


@pytest.mark.parametrize("seed", range(5))
def test_values_lie_in_nominal_plus_contributions_plus_remainder(seed):
    random = np.random.default_rng(seed)
    centre, radius = BOX.midpoint, BOX.radius * random.random(3)
    box = Interval(centre - radius, centre + radius)
    s = sensitivity(smooth, box)
    total = s.nominal + np.sum(s.contribution) + s.remainder
    for x in points(box, seed=seed):
        value = exactly(smooth, x)
        assert total.contains(value)
        assert s.range.contains(value)


def test_the_remainder_contains_what_first_order_leaves():
    s = sensitivity(smooth, BOX)
    assert s.remainder_form == "second order"
    centre = s.box.midpoint
    with mpmath.workdps(50):
        c = [mpmath.mpf(float(v)) for v in centre]
        slopes = [_slope(smooth, c, j) for j in range(3)]
        for x in points(BOX):
            h = offset(x, centre)
            left = exactly(smooth, x) - smooth(c) - sum(a * b for a, b in zip(slopes, h, strict=True))
            assert s.remainder.contains(left)


def _slope(f, c, j):
    """A partial derivative to 40 digits."""
    return mpmath.diff(lambda t: f([t if k == j else v for k, v in enumerate(c)]), c[j])


def test_derivatives_at_points_of_the_box_lie_in_the_jacobian():
    s = sensitivity(smooth, BOX)
    with mpmath.workdps(50):
        for x in points(BOX, 10):
            c = [mpmath.mpf(float(v)) for v in x]
            assert all(s.jacobian[j].contains(_slope(smooth, c, j)) for j in range(3))


def test_condition_numbers_contain_those_at_points():
    def raised(x):
        return smooth(x) + 4

    s = sensitivity(raised, BOX)
    assert np.all(s.condition.is_bounded)
    assert not s.range.contains(0.0)
    with mpmath.workdps(50):
        for x in points(BOX, 10):
            c = [mpmath.mpf(float(v)) for v in x]
            exact = [c[j] * _slope(raised, c, j) / raised(c) for j in range(3)]
            assert all(s.condition[j].contains(k) for j, k in enumerate(exact))
            if np.array_equal(x, BOX.midpoint):
                assert all(s.condition_at_centre[j].contains(k) for j, k in enumerate(exact))
    assert np.all(s.condition_at_centre.subset(s.condition))


def test_swings_contain_values_along_one_input_and_their_widths_are_bounded_on_both_sides():
    s = sensitivity(smooth, BOX)
    low, high = BOX.ends
    for j in range(3):
        values = []
        for t in np.linspace(low[j], high[j], 50):
            x = s.box.midpoint.copy()
            x[j] = np.clip(t, low[j], high[j])
            values.append(exactly(smooth, x))
            assert s.swing[j].contains(values[-1])
        assert s.swing_width[j].sup >= max(values) - min(values)
        assert s.swing_width[j].inf <= float(s.swing[j].width)
        assert s.swing_inner[j].subset(s.swing[j])


def test_interactions_of_all_pairs_bound_the_remainder():
    s = sensitivity(smooth, BOX)
    with mpmath.workdps(30):
        bound = mpmath.fsum(mpmath.mpf(float(v)) for v in s.interactions.ravel())
        assert s.interactions.shape == (3, 3)
        centre, c = s.box.midpoint, [mpmath.mpf(float(v)) for v in s.box.midpoint]
        slopes = [_slope(smooth, c, j) for j in range(3)]
        for x in points(BOX):
            h = offset(x, centre)
            assert abs(exactly(smooth, x) - smooth(c) - sum(a * b for a, b in zip(slopes, h, strict=True))) <= bound


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.fractions(-100, 100, max_denominator=50), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_polynomials_with_rational_values_stay_inside(weights, random):
    centre = np.array([random.uniform(-3, 3) for _ in weights])
    radius = np.array([random.uniform(0, 2) for _ in weights])
    box = Interval(centre - radius, centre + radius)
    weights = [Interval(w) for w in weights]

    def f(x):
        return sum(w * v for w, v in zip(weights, x, strict=True)) ** 2 + x[0] * x[-1]

    s = sensitivity(f, box)
    total = s.nominal + np.sum(s.contribution) + s.remainder
    for x in points(box, 5):
        value = f([Interval(Fraction(float(v))) for v in x])
        assert not total.disjoint(value)
        assert not s.range.disjoint(value)


# ------------------------------------------------------------------------------------------------- exact to rounding


def test_linear_functions_are_exact():
    s = sensitivity(lambda x: 3 * x[0] - 2 * x[1] + x[2], Interval([0, 1, 2], [4, 2, 2]))
    assert np.all(s.jacobian.equal([3, -2, 1]))
    assert s.range.equal(Interval(-2 + 0, 12 - 0))
    assert s.nominal.equal(5)
    assert np.all(s.swing_width.equal([12, 2, 0]))
    assert np.all(s.swing.equal(Interval([-1, 4, 5], [11, 6, 5])))
    assert s.remainder.equal(0)
    assert s.monotone.tolist() == [1, -1, 1]
    assert s.ranking.tolist() == [0, 1, 2]
    assert s.ranks.tolist() == [[1, 1], [2, 2], [3, 3]]
    assert s.proved
    assert s.reason == ""
    assert not np.any(s.interactions)


def test_functions_that_are_monotone_in_all_inputs_have_their_range_from_corners():
    s = sensitivity(lambda x: np.exp(x[0]) * x[1] / x[2], Interval([-1, 1, 1], [2, 3, 4]))
    assert s.monotone.tolist() == [1, 1, -1]
    with mpmath.workdps(40):
        least, greatest = mpmath.exp(-1) / 4, 3 * mpmath.exp(2)
        assert s.range.contains(least)
        assert s.range.contains(greatest)
        assert s.range.width <= float(greatest - least) * (1 + 2**-50)  # a few roundings of each end
        middle = mpmath.exp(mpmath.mpf("0.5"))
        widths = [2 * (mpmath.exp(2) - mpmath.exp(-1)) / 2.5, 2 * middle / 2.5, 2 * middle * 0.75]
        for j, width in enumerate(widths):
            assert s.swing_width[j].contains(width)
            assert s.swing_width[j].width < 1e-12


def test_values_at_both_corners_of_a_monotone_function_are_in_the_inner_estimate():
    s = sensitivity(lambda x: x[0] ** 3 * x[1] - x[2], Interval([0, 1, 1], [2, 3, 4]))
    assert s.range.equal(Interval(-4, 23))
    assert s.inner.equal(Interval(-4, 23))


def test_a_gradient_that_plain_intervals_do_not_sign_is_signed_by_second_derivatives():
    def f(x):
        return x[0] ** 3 - x[0] ** 2 + x[1]

    box = Interval([1.0, 0.0], [1.2, 1.0])
    wide = Interval([0.6, 0.0], [1.5, 1.0])
    assert sensitivity(f, box).monotone.tolist() == [1, 1]
    assert sensitivity(f, wide).monotone.tolist() == [0, 1]  # 3x² - 2x < 0 below 2/3


# ------------------------------------------------------------------------------------------------------------ ranking


def test_a_rank_is_proved_only_where_widths_are_disjoint():
    s = sensitivity(lambda x: 2 * x[0] + x[1] - x[2], {"a": (0, 1), "b": (0, 1), "c": (3, 4)}, outputs=["y"])
    assert s.ranks.tolist() == [[1, 1], [2, 3], [2, 3]]
    assert s.ranking[0] == 0
    assert "\n1     a " in s.table()
    assert "\n2-3   b " in s.table("y")


def test_shares_contain_the_true_ones_and_lie_in_the_unit_interval():
    s = sensitivity(lambda x: 3 * x[0] + 5 * x[1] + 4 * x[2], Interval(np.zeros(3), np.ones(3)))
    assert np.all([s.share[j].contains(Fraction(w, 12)) for j, w in enumerate((3, 5, 4))])
    assert np.all(s.share.subset(Interval(0, 1)))
    assert np.all(s.share.width < 1e-15)
    nothing = sensitivity(lambda x: x[0] * 0 + 1, Interval([0, 0], [1, 1]))
    assert np.all(nothing.share.equal(0))
    assert nothing.monotone.tolist() == [1, 1]
    assert nothing.table().count("constant") == 2


# --------------------------------------------------------------------------------------- where less can be proved


def test_kinks_take_the_remainder_from_first_derivatives_or_the_range():
    s = sensitivity(lambda x: np.abs(x[0]) * x[1], Interval([-1, 1], [2, 3]))
    assert s.proved
    assert s.remainder_form != "second order"
    assert np.all(np.isinf(s.interactions[0, 0]))
    assert s.monotone.tolist() == [0, 1]
    assert "kink" in s.notes[0][0]
    assert s.table().count("unknown") == 2
    total = s.nominal + np.sum(s.contribution) + s.remainder
    for x in points(s.box):
        assert total.contains(abs(Fraction(float(x[0]))) * Fraction(float(x[1])))


def test_a_centre_on_a_kink_has_all_slopes_in_its_contribution():
    s = sensitivity(lambda x: np.maximum(x, 0.0), Interval(-1, 1))
    assert s.contribution.contains(Interval(-1, 1))
    assert s.jacobian.equal(Interval(0, 1))
    assert s.monotone == 1
    assert s.range.equal(Interval(0, 1))
    assert (s.nominal + s.contribution + s.remainder).contains(Interval(0, 1))


def test_jumps_take_the_remainder_from_the_range_and_prove_no_trend():
    s = sensitivity(lambda x: np.floor(x[0]) + x[1], Interval([0.5, 0], [1.5, 1]))
    assert s.proved
    assert s.remainder_form == "range"
    assert s.monotone.tolist() == [0, 0]
    assert s.range.contains(Interval(0, 2))
    assert "continuous" in s.notes[0][0]
    total = s.nominal + np.sum(s.contribution) + s.remainder
    assert total.contains(Interval(0, 2))


@pytest.mark.parametrize(
    ("f", "box"),
    [
        (lambda x: 1 / x[0], Interval([-1.0], [2.0])),
        (lambda x: np.log(x[0]), Interval([-1.0], [2.0])),
        (lambda x: np.sqrt(x[0]), Interval([-3.0], [1.0])),  # nothing there at the centre
        (lambda x: np.arccos(x[0]), Interval([0.0], [1.5])),
        (lambda x: np.sqrt(x[0] - 1) + 0 * np.log(x[0]), Interval([-2.0], [1.0])),  # at one point only
    ],
)
def test_a_function_that_is_undefined_somewhere_is_never_called_proved(f, box):
    s = sensitivity(f, box)
    assert not s.proved
    assert "not" in s.reason
    assert "NOT PROVED: " in str(s)
    assert s.monotone.tolist() == [0]
    assert s.range.contains(f(Interval([1.0])))


def test_only_the_result_that_is_undefined_is_called_so():
    s = sensitivity(lambda x: np.stack([1 / x[0], x[0] ** 3]), Interval([-1.0], [2.0]), outputs=["pole", "cube"])
    assert s.reasons[0]
    assert not s.reasons[1]
    assert not s.proved
    assert s.reason.startswith("pole: ")
    assert "NOT PROVED" in s.table("pole")
    assert "NOT PROVED" not in s.table("cube")
    assert s.monotone.tolist() == [[0], [1]]
    assert s.range[1].equal(Interval(-1, 8))


def test_condition_numbers_are_unknown_where_the_range_contains_zero():
    s = sensitivity(lambda x: x[0] - x[1], Interval([0, 0], [1, 1]))
    assert np.all(s.condition.is_entire)
    assert np.all(s.condition_at_centre.is_entire)
    assert "the range contains 0" in s.notes[0][-1]
    off = sensitivity(lambda x: x[0] - x[1], Interval([0, 0], [1, 0.5]))
    assert np.all(off.condition.is_entire)
    assert off.condition_at_centre.equal([2, -1]).all()


def test_a_branch_that_depends_on_the_point_is_an_error():
    with pytest.raises(UndecidedError, match=r"np\.where"):
        sensitivity(lambda x: x[0] if x[0] > 0 else -x[0], Interval([-1.0], [1.0]))


def test_unbounded_boxes_prove_what_they_can():
    s = sensitivity(lambda x: np.arctan(x[0]) + x[1], Interval([-np.inf, 0], [np.inf, 1]))
    assert s.monotone.tolist() == [1, 1]
    assert s.proved
    assert s.range.contains(Interval(-1.5, 2.5))
    assert s.range.width < 4.15
    decay = sensitivity(lambda x: np.exp(-x[0]), Interval([0.0], [np.inf]))
    assert decay.monotone.tolist() == [-1]
    assert decay.range.contains(Interval(0, 1))


# ------------------------------------------------------------------------------------------------- how it is called


def test_vector_functions_have_one_study_for_each_result():
    box = Interval([1, 2, 3], [2, 3, 4])
    s = sensitivity(vector, box, outputs=["a", "b", "c"])
    assert s.jacobian.shape == s.contribution.shape == (3, 3)
    assert s.interactions.shape == (3, 3, 3)
    assert s.nominal.shape == s.range.shape == (3,)
    assert s.ranking.shape == (3, 3)
    assert s.ranks.shape == (3, 3, 2)
    for i in range(3):
        one = sensitivity(lambda x, i=i: vector(x)[i], box)
        assert one.range.equal(s.range[i])
        assert np.all(one.swing.equal(s.swing[i]))
        assert np.all(one.jacobian.equal(s.jacobian[i]))
        assert one.remainder.equal(s.remainder[i])
    assert str(s).count("rank  input") == 3
    assert s._repr_html_().count("<table>") == 3


def test_results_may_be_a_list_and_everyday_numpy_works():
    def f(x):
        y = np.zeros(2)
        y[0] = x[0] * x[1]
        y[1] = x[1]
        return [y[0], y[1]]

    s = sensitivity(f, Interval([0, 1], [1, 2]))
    assert s.range.equal(Interval([0, 1], [2, 2])).all()
    assert s.outputs == ("f[0]", "f[1]")


def test_boxes_of_any_shape_keep_it():
    s = sensitivity(lambda x: np.sum(x * [[1.0, 2.0], [3.0, 4.0]]), Interval(np.zeros((2, 2)), np.ones((2, 2))))
    assert s.jacobian.shape == s.monotone.shape == s.swing.shape == (2, 2)
    assert s.interactions.shape == (2, 2, 2, 2)
    assert s.ranks.shape == (2, 2, 2)
    assert s.names == ("x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]")
    assert s.ranking.tolist() == [3, 2, 1, 0]
    single = sensitivity(lambda x: x**2, Interval(1, 2))
    assert single.names == ("x",)
    assert single.range.equal(Interval(1, 4))
    assert single.monotone == 1


def test_names_come_from_a_dict_or_pairs_or_are_given():
    expected = sensitivity(lambda x: x[0] * x[1], Interval([1, 3], [2, 4]), names=["a", "b"])
    for box in (
        {"a": Interval(1, 2), "b": "[3, 4]"},
        {"a": (1, 2), "b": ("3", Fraction(4))},
        [("a", (1, 2)), ("b", Interval(3, 4))],
    ):
        s = sensitivity(lambda x: x[0] * x[1], box)
        assert s.names == ("a", "b")
        assert str(s) == str(expected)


@pytest.mark.parametrize(
    ("box", "options", "message"),
    [
        (Interval([0, 1], [1, 2]), {"names": ["a"]}, "names must name the 2 inputs, got 1"),
        (Interval([0, 1], [1, 2]), {"outputs": ["a", "b"]}, "outputs must name the 1 results"),
        ({"a": Interval([0, 1], [1, 2])}, {}, "the input 'a' must be one interval"),
        (Interval.empty((2,)), {}, "the box is empty"),
    ],
)
def test_wrong_calls_are_refused(box, options, message):
    with pytest.raises(ValueError, match=message):
        sensitivity(lambda x: np.sum(x), box, **options)


def test_results_are_chosen_by_number_or_name():
    s = sensitivity(vector, Interval([1, 2, 3], [2, 3, 4]), outputs=["a", "b", "c"])
    assert s.table(1) == s.table("b") == s.table(-2)
    with pytest.raises(ValueError, match="there is no result 'd': it is one of a, b, c"):
        s.table("d")
    with pytest.raises(ValueError, match="output must be less than 3"):
        s.table(3)


def test_the_range_is_at_least_as_good_as_that_of_enclose():
    s = sensitivity(smooth, BOX)
    assert isinstance(s, Sensitivity)
    assert s.range.subset(enclose(smooth, BOX).interval)


# --------------------------------------------------------------------------------------------------- table and chart


def test_the_table_shows_outward_rounded_digits():
    s = sensitivity(lambda x: x[0] / 3 + x[1], {"a": ("0.1", "0.7"), "b": (0, 1)}, outputs=["y"])
    text = s.table()
    assert "y: nominal [0.633333, 0.633334], range [0.0333333, 1.23334], proved" in text
    assert "1     b      [0, 1]      [1]               [83.3, 83.4]  increases  [1]" in text
    assert "2     a      [0.1, 0.7]  [0.1999, 0.2001]" in text
    assert "<td>[0.1, 0.7]</td>" in s._repr_html_()


def test_names_are_escaped_in_html():
    s = sensitivity(lambda x: x[0], {"<b>": (0, 1)})
    assert "&lt;b&gt;" in s._repr_html_()
    assert "<b>" not in s._repr_html_()


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_the_tornado_chart_has_a_bar_of_the_proved_swing_for_each_input(pyplot, tmp_path):
    s = sensitivity(smooth, dict(zip("abc", BOX, strict=True)), outputs=["y"])
    ax = s.tornado("y")
    labels = [label.get_text().splitlines()[0] for label in ax.get_yticklabels()]
    assert labels == [s.names[j] for j in s.ranking]
    outlines = [p for p in ax.patches if p.get_linewidth() == 0.6]
    low, high = s.swing[s.ranking].ends
    assert [p.get_x() for p in outlines] == low.tolist()
    assert np.allclose([p.get_x() + p.get_width() for p in outlines], high, rtol=1e-15)
    assert ax.get_xlim()[0] < low.min()
    assert high.max() < ax.get_xlim()[1]
    ax.figure.savefig(tmp_path / "tornado.png")
    assert (tmp_path / "tornado.png").stat().st_size > 5000


def test_the_tornado_chart_colours_only_trends_that_are_proved(pyplot):
    s = sensitivity(lambda x: x[0] - x[1] + x[2] ** 2, Interval([0, 0, -1], [1, 1.5, 1]))
    legend = [text.get_text() for text in s.tornado().get_legend().get_texts()]
    assert legend == ["input at its low end", "input at its high end", "trend not proved"]
    ax = pyplot.figure().subplots()
    assert sensitivity(lambda x: x[0] ** 2, Interval([-1], [1])).tornado(ax=ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["trend not proved"]


def test_the_tornado_chart_draws_unbounded_and_empty_swings(pyplot):
    s = sensitivity(lambda x: np.stack([1 / x[0] + x[1], np.sqrt(x[0] - 2)]), Interval([-1, 0], [2, 1]))
    for output in (0, 1):
        ax = s.tornado(output)
        assert np.all(np.isfinite(ax.get_xlim()))
        ax.figure.canvas.draw()
    assert "not proved" in ax.get_title()


def test_without_matplotlib_the_chart_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'pip install "taylorad\[plot\]"'):
        sensitivity(lambda x: x[0], Interval([0], [1])).tornado()


def test_the_function_is_where_it_is_documented():
    assert ta.verified.sensitivity is sensitivity
    assert ta.verified.Sensitivity is Sensitivity
