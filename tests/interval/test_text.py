"""Numbers and text become the tightest intervals of doubles; printed intervals contain what is printed."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taylorad.rings.interval.text import enclosing_doubles, formatted, parse

MAX = sys.float_info.max
TINY = 5e-324
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PAIRS = st.tuples(FINITE, FINITE).map(sorted) | FINITE.map(lambda a: [a, a])
PAIRS |= FINITE.filter(lambda a: a < MAX).map(lambda a: [a, math.nextafter(a, math.inf)])
FORMS = ("decimal", "exact", "hexadecimal", "uncertain")


def is_tightest_below(value: float, exact: Fraction) -> bool:
    """Whether no double lies between `value`, which is no larger, and the exact number."""
    if value == -math.inf:
        return exact < -Fraction(MAX)
    following = math.nextafter(value, math.inf)
    return Fraction(value) <= exact and (following == math.inf or exact < Fraction(following))


def is_tightest(inf: float, sup: float, exact: Fraction) -> bool:
    return is_tightest_below(inf, exact) and is_tightest_below(-sup, -exact)


# ----------------------------------------------------------------------------------------------------- reading numbers


@given(st.fractions() | st.builds(Fraction, st.integers(), st.integers(min_value=1)))
def test_fractions_lie_between_neighbouring_doubles(number):
    assert is_tightest(*enclosing_doubles(number), number)


@given(st.integers(-(10**400), 10**400) | st.integers(-(2**70), 2**70))
def test_integers_of_any_size_lie_between_neighbouring_doubles(number):
    assert is_tightest(*enclosing_doubles(number), Fraction(number))


@given(st.integers(-(2**80), 2**80), st.integers(-1200, 1000))
def test_numbers_near_the_ends_of_the_range_lie_between_neighbouring_doubles(mantissa, exponent):
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    assert is_tightest(*enclosing_doubles(exact), exact)
    assert enclosing_doubles(mpmath.ldexp(mpmath.mpf(mantissa, prec=100), exponent)) == enclosing_doubles(exact)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_lie_between_neighbouring_doubles(number):
    assert is_tightest(*enclosing_doubles(number), Fraction(number))


@given(FINITE)
def test_doubles_are_themselves(number):
    assert enclosing_doubles(number) == enclosing_doubles(Fraction(number)) == enclosing_doubles(Decimal(number))
    assert enclosing_doubles(number) == (number, number) == enclosing_doubles(mpmath.mpf(number))


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        (np.float32(0.1), Fraction(13421773, 2**27)),
        (np.float16(0.1), Fraction(819, 2**13)),
        (np.longdouble(1) / 3, None),
        (np.int8(-3), Fraction(-3)),
        (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
        (np.True_, Fraction(1)),
        (True, Fraction(1)),
        (mpmath.mpf(2) ** -3000, Fraction(1, 2**3000)),
    ],
)
def test_numbers_of_numpy_and_mpmath_are_taken_exactly(number, exact):
    exact = Fraction(*map(int, number.as_integer_ratio())) if exact is None else exact
    assert is_tightest(*enclosing_doubles(number), exact)


def test_longdoubles_beyond_the_doubles_are_between_the_largest_and_infinity():
    huge = np.longdouble(2) ** 2000
    if not np.isfinite(huge):
        pytest.skip("longdouble is double here")
    assert enclosing_doubles(huge) == (MAX, math.inf)
    assert enclosing_doubles(-1 / huge) == (-TINY, 0)


@pytest.mark.parametrize("name", ["pi", "e", "euler", "catalan", "phi", "ln2"])
def test_constants_of_mpmath_are_their_limits_not_their_rounding(name):
    inf, sup = enclosing_doubles(getattr(mpmath, name))
    with mpmath.workdps(60):
        assert mpmath.mpf(inf) < +getattr(mpmath, name) < mpmath.mpf(sup)
    assert sup == math.nextafter(inf, math.inf)


@pytest.mark.parametrize("number", [math.inf, -math.inf, Decimal("-Infinity"), np.longdouble(np.inf), mpmath.inf])
def test_infinities_stay(number):
    assert enclosing_doubles(number) == (float(number), float(number))


@pytest.mark.parametrize("number", [math.nan, np.float32(np.nan), Decimal("nan"), Decimal("sNaN"), mpmath.nan])
def test_nan_is_refused(number):
    with pytest.raises(ValueError, match="no real number"):
        enclosing_doubles(number)


@pytest.mark.parametrize("number", [1j, "1", None, [1], np.ones(2), mpmath.mpc(1, 1), mpmath.iv.mpf(1)])
def test_what_is_no_real_number_is_refused(number):
    with pytest.raises(TypeError, match="expected a"):
        enclosing_doubles(number)


# ----------------------------------------------------------------------------------------------------- reading literals


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5), st.integers(-330, 310))
def test_decimal_text_is_read_exactly(mantissa, exponent):
    inf, sup, decoration = parse(f"{mantissa:f}e{exponent}")
    assert is_tightest(inf, sup, Fraction(mantissa) * Fraction(10) ** exponent)
    assert decoration is None


@given(st.integers(), st.integers(min_value=1))
def test_rational_text_is_read_exactly(numerator, denominator):
    inf, sup, _ = parse(f"[{numerator}/{denominator}]")
    assert is_tightest(inf, sup, Fraction(numerator, denominator))


@given(FINITE)
def test_hexadecimal_text_is_read_exactly(number):
    assert parse(f"[{number.hex()}]") == (number, number, None)
    inf, sup, _ = parse(f"[{number.hex().replace('p', '8p')}]" if "." in number.hex() else f"[{number.hex()}]")
    assert inf <= sup <= math.nextafter(inf, math.inf)


@given(st.integers(-(10**20), 10**20), st.integers(0, 10**6), st.integers(0, 25), st.integers(-20, 20))
def test_uncertain_forms_reach_to_both_sides(mantissa, radius, places, exponent):
    digits = f"{abs(mantissa):0{places + 1}d}"
    text = f"{'-' if mantissa < 0 else ''}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}"
    unit = Fraction(10) ** (exponent - places)
    inf, sup, _ = parse(f"{text}?{radius}e{exponent}")
    assert is_tightest_below(inf, (mantissa - radius) * unit)
    assert is_tightest_below(-sup, -(mantissa + radius) * unit)
    assert parse(f"{text}?{radius}ue{exponent}")[1] == sup
    assert parse(f"{text}?{radius}de{exponent}")[0] == inf


LITERALS = [
    ("[1, 2]", 1, 2, None),
    ("  [ 1 , 2 ]_Dac ", 1, 2, "dac"),
    ("[1.]", 1, 1, None),
    ("[.5, 0x.8p1]", 0.5, 1, None),
    ("[,]", -math.inf, math.inf, None),
    ("[1,]", 1, math.inf, None),
    ("[,1]_trv", -math.inf, 1, "trv"),
    ("[-INF, 3]", -math.inf, 3, None),
    ("[-3, +infinity]_dac", -3, math.inf, "dac"),
    ("[Entire]_def", -math.inf, math.inf, "def"),
    ("3.56?1e2", 355, 357, None),
    ("-10?", -10.5, -9.5, None),
    ("-10?u", -10, -9.5, None),
    ("-10?2d", -12, -10, None),
    ("-10?12_def", -22, 2, "def"),
    ("10??", -math.inf, math.inf, None),
    ("10??u", 10, math.inf, None),
    ("10??d_trv", -math.inf, 10, "trv"),
    ("[1e400]_com", MAX, math.inf, "dac"),
    ("1/4", 0.25, 0.25, None),
    ("-0", 0, 0, None),
    ("2_def", 2, 2, "def"),
    ("1e-400", 0, TINY, None),
    ("-1e999999999999999999999999", -math.inf, -MAX, None),
    ("[-1e-999999999999, 0x1p99999999999999999999]", -TINY, math.inf, None),
    ("0e999999999999", 0, 0, None),
    ("1e0000000000000000000000000000000000002", 100, 100, None),
    ("1" + "0" * 5000 + "e-5000", 1, 1, None),
    ("1" + "0" * 5000 + "/1" + "0" * 5000, 1, 1, None),
]


@pytest.mark.parametrize(("text", "inf", "sup", "decoration"), LITERALS, ids=[row[0][:30] for row in LITERALS])
def test_literals_of_the_standard(text, inf, sup, decoration):
    assert parse(text) == (inf, sup, decoration)


@pytest.mark.parametrize(("text", "decoration"), [("[]", None), ("[ Empty ]_trv", "trv"), ("[nai]", "ill")])
def test_sets_without_points_have_nan_ends(text, decoration):
    inf, sup, found = parse(text)
    assert math.isnan(inf)
    assert math.isnan(sup)
    assert found == decoration


WRONG = {
    "[1, 2": "closing bracket is missing",
    "1, 2]": "opening bracket is missing",
    "1, 2": "two ends stand in brackets",
    "[1, 2]dac": "only a decoration may stand outside",
    "[1, 2] [3, 4]": "list of texts",
    "[1, 2, 3]": "two ends",
    "[1 2]": "expected a number",
    "[2, 1]": "lower end lies above",
    "[1.0000000000000002, 1.0000000000000001]": "lower end lies above",
    "[1, x]": "at character 5 \\('x'\\): expected a number",
    "[1, nan]": "nan is no number",
    "[inf]": "no[t]? a member|an end, not a member",
    "[inf, inf]": "lower end cannot be",
    "[-inf, -inf]": "upper end cannot be",
    "inf": "brackets only",
    "entire": "brackets only",
    "": "the text is empty",
    "1/0": "denominator is zero",
    "1/-3": "expected a number",
    "0x10": "needs its exponent",
    "1e": "expected a number",
    "٣": "expected a number",
    "1_000": "decorations are",
    "[1, 2]_ill": "decorations are",
    "[1,]_com": "at best _dac",
    "5??_com": "at best _dac",
    "[]_com": "decorated _trv",
    "[nai]_trv": "takes none",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_text_is_refused_with_the_reason_and_a_right_example(text):
    with pytest.raises(ValueError, match=WRONG[text]) as caught:
        parse(text)
    message = str(caught.value)
    assert repr(text) in message
    assert "\n" not in message
    if "list" not in message:
        parse(message[message.index('write "') + 7 : -1])


def test_text_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="expected text"):
        parse(1)


# ------------------------------------------------------------------------------------------------------------- printing


@given(PAIRS, st.sampled_from(FORMS), st.none() | st.integers(1, 20))
def test_printed_intervals_contain_the_printed(ends, form, digits):
    inf, sup, _ = parse(formatted(*ends, digits=digits, form=form))
    assert inf <= ends[0] <= ends[1] <= sup


@given(PAIRS)
def test_decimal_ends_are_outward_as_exact_numbers(ends):
    shown = formatted(*ends)[1:-1].split(", ")
    assert Fraction(shown[0]) <= Fraction(ends[0]) <= Fraction(ends[1]) <= Fraction(shown[-1])


@given(PAIRS)
def test_short_decimal_ends_cost_at_most_one_step_each(ends):
    inf, sup, _ = parse(formatted(*ends))
    assert math.nextafter(ends[0], -math.inf) <= inf
    assert sup <= math.nextafter(ends[1], math.inf)


@given(PAIRS, st.sampled_from(["exact", "hexadecimal"]))
def test_exact_forms_come_back_unchanged(ends, form):
    assert parse(formatted(*ends, form=form)) == (*ends, None)


@given(PAIRS)
def test_the_uncertain_form_is_no_wider_than_its_digits_ask(ends):
    inf, sup, _ = parse(formatted(*ends, form="uncertain"))
    width, wide = (
        Fraction(ends[1]) - Fraction(ends[0]),
        Fraction(sup if sup < math.inf else MAX) - Fraction(max(inf, -MAX)),
    )
    magnitude = max(abs(Fraction(ends[0])), abs(Fraction(ends[1])))
    assert wide <= 4 * width + magnitude * Fraction(1, 10**15) + 4 * Fraction(TINY)


@pytest.mark.parametrize(
    ("ends", "options", "text"),
    [
        ((0.1, 0.1), {}, "[0.1, 0.10000000000000001]"),
        ((0.09999999999999999, 0.1), {}, "[0.09999999999999999, 0.10000000000000001]"),
        ((-0.1, -0.1), {}, "[-0.10000000000000001, -0.1]"),
        ((0.5, 0.5), {}, "[0.5]"),
        ((-0.0, 0.0), {}, "[0]"),
        ((1, math.inf), {"decoration": "dac"}, "[1, inf]_dac"),
        ((-math.inf, math.inf), {"decoration": "def"}, "[entire]_def"),
        ((math.nan, math.nan), {"decoration": "trv"}, "[empty]_trv"),
        ((math.nan, math.nan), {"decoration": "ill"}, "[nai]"),
        ((1 / 3, 2 / 3), {"digits": 3}, "[0.333, 0.667]"),
        ((123456, 123457), {"digits": 2}, "[120000, 130000]"),
        ((1e-7, 1e22), {"digits": 3}, "[9.99e-8, 1e+22]"),
        ((MAX, MAX), {"digits": 3}, "[1.79e+308, 1.8e+308]"),
        ((0.1, 0.5), {"form": "exact"}, "[0x1.999999999999ap-4, 0.5]"),
        ((0.1, 2), {"form": "hexadecimal"}, "[0x1.999999999999ap-4, 0x1p+1]"),
        ((1.414213562, 1.414213563), {"form": "uncertain"}, "1.4142135625?5"),
        ((-1, 3), {"form": "uncertain"}, "1?2"),
        ((1, math.inf), {"form": "uncertain"}, "[1, inf]"),
        ((1e300, 2e300), {"form": "uncertain", "decoration": "com"}, "1.5?6e+300_com"),
    ],
)
def test_printed_forms(ends, options, text):
    assert formatted(*ends, **options) == text


def test_arrays_are_nested_lists_shortened_as_numpy_says():
    numbers = np.arange(4.0).reshape(2, 2)
    assert formatted(numbers, numbers + 1) == "[[[0, 1], [1, 2]],\n [[2, 3], [3, 4]]]"
    assert formatted([1.0, np.nan], [1.0, np.nan], ["com", "trv"]) == "[[1]_com, [empty]_trv]"
    assert "..." in formatted(np.zeros(2000), np.zeros(2000))
    assert formatted([], []) == "[]"


def test_wrong_forms_are_refused():
    with pytest.raises(ValueError, match="form must be one of"):
        formatted(1.0, 2.0, form="octal")
    with pytest.raises(ValueError, match="digits must be a positive integer"):
        formatted(1.0, 2.0, digits=0)
