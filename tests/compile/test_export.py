"""Objects and headers in the hands of a C compiler: a program that calls an exported function prints its results."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

import taylorad as ta
from taylorad.compile.export import c_header, require_standalone, write_object
from taylorad.compile.native import target

llvm = pytest.importorskip("llvmlite.binding", reason="objects are made by llvmlite")
CC = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
CXX = next((found for name in ("c++", "g++", "clang++") if (found := shutil.which(name))), None)
STRICT = ["-O1", "-Wall", "-Wextra", "-Wcast-qual", "-Werror", "-pedantic-errors"]
needs_c = pytest.mark.skipif(CC is None, reason="there is no C compiler (cc, gcc or clang)")
needs_cxx = pytest.mark.skipif(CXX is None, reason="there is no C++ compiler (c++, g++ or clang++)")

SOFTPLUS = """
@one = private constant double 1.0
declare double @exp(double)
declare double @log1p(double)
declare ptr @malloc(i64)
declare void @free(ptr)
define i32 @softplus(ptr %inputs, ptr %outputs) {  ; x : (3,) -> log(1 + exp x), exp x ; 1 if x[0] < 0, 2 if nan
start:
  %x = load ptr, ptr %inputs
  %y = load ptr, ptr %outputs
  %at1 = getelementptr ptr, ptr %outputs, i64 1
  %e = load ptr, ptr %at1
  %room = call ptr @malloc(i64 24)
  %x0 = load double, ptr %x
  %below = fcmp olt double %x0, 0.0
  br i1 %below, label %guard, label %loop
loop:
  %i = phi i64 [0, %start], [%next, %loop]
  %px = getelementptr double, ptr %x, i64 %i
  %a = load double, ptr %px
  %b = call double @exp(double %a)
  %pr = getelementptr double, ptr %room, i64 %i
  store double %b, ptr %pr
  %pe = getelementptr double, ptr %e, i64 %i
  store double %b, ptr %pe
  %c = call double @log1p(double %b)
  %py = getelementptr double, ptr %y, i64 %i
  store double %c, ptr %py
  %next = add i64 %i, 1
  %again = icmp slt i64 %next, 3
  br i1 %again, label %loop, label %done
done:
  call void @free(ptr %room)
  %bad = fcmp uno double %c, 0.0
  %status = select i1 %bad, i32 2, i32 0
  ret i32 %status
guard:
  call void @free(ptr %room)
  ret i32 1
}
"""
MIXED = """
define i32 @mixed(ptr %inputs, ptr %outputs) {  ; (k : (2,) int64, t : () bool, x : () float32) -> k[1], not t, -x
  %pk = load ptr, ptr %inputs
  %pk1 = getelementptr i64, ptr %pk, i64 1
  %k1 = load i64, ptr %pk1
  %o0 = load ptr, ptr %outputs
  store i64 %k1, ptr %o0
  %i1 = getelementptr ptr, ptr %inputs, i64 1
  %pt = load ptr, ptr %i1
  %t = load i8, ptr %pt
  %n = xor i8 %t, 1
  %oo1 = getelementptr ptr, ptr %outputs, i64 1
  %o1 = load ptr, ptr %oo1
  store i8 %n, ptr %o1
  %i2 = getelementptr ptr, ptr %inputs, i64 2
  %px = load ptr, ptr %i2
  %x = load float, ptr %px
  %m = fneg float %x
  %oo2 = getelementptr ptr, ptr %outputs, i64 2
  %o2 = load ptr, ptr %oo2
  store float %m, ptr %o2
  ret i32 0
}
"""
NOTHING = "define i32 @nothing(ptr %inputs, ptr %outputs) {\n  ret i32 0\n}\n"
VECTOR, NUMBER = ((3,), np.float64), ((), np.float64)


def object_of(text: str) -> bytes:
    """What an exporting code generator does: position-independent code for the host."""
    require_standalone(text)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(opt=2, cpu=llvm.get_host_cpu_name(), reloc="pic", codemodel="default")
    code = llvm.parse_assembly(text)
    code.verify()
    return machine.emit_object(code)


def run(folder, compiler, name, text, header, main, standard) -> list[str]:
    """The lines printed by a program of a main file and an object."""
    write_object(folder / f"{name}.o", object_of(text))
    (folder / f"{name}.h").write_text(header, encoding="utf-8")
    source = folder / ("main.c" if compiler == CC else "main.cpp")
    source.write_text(main)
    command = [compiler, standard, *STRICT, str(source), str(folder / f"{name}.o"), "-o", str(folder / "main"), "-lm"]
    subprocess.run(command, check=True, cwd=folder, timeout=120)
    shown = subprocess.run([folder / "main"], check=True, capture_output=True, text=True, timeout=60)
    return shown.stdout.split("\n")[:-1]


MAIN = """
#include <stdio.h>
#include <math.h>
#include "softplus.h"
#include "softplus.h"

int main(void)
{
    double x[SOFTPLUS_INPUT_0_SIZE] = {0.0, 1.0, -30.0};
    double y[SOFTPLUS_OUTPUT_0_SIZE], e[SOFTPLUS_OUTPUT_1_SIZE];
    const double *inputs[SOFTPLUS_INPUTS] = {x};
    double *outputs[SOFTPLUS_OUTPUTS] = {y, e};
    int i, status = softplus(inputs, outputs);
    printf("%d\\n", status == SOFTPLUS_FINE);
    for (i = 0; i < 3; i++) printf("%.17g\\n%.17g\\n", y[i], e[i]);
    x[2] = 2.5;
    status = softplus_call(x, y, e);
    printf("%d\\n%.17g\\n", status == SOFTPLUS_FINE, y[2]);
    x[0] = -1.0;
    printf("%d\\n", softplus_call(x, y, e) == SOFTPLUS_GUARD);
    x[0] = 0.0;
    x[2] = nan("");
    printf("%d\\n", softplus_call(x, y, e) == SOFTPLUS_NAN);
    return 0;
}
"""


def softplus_header() -> str:
    doc = "Softplus, log(1 + exp x): a comment that ends in */ and begins with /* again.\n\n    ∂/∂x is a sigmoid \\"
    return c_header("softplus", [VECTOR], [VECTOR, VECTOR], doc, input_names=["x"], output_names=["y", "e"])


def check_softplus(lines):
    numbers = [float(line) for line in lines]
    expected = [1.0]
    for x in (0.0, 1.0, -30.0):
        expected += [math.log1p(math.exp(x)), math.exp(x)]
    expected += [1.0, math.log1p(math.exp(2.5)), 1.0, 1.0]
    np.testing.assert_allclose(numbers, expected, rtol=4e-16)  # two functions of the C library, an ulp each


@needs_c
@pytest.mark.parametrize("standard", ["-std=c99", "-std=c11"])
def test_a_c_program_calls_the_function(tmp_path, standard):
    check_softplus(run(tmp_path, CC, "softplus", SOFTPLUS, softplus_header(), MAIN, standard))


@needs_c
def test_a_c_program_calls_an_object_of_the_packages_own_compiler(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "object_of", lambda text: target.optimise_and_compile(text).object_bytes)
    check_softplus(run(tmp_path, CC, "softplus", SOFTPLUS, softplus_header(), MAIN, "-std=c99"))


@needs_cxx
def test_a_cpp_program_calls_the_function(tmp_path):
    check_softplus(run(tmp_path, CXX, "softplus", SOFTPLUS, softplus_header(), MAIN, "-std=c++11"))


MIXED_MAIN = """
#include <stdio.h>
#include "mixed.h"

int main(void)
{
    const int64_t counts[MIXED_INPUT_0_SIZE] = {5, INT64_C(-9007199254740993)};
    const uint8_t flag[MIXED_INPUT_1_SIZE] = {1};
    const float x = 1.5f;
    const void *inputs[] = {counts, flag, &x};
    int64_t k;
    uint8_t t;
    float m;
    void *outputs[] = {&k, &t, &m};
    printf("%d\\n", mixed(inputs, outputs));
    printf("%lld %d %g\\n", (long long)k, t, (double)m);
    k = t = 7;
    printf("%d\\n", mixed_call(counts, flag, &x, &k, &t, &m));
    printf("%lld %d %g\\n", (long long)k, t, (double)m);
    return 0;
}
"""


@needs_c
def test_types_may_be_mixed(tmp_path):
    inputs = [((2,), np.int64), ((), np.bool_), ((), np.float32)]
    outputs = [((), np.int64), ((), np.bool_), ((), np.float32)]
    header = c_header("mixed", inputs, outputs)
    lines = run(tmp_path, CC, "mixed", MIXED, header, MIXED_MAIN, "-std=c99")
    assert lines == ["0", "-9007199254740993 0 -1.5"] * 2


@needs_c
def test_nothing_in_nothing_out(tmp_path):
    main = '#include <stdio.h>\n#include "nothing.h"\nint main(void) { printf("%d\\n", nothing_call()); return 0; }\n'
    assert run(tmp_path, CC, "nothing", NOTHING, c_header("nothing", [], []), main, "-std=c99") == ["0"]


@needs_c
def test_the_object_makes_a_shared_library(tmp_path):
    """Which needs position-independent code, and nothing undefined beside the C library."""
    write_object(tmp_path / "softplus.o", object_of(SOFTPLUS))
    library = tmp_path / "softplus.so"
    strict = ["-Wl,-z,defs,--fatal-warnings"] if sys.platform == "linux" else []
    command = [CC, "-shared", *strict, str(tmp_path / "softplus.o"), "-o", str(library), "-lm"]
    subprocess.run(command, check=True, timeout=120)
    x, y, e = np.array([0.0, 1.0, 2.0]), np.zeros(3), np.zeros(3)
    inputs, outputs = (ctypes.c_void_p * 1)(x.ctypes.data), (ctypes.c_void_p * 2)(y.ctypes.data, e.ctypes.data)
    assert ctypes.CDLL(str(library)).softplus(inputs, outputs) == 0
    np.testing.assert_allclose(y, np.log1p(np.exp(x)), rtol=4e-16)  # two functions, an ulp each


def test_the_header_says_shapes_and_meaning():
    header = c_header("f", [((4, 5), float), NUMBER], [((0, 3), float)], "Sum of things.", input_names=["a", "b"])
    for piece in (
        "#define F_INPUT_0_SIZE 20 /* a: 4 x 5 */",
        "#define F_INPUT_1_SIZE 1 ",
        "#define F_OUTPUT_0_SIZE 0 ",
    ):
        assert piece in header
    assert " * Sum of things.\n" in header
    assert " * inputs[0]: double a, 4 x 5\n" in header
    assert "#define F_INPUTS 2\n" in header


@pytest.mark.parametrize("name", ["", "1f", "f-g", "f g", "é", "int", "class", "_f", 'f"', "f\n"])
def test_names_are_identifiers(name):
    with pytest.raises(ValueError, match="cannot be a name"):
        c_header(name, [VECTOR], [VECTOR])
    with pytest.raises(ValueError, match="cannot be a name"):
        c_header("f", [VECTOR], [VECTOR], output_names=[name])


def test_the_c_library_keeps_its_names():
    for name in ("exp", "sinf", "free"):
        with pytest.raises(ValueError, match="the C library has one of that name"):
            c_header(name, [VECTOR], [VECTOR], input_names=["exp"])
    assert "const double *exp" in c_header("f", [VECTOR], [VECTOR], input_names=["exp"])


def test_names_differ():
    with pytest.raises(ValueError, match="'x' is used twice"):
        c_header("f", [VECTOR], [VECTOR], input_names=["x"], output_names=["x"])
    with pytest.raises(ValueError, match="'f_inputs' is used twice"):
        c_header("f", [VECTOR], [VECTOR], input_names=["f_inputs"])
    with pytest.raises(ValueError, match="2 names for 1 inputs"):
        c_header("f", [VECTOR], [VECTOR], input_names=["x", "y"])


def test_types_without_a_counterpart_are_refused():
    with pytest.raises(ValueError, match="complex128 has no type in C here"):
        c_header("f", [((3,), complex)], [VECTOR])


def test_only_objects_are_written(tmp_path):
    for data in (b"", b"define i32 @f()", b"\x7fEL"):
        with pytest.raises(ValueError, match="no object file"):
            write_object(tmp_path / "f.o", data)
    assert not (tmp_path / "f.o").exists()
    data = object_of(NOTHING)
    (tmp_path / "f.o").write_bytes(b"older and longer" * 1000)
    write_object(str(tmp_path / "f.o"), data)
    assert (tmp_path / "f.o").read_bytes() == data


STANDALONE = [
    SOFTPLUS,
    MIXED,
    "declare <8 x double> @llvm.fma.v8f64(<8 x double>, <8 x double>, <8 x double>)",
    "declare noalias ptr @malloc(i64) nounwind\ndeclare float @sinf(float)",
    "%p = inttoptr i64 %x to ptr",
]
FOREIGN = {
    "declare double @taylorad_special_gamma(double, i32)": "taylorad_special_gamma",
    "  declare <8 x double> @_ZGVeN8v_sin(<8 x double>)": "_ZGVeN8v_sin",
    'declare void @"taylorad_blas_dgemm"(ptr)': "taylorad_blas_dgemm",
    "declare double @exp(double)\ndeclare double @b(double)\ndeclare double @a(double)": "^a, b:",
    "@table = external global [3 x double]": "table",
    "%x = load double, ptr inttoptr (i64 140000000 to ptr)": "address of this process",
}


@pytest.mark.parametrize("text", STANDALONE)
def test_code_that_needs_the_c_library_only_is_accepted(text):
    require_standalone(text)


@pytest.mark.parametrize(("text", "message"), FOREIGN.items())
def test_code_that_needs_more_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        require_standalone(text)


@needs_c
def test_a_compiled_hessian_in_c(tmp_path):
    def energy(x):
        """A chain of springs."""
        return np.sum((x[1:] - x[:-1]) ** 4) + np.sum(np.exp(np.sin(x)))

    hessian = ta.jit(ta.hessian(energy))
    x = np.linspace(0.1, 0.7, 4)
    expected = hessian(x)
    header = hessian.to_object(tmp_path / "hessian.o", "hessian")
    numbers = ", ".join(map(repr, x.tolist()))
    (tmp_path / "main.c").write_text(
        f'#include <stdio.h>\n#include "{header.name}"\n'
        "int main(void) {\n"
        f"    double x[] = {{{numbers}}}, h[HESSIAN_OUTPUT_0_SIZE];\n"
        "    int status = hessian_call(x, h);\n"
        '    for (int i = 0; i < HESSIAN_OUTPUT_0_SIZE; i++) printf("%.17g\\n", h[i]);\n'
        "    return status;\n}\n"
    )
    command = [CC, "-O1", "main.c", "hessian.o", "-lm", "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    run = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(np.array(run.stdout.split(), float).reshape(4, 4), expected, rtol=1e-13, atol=1e-14)


def test_what_needs_scipy_is_not_exported(tmp_path):
    erfcx = ta.jit(lambda x: scipy.special.erfcx(x))
    erfcx(np.ones(2))
    with pytest.raises(ValueError, match="taylorad_special_erfcx: not in the C library"):
        erfcx.to_object(tmp_path / "f.o")
