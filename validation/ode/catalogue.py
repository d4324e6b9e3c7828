"""All reference problems: which system, with which numbers, over which interval."""

from __future__ import annotations

from validation.ode import problems as p
from validation.ode.problems import Problem

OUTER_MASSES = (
    "1.00000597682",
    "0.000954786104043",
    "0.000285583733151",
    "4.37273164546e-05",
    "5.17759138449e-05",
    "7.692307692307692e-09",
)
OUTER_CONSTANT = repr(0.01720209895**2 * 365.25**2)
OUTER_POSITIONS = (
    *("-4.06428567034226e-3", "-6.08813756435987e-3", "-1.66162304225834e-6"),
    *("3.40546614227466", "3.62978190075864", "3.42386261766577e-2"),
    *("6.60801554403466", "6.38084674585064", "-1.36145963724542e-1"),
    *("11.1636331405597", "16.0373479057256", "3.61783279369958e-1"),
    *("-30.1777243405203", "1.91155314998064", "-1.53887595621042e-1"),
    *("-21.3858977531573", "32.0719104739886", "2.49245689556096"),
)
OUTER_VELOCITIES_PER_DAY = (
    *("6.69048890636161e-6", "-6.33922479583593e-6", "-3.13202145590767e-9"),
    *("-5.59797969310664e-3", "5.51815399480116e-3", "-2.66711392865591e-6"),
    *("-4.17354020307064e-3", "3.99723751748116e-3", "1.67206320571441e-5"),
    *("-3.25884806151064e-3", "2.06438412905916e-3", "-2.17699042180559e-5"),
    *("-2.17471785045538e-4", "-3.11361111025884e-3", "3.58344705491441e-5"),
    *("-1.76936577252484e-3", "-2.06720938381724e-3", "6.58091931493844e-4"),
)
OUTER_VELOCITIES = tuple(repr(float(v) * 365.25) for v in OUTER_VELOCITIES_PER_DAY)

MU = "0.012277471"
ARENSTORF = ("0.994", "0", "0", "-2.00158510637908252240537862224")
ARENSTORF_PERIOD = "17.0652165601579625588917206249"
ARENSTORF_THREE = ("0.994", "0", "0", "-2.0317326295573368357302057924")
ARENSTORF_THREE_PERIOD = "11.124340337266085134999734047"
PLEIADES_X, PLEIADES_Y = (3, 3, -1, -3, 2, -2, 2), (3, -3, 2, 0, 0, -4, 4)
PLEIADES_U, PLEIADES_V = (0, 0, 0, 0, 0, 1.75, -1.5), (0, 0, 0, -1.25, 1, 0, 0)
PLEIADES = tuple(
    str(x)
    for pairs in (zip(PLEIADES_X, PLEIADES_Y, strict=True), zip(PLEIADES_U, PLEIADES_V, strict=True))
    for pair in pairs
    for x in pair
)
FIGURE_EIGHT = (
    *("0.97000436", "-0.24308753", "-0.97000436", "0.24308753", "0", "0"),
    *("0.466203685", "0.43236573", "0.466203685", "0.43236573", "-0.93240737", "-0.86473146"),
)
PYTHAGOREAN = ("1", "3", "-2", "-1", "1", "-1", "0", "0", "0", "0", "0", "0")
UEDA = ("0.05", "0", "1", "7.5", "1")
GUCKENHEIMER_HOLMES = ("0.25", "-1", "1", "0.3", "1")
LORENZ = ("10", "28", repr(8 / 3))


CATALOGUE = (
    Problem(
        "harmonic_oscillator",
        "harmonic_oscillator",
        p.harmonic,
        ("1",),
        ("1", "0"),
        ("0", "20"),
        closed_form=p.harmonic_exact,
    ),
    Problem(
        "harmonic_oscillator_back",
        "harmonic_oscillator",
        p.harmonic,
        ("2.5",),
        ("0.1", "-3"),
        ("10", "-10"),
        closed_form=p.harmonic_exact,
    ),
    Problem(
        "damped_oscillator",
        "damped_oscillator",
        p.damped,
        ("2", "0.1"),
        ("1", "0"),
        ("0", "20"),
        closed_form=p.damped_exact,
    ),
    Problem(
        "exponential_decay", "exponential_decay", p.decay, ("1",), ("1e-10",), ("0", "50"), closed_form=p.decay_exact
    ),
    Problem("pendulum", "pendulum", p.pendulum, (), ("3", "0"), ("0", "20")),
    Problem("pendulum_back", "pendulum", p.pendulum, (), ("1", "0.5"), ("0", "-10")),
    Problem(
        "double_pendulum",
        "double_pendulum",
        p.double_pendulum,
        ("1", "1", "1", "1", "9.81"),
        ("2", "2.5", "0", "0"),
        ("0", "5"),
    ),
    Problem(
        "double_pendulum_unequal",
        "double_pendulum",
        p.double_pendulum,
        ("2", "0.5", "1.5", "0.7", "9.81"),
        ("1", "-1", "0", "0.5"),
        ("0", "5"),
    ),
    Problem(
        "rigid_body",
        "rigid_body",
        p.rigid_body,
        ("1", "-1", "-0.51"),
        ("0", "1", "1"),
        ("0", "20"),
        closed_form=p.rigid_body_exact,
    ),
    Problem("henon_heiles", "henon_heiles", p.henon_heiles, (), ("0", "0.1", "0.5", "0"), ("0", "100")),
    Problem("van_der_pol", "van_der_pol", p.van_der_pol, ("1",), ("2", "0"), ("0", "20")),
    Problem("van_der_pol_10", "van_der_pol", p.van_der_pol, ("10",), ("2", "0"), ("0", "20")),
    Problem("duffing_ueda", "duffing", p.duffing, UEDA, ("3", "4"), ("0", "20")),
    Problem("duffing_two_wells", "duffing", p.duffing, GUCKENHEIMER_HOLMES, ("1", "0"), ("0", "20")),
    Problem("duffing_back", "duffing", p.duffing, UEDA, ("3", "4"), ("1", "-4")),
    Problem("lorenz_5", "lorenz", p.lorenz, LORENZ, ("0", "1", "0"), ("0", "5")),
    Problem("lorenz_10", "lorenz", p.lorenz, LORENZ, ("1", "1", "1"), ("0", "10")),
    Problem("rossler", "rossler", p.rossler, ("0.2", "0.2", "5.7"), ("1", "1", "1"), ("0", "20")),
    Problem("brusselator", "brusselator", p.brusselator, ("1", "3"), ("1.5", "3"), ("0", "20")),
    Problem("lotka_volterra", "lotka_volterra", p.lotka_volterra, ("1", "1", "2", "1"), ("2", "2"), ("0", "20")),
    Problem("robertson_0.3", "robertson", p.robertson, ("0.04", "3e7", "1e4"), ("1", "0", "0"), ("0", "0.3")),
    Problem("robertson_4", "robertson", p.robertson, ("0.04", "3e7", "1e4"), ("1", "0", "0"), ("0", "4")),
    Problem(
        "kepler_0.5", "kepler", p.kepler, (), ("0.5", "0", "0", repr(3**0.5)), ("0", "20"), closed_form=p.kepler_exact
    ),
    Problem(
        "kepler_0.9", "kepler", p.kepler, (), ("0.1", "0", "0", repr(19**0.5)), ("0", "20"), closed_form=p.kepler_exact
    ),
    Problem(
        "complex_kepler", "complex_kepler", p.kepler, (), ("0.7 0", "0 1.3"), ("0", "20"), closed_form=p.kepler_exact
    ),
    Problem("arenstorf", "arenstorf", p.arenstorf, (MU,), ARENSTORF, ("0", ARENSTORF_PERIOD), guard=10),
    Problem("arenstorf_decimal", "arenstorf", p.arenstorf, (MU,), ARENSTORF, ("0", ARENSTORF_PERIOD), "decimal", 25),
    Problem(
        "arenstorf_three_loops",
        "arenstorf",
        p.arenstorf,
        (MU,),
        ARENSTORF_THREE,
        ("0", ARENSTORF_THREE_PERIOD),
        guard=10,
    ),
    Problem(
        "arenstorf_three_loops_decimal",
        "arenstorf",
        p.arenstorf,
        (MU,),
        ARENSTORF_THREE,
        ("0", ARENSTORF_THREE_PERIOD),
        "decimal",
        25,
    ),
    Problem("figure_eight", "figure_eight", p.newton(("1",) * 3, "1", 2), (), FIGURE_EIGHT, ("0", "6.32591398")),
    Problem(
        "pythagorean_three_body",
        "pythagorean_three_body",
        p.newton(("3", "4", "5"), "1", 2),
        (),
        PYTHAGOREAN,
        ("0", "3"),
    ),
    Problem("pleiades", "pleiades", p.newton(tuple("1234567"), "1", 2), (), PLEIADES, ("0", "3")),
    Problem(
        "sun_jupiter_saturn",
        "sun_jupiter_saturn",
        p.newton(OUTER_MASSES[:3], OUTER_CONSTANT, 3),
        (),
        OUTER_POSITIONS[:9] + OUTER_VELOCITIES[:9],
        ("0", "200"),
    ),
    Problem(
        "outer_solar_system",
        "outer_solar_system",
        p.newton(OUTER_MASSES, OUTER_CONSTANT, 3),
        (),
        OUTER_POSITIONS + OUTER_VELOCITIES,
        ("0", "100"),
    ),
    Problem("bessel_0", "bessel", p.bessel, ("0",), ("1", "0"), ("1", "30"), closed_form=p.bessel_exact),
    Problem("bessel_2.5", "bessel", p.bessel, ("2.5",), ("1", "0"), ("1", "30"), closed_form=p.bessel_exact),
    Problem("airy_back", "airy", p.airy, (), ("1", "0"), ("0", "-20"), closed_form=p.airy_exact),
    Problem(
        "two_level", "two_level", p.two_level, ("0.5", "1"), ("1 0", "0 0"), ("0", "20"), closed_form=p.two_level_exact
    ),
    Problem("landau_zener", "landau_zener", p.landau_zener, ("1", "0.5"), ("1 0", "0 0"), ("-10", "8")),
    Problem("elementary_functions", "elementary_functions", p.elementary_functions, (), ("0.5", "0", "1"), ("0", "10")),
    Problem("mixed_scales", "mixed_scales", p.mixed_scales, ("1e6", "1e-6"), ("1e6", "0", "1e-6"), ("0", "20")),
)
