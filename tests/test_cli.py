"""The command line: tables, JSON, figures, and one line for every mistake."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import taylorad as ta
from taylorad import cli, figures, nist


def run(capsys, *arguments):
    code = cli.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def popen(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "taylorad", *arguments], text=True, stderr=subprocess.PIPE, **options
    )


# -------------------------------------------------------------------------------------------------------------- series


def test_series_prints_coefficients_derivatives_and_radius(capsys):
    code, out, err = run(capsys, "series", "1/(1-x)", "--at", "0", "--order", "12")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "1/(1-x) at x = 0.0"
    assert lines[2].split() == ["k", "coefficient", "derivative"]
    rows = [line.split() for line in lines[3:16]]
    assert [int(row[0]) for row in rows] == list(range(13))
    np.testing.assert_allclose([float(row[1]) for row in rows], 1.0, rtol=1e-15)
    np.testing.assert_allclose([float(row[2]) for row in rows], [math.factorial(k) for k in range(13)], rtol=1e-15)
    assert len({len(line) for line in lines[2:16]}) == 1
    assert lines[-1] == "estimated radius of convergence: 1"


def test_series_in_json(capsys):
    code, out, err = run(capsys, "series", "exp(t)", "--at", "0.5", "--order", "3", "--variable", "t", "--json")
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert (data["expression"], data["at"], data["order"]) == ("exp(t)", 0.5, 3)
    np.testing.assert_allclose(data["derivatives"], math.exp(0.5), rtol=1e-15)
    np.testing.assert_allclose(np.array(data["coefficients"]) * [1, 1, 2, 6], math.exp(0.5), rtol=1e-15)


def test_derivatives_beyond_the_range_of_floats(capsys):
    _, out, _ = run(capsys, "series", "1/(1-x)", "--at", "0", "--order", "200")
    assert out.splitlines()[203].split()[2] == "7.8865786736479050e+374"  # 200!
    _, out, _ = run(capsys, "series", "1/(1-x)", "--at", "0", "--order", "200", "--json")
    assert json.loads(out)["derivatives"][200] is None


@pytest.mark.parametrize("at", ["-0.5", "-.5", "-5e-1", "-1/2", " -0.5", "-pi/(2*pi)"])
def test_negative_points(capsys, at):
    code, out, _ = run(capsys, "series", "x", "--at", at, "--order", "0")
    assert code == 0
    assert out.startswith("x at x = -0.5\n")


def test_an_expression_may_begin_with_a_minus(capsys):
    code, out, _ = run(capsys, "series", "-x**2", "--at=-1", "--order", "2")
    assert code == 0
    assert out.startswith("-x**2 at x = -1.0\n")


def test_a_constant_and_order_0(capsys):
    code, out, _ = run(capsys, "series", "7", "--at", "1", "--order", "0", "--json")
    assert code == 0
    assert json.loads(out)["coefficients"] == [7.0]


@pytest.mark.parametrize("order", ["0", "1", "9"])
@pytest.mark.parametrize("text", ["exp(sin(x))", "1/(1-x)", "x**2", "3", "log(x+1)", "gamma(x+1)"])
def test_series_figures(capsys, tmp_path, text, order):
    target = tmp_path / "figure.png"
    code, _, err = run(capsys, "series", text, "--at", "0.25", "--order", order, "--plot", str(target))
    assert (code, err) == (0, "")
    assert target.read_bytes().startswith(b"\x89PNG")


# ---------------------------------------------------------------------------------------------------------------- nist


def test_nist_prints_a_table_and_a_closing_line(capsys):
    code, out, err = run(capsys, "nist", "--problem", "BoxBOD", "misra1a", "--problem", "BOXBOD")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in lines[2:6]] == [[n, s] for n in ("BoxBOD", "Misra1a") for s in ("1", "2")]
    assert len({len(line) for line in lines[:6]}) == 1
    assert lines[-1] == "4 of 4 runs reached 8 or more correct digits"


def test_nist_in_json(capsys):
    code, out, err = run(capsys, "nist", "--problem", "BoxBOD", "--json")
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert (data["good"], data["total"], data["complete"]) == (2, 2, True)
    assert {"problem", "start", "iterations", "evaluations", "rss", "certified_rss", "digits", "parameters"} < set(
        data["runs"][0]
    )
    np.testing.assert_allclose(data["runs"][0]["parameters"], nist.load("BoxBOD").certified, rtol=1e-10)


def test_runs_that_fall_short_are_explained_below_the_table(capsys, monkeypatch):
    def fit(problem, start):
        return nist.Result(problem.name, start, 9, 9, math.nan, 1.0, 0.0, np.array([math.nan]), 0.0, False, "it rained")

    monkeypatch.setattr(nist, "fit", fit)
    code, out, _ = run(capsys, "nist", "--problem", "BoxBOD")
    assert code == 0
    assert "BoxBOD, start 2: it rained" in out
    assert out.splitlines()[-1] == "0 of 2 runs reached 8 or more correct digits"
    _, out, _ = run(capsys, "nist", "--problem", "BoxBOD", "--json")
    assert json.loads(out)["runs"][0]["rss"] is None


@pytest.mark.parametrize("names", [["BoxBOD"], ["Nelson"], ["Misra1a", "Nelson", "ENSO"]])
def test_nist_figures(capsys, tmp_path, names):
    target = tmp_path / "figure.svg"
    code, _, err = run(capsys, "nist", "--problem", *names, "--plot", str(target))
    assert (code, err) == (0, "")
    assert "<svg" in target.read_text()


def test_an_interrupt_prints_what_is_done(capsys, monkeypatch):
    done = [nist.fit(nist.load("BoxBOD"), 1)]

    def fit(problem, start):
        if not done:
            raise KeyboardInterrupt
        return done.pop()

    monkeypatch.setattr(nist, "fit", fit)
    code, out, _ = run(capsys, "nist")
    assert code == 130
    assert "BoxBOD" in out
    assert "interrupted after 1 of 54 runs" in out
    code, out, _ = run(capsys, "nist", "--json")
    assert code == 130
    assert json.loads(out) == {"runs": [], "good": 0, "total": 0, "complete": False}


# --------------------------------------------------------------------------------------------------------------- orbit


def test_orbit_prints_steps_times_and_the_error_of_the_energy(capsys):
    code, out, err = run(capsys, "orbit", "--years", "100")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[2].split() == ["years", "100"]
    assert [line.split()[0] for line in lines[3:6]] == ["steps", "time", "energy"]
    assert [line.split()[0] for line in lines[9:]] == ["Sun", "Jupiter", "Saturn", "Uranus", "Neptune", "Pluto"]
    assert len({len(line) for line in lines[7:]}) == 1


def test_orbit_in_json_backward_ends_where_scipy_does(capsys):
    code, out, _ = run(capsys, "orbit", "--years", "-50", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["years"] == -50
    assert data["complete"]
    assert data["energy_error"]["largest"] < 1e-14  # a few hundred steps of rounding
    system = ta.ode.systems.outer_solar_system
    solution = solve_ivp(
        system.fun, (0, -50), system.initial_state, "DOP853", args=system.parameters, rtol=1e-12, atol=1e-14
    )
    found = np.concatenate([data["positions"][name] for name in data["positions"]])
    np.testing.assert_allclose(found, solution.y[:18, -1], rtol=0, atol=1e-9)  # what SciPy's tolerance leaves


def test_orbit_figures(capsys, tmp_path):
    target = tmp_path / "orbit.png"
    code, _, err = run(capsys, "orbit", "--years", "30", "--plot", str(target))
    assert (code, err) == (0, "")
    assert target.read_bytes().startswith(b"\x89PNG")


def test_an_interrupted_orbit_prints_what_is_done(capsys, monkeypatch):
    walk = ta.ode.Integrator.propagate_until

    def until(self, t):
        if t > 10:
            raise KeyboardInterrupt
        walk(self, t)

    monkeypatch.setattr(ta.ode.Integrator, "propagate_until", until)
    code, out, err = run(capsys, "orbit", "--years", "100")
    assert code == 130
    assert out.splitlines()[2].split() == ["years", "10"]
    assert err == "taylorad: interrupted after 10 of 100 years\n"


# ------------------------------------------------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "arguments are required: COMMAND"),
        (["integrate"], "invalid choice: 'integrate'"),
        (["series"], "arguments are required: EXPRESSION, --at, --order"),
        (["validate", "--functions", "sinn"], "nothing is called 'sinn' here; the names are sqrt"),
        (["validate", "--output", "missing/report.md"], "No such file or directory: 'missing/report.md'"),
        (["series", "x", "--at", "1", "--order"], "--order"),
        (["series", "x", "--at", "1", "--order", "1", "--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["series", "2^x", "--at", "1", "--order", "1"], "'^' is not a power: write ** instead (column 2 of '2^x')"),
        (["series", "sinn(x)", "--at", "1", "--order", "1"], "unknown function 'sinn': did you mean sin"),
        (["series", "y", "--at", "1", "--order", "1"], "unknown name 'y'"),
        (["series", "x", "--at", "1", "--order", "1", "--variable", "1x"], "must be distinct identifiers"),
        (["series", "x", "--at", "1", "--order", "-1"], "--order must lie between 0 and 1000, not -1"),
        (["series", "x", "--at", "1", "--order", "1e9"], "--order must be a whole number, not '1e9'"),
        (["series", "x", "--at", "1", "--order", "1000000000"], "--order must lie between 0 and 1000"),
        (["series", "x", "--at", "nan", "--order", "1"], "--at must be a finite number, not 'nan'"),
        (["series", "x", "--at", "-inf", "--order", "1"], "--at must be a finite number, not '-inf'"),
        (["series", "x", "--at", "1e999", "--order", "1"], "--at must be a finite number: the constant 1e999"),
        (["series", "x", "--at", "here", "--order", "1"], "--at must be a finite number: unknown name 'here'"),
        (
            ["series", "log(x)", "--at", "-2", "--order", "1"],
            "cannot expand 'log(x)' at -2: log has no Taylor series at -2",
        ),
        (["series", "sqrt(x)", "--at", "0", "--order", "3"], "cannot expand 'sqrt(x)' at 0"),
        (["series", "1/x", "--at", "0", "--order", "3"], "cannot expand '1/x' at 0"),
        (["series", "exp(exp(x))", "--at", "9", "--order", "3"], "the coefficient of degree 0 is not finite"),
        (["series", "betaln(x, x)", "--at", "2", "--order", "3", "--plot", "a/b/c.png"], "cannot write 'a/b/c.png'"),
        (["series", "x", "--at", "2", "--order", "3", "--plot", "figure.doc"], "cannot draw 'figure.doc'"),
        (["orbit", "--years", "long"], "--years must be a number, not 'long'"),
        (["orbit", "--years", "0"], "--years must not be zero nor beyond 1e+09, got 0"),
        (["nist", "--problem", "Misra9"], "unknown problem 'Misra9': choose from Misra1"),
        (["nist", "--problem"], "--problem: expected at least one argument"),
        (["nist", "--plot", "a/b/c.png"], "cannot write 'a/b/c.png'"),
        (["nist", "--plot", "figure"], "cannot draw 'figure'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("taylorad: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_without_matplotlib_the_error_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, _, err = run(capsys, "nist", "--problem", "BoxBOD", "--plot", "figure.png")
    assert code == 2
    assert err == 'taylorad: error: plots need matplotlib: pip install "taylorad[plot]"\n'


def test_a_file_that_cannot_be_written_after_all(tmp_path):
    figure = figures.fits_figure([nist.load("BoxBOD")], [])
    with pytest.raises(figures.FigureError, match="cannot write"):
        figures.save(figure, str(tmp_path / "none" / "figure.png"))


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["series", "--help"], ["nist", "-h"]])
def test_version_and_help(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out == f"taylorad {ta.__version__}\n" if arguments == ["--version"] else "usage: taylorad" in out


# ----------------------------------------------------------------------------------------------------------- processes


def test_a_closed_pipe_is_quiet():
    process = popen("series", "exp(x)", "--at", "0", "--order", "900", stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


INTERRUPTED_RUN = """
import os, signal, sys, time
from taylorad import cli, nist
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell start with it ignored
fit = nist.fit
interrupted = lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60))  # it comes at once, or a little later
nist.fit = lambda problem, start: interrupted() if start == 2 else fit(problem, start)
sys.exit(cli.main(["nist", "--problem", "BoxBOD"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="os.kill ends a process on Windows")
def test_ctrl_c_exits_with_130_without_a_traceback():
    process = subprocess.run([sys.executable, "-c", INTERRUPTED_RUN], text=True, capture_output=True, check=False)
    assert (process.returncode, process.stderr) == (130, "")
    assert process.stdout.splitlines()[-1] == "1 of 1 runs reached 8 or more correct digits"


def test_the_module_runs_and_json_is_alone_on_standard_output():
    process = popen("nist", "--problem", "BoxBOD", "--json", stdout=subprocess.PIPE)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["good"] == 2


# ------------------------------------------------------------------------------------------------------------ validate


def test_validate_prints_worst_errors_and_bounds(capsys):
    pytest.importorskip("flint", reason="validation needs python-flint")
    code, out, err = run(capsys, "validate", "--quick", "--functions", "exp", "erf")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert [line.split()[:3] for line in lines[2:4]] == [["exp", "order", "20"], ["erf", "order", "20"]]
    assert lines[-1].startswith("2 of 2 checks within their bounds")


def test_validate_fails_where_a_bound_is_exceeded(capsys, monkeypatch):
    pytest.importorskip("flint", reason="validation needs python-flint")
    from taylorad.validate import bounds, functions

    monkeypatch.setitem(functions.BOUNDS, "exp", {"order 20": bounds.Bound(0.1, 0.1)})
    code, out, _ = run(capsys, "validate", "--quick", "--functions", "exp")
    assert code == 1
    assert "FAILED" in out


def test_validate_in_json_and_to_a_file(capsys, tmp_path):
    pytest.importorskip("flint", reason="validation needs python-flint")
    target = tmp_path / "report.md"
    code, out, _ = run(capsys, "validate", "--quick", "--functions", "norm", "--json", "--output", str(target))
    assert code == 0
    assert json.loads(out)["good"] is True
    assert "| norm | Hessian |" in target.read_text(encoding="utf-8")


def test_an_interrupted_validation_prints_what_is_done(capsys, monkeypatch):
    pytest.importorskip("flint", reason="validation needs python-flint")
    from taylorad.validate import report

    check = report.check

    def checked(name, quick):
        if name == "sin":
            raise KeyboardInterrupt
        return check(name, quick)

    monkeypatch.setattr(report, "check", checked)
    code, out, _ = run(capsys, "validate", "--quick", "--functions", "exp", "sin", "cos")
    assert code == 130
    assert "interrupted after 1 of 3 functions" in out
