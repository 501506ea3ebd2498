"""Say why there is no compiled module and what to do about it; look for a C++ compiler."""

import os
import shutil

#: The C++ compilers that are looked for, in the order of CMake. `cl` is that of Windows.
COMPILERS = ("c++", "g++", "cl", "clang++")
#: Set to 1 while glassnet is installed, it makes what does not compile an error (see
#: pyproject.toml).
REQUIRE = "GLASSNET_REQUIRE_NATIVE"
INSTALL = (
    "pip install --force-reinstall --no-deps --no-cache-dir with what you installed glassnet from"
)


def found_compiler() -> str | None:
    """Return the path of the C++ compiler that CMake would take, or None.

    It is the one named by CXX, or else the first on PATH.
    """
    named = os.environ.get("CXX", "").split()[:1]  # options may follow the name
    return next((path for name in named or COMPILERS if (path := shutil.which(name))), None)


def not_built() -> str:
    """Return why nothing was compiled and what to do, to follow the words "the native engine"."""
    compiler = found_compiler()
    if compiler is None:
        return (
            "is not built. No C++ compiler is found: install one (g++ or clang++), then run "
            f"{INSTALL}."
        )
    return (
        f"is not built, although there is a C++ compiler, {compiler}: the code did not compile, or "
        f"glassnet was installed first. Set {REQUIRE}=1, so that the compiler's errors are shown, "
        f"and run {INSTALL}."
    )


def cannot_be_loaded(error: ImportError) -> str:
    """Return the same for a compiled module that this Python or this machine cannot load."""
    return f"is built but cannot be loaded: {error}. To build it anew, run {INSTALL}."
