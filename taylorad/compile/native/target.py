"""The processor this runs on: from LLVM's text to machine code in memory.

Text is parsed, cleaned by a short list of passes (generated code has its final form already: SIMD, unrolled, hoisted),
compiled to an object file and linked by LLVM's ORC linker. Only the object's bytes are needed to load it again.
llvmlite is optional: without it `is_available()` is False and nothing else here may be called.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from taylorad.compile.native.functions import external_symbols

try:
    import llvmlite.binding as llvm
except ImportError:  # pragma: no cover - tested by hiding llvmlite
    llvm = None

_LOCK = threading.RLock()
_NUMBER = itertools.count()


@dataclass(frozen=True)
class Machine:
    """LLVM's description of the host, made once.

    Attributes
    ----------
    cpu, features, triple : str
        As LLVM writes them.
    vector_bits : int
        Width of the widest registers: 512, 256 or 128.
    generators : tuple
        A code generator for each level of effort, 0 to 3.
    linker : what loads objects
    """

    cpu: str
    features: str
    triple: str
    vector_bits: int
    generators: tuple[Any, ...]
    linker: Any

    @property
    def key(self) -> str:
        """What machine code depends on besides its source: to be part of the key of a stored object."""
        return f"{self.triple} {self.cpu} {self.features} {llvm.llvm_version_info} {self.vector_bits}"


class Module:
    """Machine code in memory; it lives as long as this object.

    Attributes
    ----------
    object_bytes : bytes
        The relocatable object, for `load` or a linker.
    """

    def __init__(self, object_bytes: bytes, bitcode: bytes = b"") -> None:
        self.object_bytes, self._bitcode = object_bytes, bitcode
        self._name = f"taylorad{next(_NUMBER)}"
        self._tracker = _linked(object_bytes, self._name)
        self._addresses: dict[str, tuple[Any, int]] = {}

    def address(self, name: str) -> int:
        """Where a function begins.

        Raises
        ------
        RuntimeError
            If the module has no such function.
        """
        if name not in self._addresses:
            with _LOCK:
                found = machine().linker.lookup(self._name, name)
            self._addresses[name] = found, found[name]
        return self._addresses[name][1]

    @cached_property
    def llvm_ir(self) -> str:
        """The optimised text, empty if the module was loaded from an object."""
        if not self._bitcode:
            return ""
        with _LOCK:
            return str(llvm.parse_bitcode(self._bitcode))

    @cached_property
    def assembly(self) -> str:
        """The assembly of the module, empty if it was loaded from an object."""
        if not self._bitcode:
            return ""
        with _LOCK:
            return str(machine().generators[2].emit_assembly(llvm.parse_bitcode(self._bitcode)))


def is_available() -> bool:
    """Whether llvmlite can be imported and knows this processor."""
    if llvm is None:
        return False
    try:
        machine()
    except Exception:  # a broken installation is no worse than a missing one
        return False
    return True


def machine() -> Machine:
    """The host; LLVM is set up by the first call."""
    with _LOCK:
        return _machine()


@cache
def _machine() -> Machine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features()
    flags, triple = features.flatten(), llvm.get_process_triple()
    target = llvm.Target.from_triple(triple)
    generators = tuple(
        target.create_target_machine(cpu=cpu, features=flags, opt=level, reloc="pic", codemodel="default")
        for level in range(4)
    )
    bits = 512 if features.get("avx512f") else 256 if features.get("avx2") else 128
    own = target.create_target_machine(cpu=cpu, features=flags, reloc="pic", codemodel="default", jit=True)
    return Machine(cpu, flags, triple, bits, generators, llvm.create_lljit_compiler(own))


def optimise_and_compile(ir_text: str, level: int = 2) -> Module:
    """Machine code of a text.

    Parameters
    ----------
    ir_text : str
        LLVM's text representation.
    level : int
        Effort of LLVM's code generator, 0 to 3.

    Raises
    ------
    RuntimeError
        If the text is not well formed.
    """
    with _LOCK:
        generator = machine().generators[level]
        module = llvm.parse_assembly(ir_text)
        module.triple = machine().triple
        module.data_layout = str(generator.target_data)
        _run_passes(module, generator)
        object_bytes = generator.emit_object(module)
        return Module(object_bytes, module.as_bitcode())


def load(object_bytes: bytes) -> Module:
    """A module from the bytes of its object.

    Raises
    ------
    RuntimeError
        If the bytes are no object of this machine.
    """
    with _LOCK:
        return Module(object_bytes)


def _linked(object_bytes: bytes, name: str) -> Any:
    library = llvm.JITLibraryBuilder().add_object_img(object_bytes)
    for symbol, address in external_symbols(object_bytes).items():
        library.import_symbol(symbol, address)
    return library.link(machine().linker, name)


def _run_passes(module: Any, generator: Any) -> None:
    builder = llvm.create_pass_builder(generator, llvm.create_pipeline_tuning_options(speed_level=1))
    manager = llvm.create_new_module_pass_manager()
    manager.add_sroa_pass()
    manager.add_instruction_combine_pass()
    manager.add_simplify_cfg_pass()
    manager.run(module, builder)
