"""Functions made at run time around hand-written kernels: what reaches the kernel, what the fallback, no leaks."""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

from taylorad.compile.native import entry as module
from taylorad.compile.native import target
from taylorad.compile.native.entry import entry
from taylorad.compile.native.layout import Layout

llvm = pytest.importorskip("llvmlite.binding", reason="machine code needs llvmlite")

KERNELS = """
define i32 @double(ptr %inputs, ptr %outputs) {  ; three numbers, doubled
  %x = load ptr, ptr %inputs
  %y = load ptr, ptr %outputs
  br label %loop
loop:
  %i = phi i64 [0, %0], [%next, %loop]
  %p = getelementptr double, ptr %x, i64 %i
  %q = getelementptr double, ptr %y, i64 %i
  %a = load double, ptr %p
  %b = fmul double %a, 2.0
  store double %b, ptr %q
  %next = add i64 %i, 1
  %again = icmp slt i64 %next, 3
  br i1 %again, label %loop, label %done
done:
  ret i32 0
}
define i32 @mixed(ptr %inputs, ptr %outputs) {  ; (x : (), k : (2, 2) int64, t : () bool) -> x + k[1, 1], k[0, :], not t
  %px = load ptr, ptr %inputs
  %x = load double, ptr %px
  %at1 = getelementptr ptr, ptr %inputs, i64 1
  %pk = load ptr, ptr %at1
  %pk3 = getelementptr i64, ptr %pk, i64 3
  %k3 = load i64, ptr %pk3
  %f = sitofp i64 %k3 to double
  %s = fadd double %x, %f
  %po = load ptr, ptr %outputs
  store double %s, ptr %po
  %ot1 = getelementptr ptr, ptr %outputs, i64 1
  %po1 = load ptr, ptr %ot1
  %row = load <2 x i64>, ptr %pk, align 8
  store <2 x i64> %row, ptr %po1, align 8
  %at2 = getelementptr ptr, ptr %inputs, i64 2
  %pt = load ptr, ptr %at2
  %t = load i8, ptr %pt
  %n = xor i8 %t, 1
  %ot2 = getelementptr ptr, ptr %outputs, i64 2
  %po2 = load ptr, ptr %ot2
  store i8 %n, ptr %po2
  ret i32 0
}
define i32 @status(ptr %inputs, ptr %outputs) {  ; the status is the number
  %px = load ptr, ptr %inputs
  %x = load double, ptr %px
  %s = fptosi double %x to i32
  %po = load ptr, ptr %outputs
  store double %x, ptr %po
  ret i32 %s
}
define i32 @nothing(ptr %inputs, ptr %outputs) {
  ret i32 0
}
define i32 @float(ptr %inputs, ptr %outputs) {  ; float32 (2,) -> its first entry
  %px = load ptr, ptr %inputs
  %x = load float, ptr %px
  %po = load ptr, ptr %outputs
  store float %x, ptr %po
  ret i32 0
}
define i32 @watch(ptr %inputs, ptr %outputs) {  ; by how much a number in memory changes while the kernel spins
  %x = load ptr, ptr %inputs
  %before = load volatile double, ptr %x
  br label %spin
spin:
  %n = phi i64 [0, %0], [%next, %spin]
  %now = load volatile double, ptr %x
  %next = add i64 %n, 1
  %again = icmp slt i64 %next, 40000000
  br i1 %again, label %spin, label %done
done:
  %change = fsub double %now, %before
  %po = load ptr, ptr %outputs
  store double %change, ptr %po
  ret i32 0
}
"""
D, S, I, B = np.float64, np.float32, np.int64, np.bool_


class Compiled:
    """Code compiled by LLVM; counts what was compiled."""

    made = 0

    def __init__(self, text: str) -> None:
        type(self).made += 1
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        code = llvm.parse_assembly(text)
        code.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=2, cpu=llvm.get_host_cpu_name())
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(code, builder)
        self.engine = llvm.create_mcjit_compiler(code, machine)
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        return self.engine.get_function_address(name)


@pytest.fixture(scope="module")
def kernels() -> Compiled:
    return Compiled(KERNELS)


def test_machine_code_is_used_where_it_can_be():
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    expected = sys.implementation.name == "cpython" and has_gil and sys.maxsize > 2**32
    assert (module.layout() is not None) == expected


@pytest.fixture(params=["machine code", "ctypes"])
def way(request, monkeypatch):
    """Both kinds of entry."""
    if request.param == "ctypes":
        monkeypatch.setattr(module, "layout", lambda: None)
    elif module.layout() is None:
        pytest.skip("only CPython with a GIL and 64 bits has machine code as a builtin")
    return request.param


class Fallback:
    """Keeps what it was called with."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple] = []
        self.error = error

    def __call__(self, *args, **keywords):
        self.calls.append((args, keywords))
        if self.error is not None:
            raise self.error
        return "fallback", len(args)


def make(kernels, kernel, inputs, outputs, fallback, **more):
    return entry(kernels.address(kernel), inputs, outputs, fallback, Compiled, keep=kernels, **more)


@pytest.fixture(params=[False, True], ids=["keeps the GIL", "releases the GIL"])
def doubled(request, kernels, way):
    """(function, fallback) of the doubling of three numbers."""
    fallback = Fallback()
    return make(kernels, "double", [((3,), D)], [((3,), D)], fallback, release_gil=request.param), fallback


def test_results_are_new_arrays(doubled):
    function, fallback = doubled
    x = np.array([1.0, -2.0, np.inf])
    first, second = function(x), function(x)
    np.testing.assert_array_equal(first, 2 * x)
    assert type(first) is np.ndarray
    assert first.dtype == D
    assert first.flags.owndata
    assert first.flags.c_contiguous
    assert first.flags.writeable
    assert not np.shares_memory(first, second)
    assert not fallback.calls


class Subclass(np.ndarray):
    pass


def misaligned() -> np.ndarray:
    x = np.zeros(25, np.uint8)[1:].view(D)
    assert not x.flags.aligned
    return x


REFUSED = {
    "no argument": (),
    "two arguments": (np.zeros(3), np.zeros(3)),
    "a list": ([1.0, 2.0, 3.0],),
    "None": (None,),
    "a float": (1.0,),
    "a subclass": (np.zeros(3).view(Subclass),),
    "a masked array": (np.ma.zeros(3),),
    "too long": (np.zeros(4),),
    "empty": (np.zeros(0),),
    "a matrix": (np.zeros((3, 1)),),
    "no axis": (np.zeros(()),),
    "every second": (np.zeros(6)[::2],),
    "backwards": (np.zeros(3)[::-1],),
    "repeated": (np.broadcast_to(np.zeros(1), (3,)),),
    "float32": (np.zeros(3, S),),
    "int64": (np.zeros(3, I),),
    "complex": (np.zeros(3, complex),),
    "objects": (np.zeros(3, object),),
    "swapped bytes": (np.zeros(3, np.dtype(D).newbyteorder()),),
    "misaligned": (misaligned(),),
    "a type": (np.ndarray,),
}


@pytest.mark.parametrize("args", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_goes_to_the_fallback(doubled, args):
    function, fallback = doubled
    assert function(*args) == ("fallback", len(args))
    ((seen, keywords),) = fallback.calls
    assert len(seen) == len(args)
    assert all(x is y for x, y in zip(seen, args, strict=True))
    assert keywords == {}


def test_keywords_go_to_the_fallback(doubled):
    function, fallback = doubled
    x = np.zeros(3)
    assert function(x, scale=2) == ("fallback", 1)
    assert function(x=x) == ("fallback", 0)
    assert [keywords for _, keywords in fallback.calls] == [{"scale": 2}, {"x": x}]


def test_read_only_arrays_and_contiguous_views_reach_the_kernel(doubled):
    function, fallback = doubled
    x = np.arange(9.0).reshape(3, 3)
    x.flags.writeable = False
    np.testing.assert_array_equal(function(x[1]), [6.0, 8.0, 10.0])
    assert not fallback.calls


def test_order_of_axes_matters(kernels, way):
    fallback = Fallback()
    function = make(kernels, "double", [((3, 1, 2), D)], [((3,), D)], fallback)
    np.testing.assert_array_equal(function(np.arange(6.0).reshape(3, 1, 2)), [0.0, 2.0, 4.0])
    assert not fallback.calls
    for shape in [(2, 1, 3), (3, 2, 1), (3, 2), (3, 1, 2, 1), (6,)]:
        function(np.zeros(shape))
    function(np.asfortranarray(np.zeros((3, 1, 2)) + np.arange(2.0)))
    assert len(fallback.calls) == 6


def test_shapes_and_dtypes_mix(kernels, way):
    fallback = Fallback()
    function = make(kernels, "mixed", [((), D), ((2, 2), I), ((), B)], [((), D), ((1, 2), I), ((), B)], fallback)
    k = np.array([[5, 6], [7, 8]])
    for number in (0.5, np.float64(0.5), np.array(0.5)):
        result = function(number, k, np.array(True))
        assert type(result) is tuple
        assert [type(x) for x in result] == [np.float64, np.ndarray, np.bool_]
        assert result[0] == 8.5
        np.testing.assert_array_equal(result[1], [[5, 6]], strict=True)
        assert not result[2]
    assert not fallback.calls
    for args in [
        (1, k, np.array(True)),
        (np.float32(1), k, np.array(True)),
        (0.5, k, True),
        (0.5, 1.0, np.array(True)),
    ]:
        assert function(*args) == ("fallback", 3)


def test_single_floats_are_taken_for_single_float64_only(kernels, way):
    fallback = Fallback()
    function = make(kernels, "float", [((), S)], [((), S)], fallback)
    result = function(np.array(1.5, S))
    assert type(result) is np.float32
    assert result == 1.5
    assert function(1.5) == function(np.float32(1.5)) == ("fallback", 1)


class OwnFloat(float):
    pass


def test_subclasses_of_float_go_to_the_fallback(kernels, way):
    function = make(kernels, "status", [((), D)], [((), D)], Fallback())
    assert function(0.25) == 0.25
    assert function(OwnFloat(0.25)) == function(True) == ("fallback", 1)


@pytest.mark.parametrize("status", [1, 2, -1])
def test_a_status_other_than_0_goes_to_the_fallback(kernels, way, status):
    fallback = Fallback()
    for shape in [(), (1,)]:
        function = make(kernels, "status", [((), D)], [(shape, D), ((4,), D)], fallback)
        assert function(float(status)) == ("fallback", 1)
    assert fallback.calls == [((float(status),), {})] * 2


def test_no_input_no_output_and_empty_arrays(kernels, way):
    fallback = Fallback()
    assert make(kernels, "nothing", [], [], fallback)() == ()
    function = make(kernels, "nothing", [((0, 3), D)], [((2, 0), S)], fallback)
    np.testing.assert_array_equal(function(np.zeros((0, 3))), np.zeros((2, 0), S), strict=True)
    assert not fallback.calls
    assert function(np.zeros((3, 0))) == ("fallback", 1)


def test_errors_of_the_fallback_propagate(kernels, way):
    function = make(kernels, "double", [((3,), D)], [((3,), D)], Fallback(ZeroDivisionError("here")))
    with pytest.raises(ZeroDivisionError, match="here"):
        function(None)
    with pytest.raises(ZeroDivisionError, match="here"):
        function(x=None)


def test_lack_of_memory_is_raised(kernels, way):
    fallback = Fallback()
    function = make(kernels, "nothing", [], [((3,), D), ((2**57,), D)], fallback)
    with pytest.raises(MemoryError):
        function()
    assert not fallback.calls


def test_other_errors_of_the_allocation_go_to_the_fallback(kernels, way):
    function = make(kernels, "nothing", [], [((3,), D), ((2**62,), D)], Fallback())
    with pytest.raises(ValueError, match=r"too big|dimension"):
        np.empty(2**62)
    assert function() == ("fallback", 0)


@pytest.mark.parametrize("dtype", [object, "U3", "M8[s]", [("x", D)], np.dtype(D).newbyteorder()])
def test_dtypes_that_are_no_numbers_are_refused(kernels, dtype):
    with pytest.raises(TypeError, match="plain numbers"):
        make(kernels, "nothing", [((), dtype)], [], Fallback())


def test_the_name(kernels, monkeypatch):
    function = make(kernels, "nothing", [], [], Fallback(), name="energy")
    assert function.__name__ == "energy"
    monkeypatch.setattr(module, "layout", lambda: None)
    assert make(kernels, "nothing", [], [], Fallback(), name="energy").__name__ == "energy"


VARIABLE = contextvars.ContextVar("mode", default="plain")
UNSET = contextvars.ContextVar("unset")


def test_a_context_variable_decides(kernels, way):
    fallback = Fallback()
    function = make(kernels, "double", [((3,), D)], [((3,), D)], fallback, only_while=(VARIABLE, "plain"))
    x = np.arange(3.0)
    np.testing.assert_array_equal(function(x), 2 * x)
    token = VARIABLE.set("other")
    assert function(x) == ("fallback", 1)
    assert contextvars.Context().run(function, x)[2] == 4.0
    VARIABLE.reset(token)
    np.testing.assert_array_equal(function(x), 2 * x)
    assert len(fallback.calls) == 1
    never = make(kernels, "double", [((3,), D)], [((3,), D)], fallback, only_while=(UNSET, "plain"))
    assert never(x) == ("fallback", 1)


def test_one_compilation_serves_a_signature(kernels):
    signature = [((11, 13), D)], [((17,), D)]
    before = Compiled.made
    functions = [make(kernels, name, *signature, Fallback()) for name in ("nothing", "double", "nothing")]
    assert Compiled.made == before + 1
    first, second = functions[0](np.zeros((11, 13))), functions[1](np.ones((11, 13)))
    assert first.shape == (17,)
    np.testing.assert_array_equal(second[:3], 2.0)


def test_the_text_holds_no_address():
    found = module.layout()
    signature = (((3,), np.dtype(D)),)
    text = module.entry_text(signature, signature, True, True, found)
    assert "inttoptr" not in text
    assert text == module.entry_text(signature, signature, True, True, found)


def test_a_layout_that_does_not_hold_is_noticed():
    found = module.layout()
    for name in Layout.__dataclass_fields__:
        fields = {**vars(found), name: getattr(found, name) + 8}
        assert not Layout(**fields).holds(), name


# ------------------------------------------------------------------------------------------------ memory


def calls_of_every_kind(kernels):
    """(function, arguments) for each path through an entry."""
    x, k, t = np.arange(3.0), np.arange(4).reshape(2, 2), np.array(True)
    silent = lambda *args, **keywords: None  # noqa: E731
    double = make(kernels, "double", [((3,), D)], [((3,), D)], silent)
    mixed = make(kernels, "mixed", [((), D), ((2, 2), I), ((), B)], [((), D), ((1, 2), I), ((), B)], silent)
    status = make(kernels, "status", [((), D)], [((2,), D), ((3,), D), ((), D)], silent)
    too_large = make(kernels, "nothing", [], [((3,), D), ((2**62,), D)], silent)
    one = np.float64(1.0)
    here, never = (
        make(kernels, "double", [((3,), D)], [((3,), D)], silent, only_while=(variable, "plain"))
        for variable in (VARIABLE, UNSET)
    )
    ordinary = [(double, (x,)), (double, (k,)), (double, (x, x)), (here, (x,)), (mixed, (one, k, t))]
    return [*ordinary, (never, (x,)), (status, (one,)), (too_large, ())]


def test_reference_counts_are_exact(kernels):
    for function, args in calls_of_every_kind(kernels):
        shared = "plain", VARIABLE, UNSET, np.dtype(D), np.dtype(I), np.dtype(B), np.True_, np.False_, None, np.ndarray
        counted = [function, function.__self__, *args, *shared]
        before = [sys.getrefcount(x) for x in counted]
        for _ in range(1000):
            function(*args)
        after = [sys.getrefcount(x) for x in counted]
        assert all(abs(x - y) < 100 for x, y in zip(before, after, strict=True)), (before, after)


def test_results_have_one_owner(kernels):
    for function, args in calls_of_every_kind(kernels):
        array, number = np.zeros(3), np.float64(2.0)
        every = (array, number)
        del array, number
        result = function(*args)
        given = result if type(result) is tuple else (result,)
        for x in given:
            if isinstance(x, (np.ndarray, np.float64)):
                assert sys.getrefcount(x) - (type(result) is not tuple) == next(sys.getrefcount(y) for y in every)


def test_no_memory_is_lost(kernels):
    calls = calls_of_every_kind(kernels)

    def run(repetitions):
        for function, args in calls:
            for _ in range(repetitions):
                function(*args)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        run(100)
        before = run(100)
        after = run(100_000 // len(calls))
    finally:
        tracemalloc.stop()
    assert after - before < 10_000  # one lost object a call would be at least half a megabyte


def test_lost_memory_would_be_seen(kernels):
    """The measurement above sees arrays allocated by the entry."""
    function = make(kernels, "double", [((3,), D)], [((3,), D)], Fallback())
    x = np.zeros(3)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [function(x) for _ in range(10_000)]
        assert tracemalloc.get_traced_memory()[0] - before > 24 * len(kept)
    finally:
        tracemalloc.stop()


def test_deleting_the_entry_frees_fallback_and_code_owner(kernels, way):
    class Owner:
        pass

    fallback, owner = Fallback(), Owner()
    function = entry(kernels.address("nothing"), [], [], fallback, Compiled, keep=owner)
    alive = weakref.ref(fallback), weakref.ref(owner)
    del fallback, owner
    gc.collect()
    assert None not in [x() for x in alive]
    assert function() == ()
    del function
    gc.collect()
    assert [x() for x in alive] == [None, None]


def test_a_cycle_through_the_fallback_is_collected(kernels, way):
    fallback = Fallback()
    fallback.entry = make(kernels, "nothing", [], [], fallback)
    alive = weakref.ref(fallback)
    del fallback
    gc.collect()
    assert alive() is None


def test_an_entry_may_disappear_while_its_fallback_runs(kernels, way):
    holder = {}

    def fallback(x):
        del holder["entry"]
        gc.collect()
        return x

    holder["entry"] = make(kernels, "double", [((3,), D)], [((3,), D)], fallback)
    assert holder["entry"]("text") == "text"
    assert holder == {}


# ----------------------------------------------------------------------------------------------- threads


@pytest.mark.parametrize("release", [False, True])
def test_other_threads_run_during_the_kernel_exactly_if_the_gil_is_released(kernels, way, release):
    function = make(kernels, "watch", [((1,), D)], [((), D)], Fallback(), release_gil=release)
    ticks, stop = np.zeros(1), threading.Event()

    def count():
        while not stop.is_set():
            ticks[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        changes = [function(ticks) for _ in range(4)]
    finally:
        stop.set()
        thread.join()
    assert any(changes) == release


@pytest.mark.parametrize("release", [False, True])
def test_eight_threads_get_their_own_results(kernels, way, release):
    fallback = Fallback()
    function = make(kernels, "double", [((3,), D)], [((3,), D)], fallback, release_gil=release)
    wrong, start = [], threading.Barrier(8)

    def run(i):
        x = np.array([1.0, 2.0, 3.0]) * (i + 1)
        start.wait()
        for _ in range(2000):
            if not np.array_equal(function(x), 2 * x):
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not fallback.calls


def test_the_packages_own_compiler_builds_entries(kernels):
    fallback = Fallback()
    address = kernels.address("double")
    function = entry(address, [((3,), D)], [((3,), D)], fallback, target.optimise_and_compile, keep=kernels)
    np.testing.assert_array_equal(function(np.arange(3.0)), [0.0, 2.0, 4.0])
    assert function(1) == ("fallback", 1)
