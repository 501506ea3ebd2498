"""Find a C++ compiler, and explain why the compiled module is missing."""

import os
import shutil

#: C++ compilers to look for, in the order of CMake. `cl` is the one of Windows.
COMPILERS = ("c++", "g++", "cl", "clang++")
#: Environment variable: if it is 1 during installation, a failed compilation is an error (see
#: pyproject.toml).
REQUIRE = "GLASSNET_REQUIRE_NATIVE"
INSTALL = (
    "pip install --force-reinstall --no-deps --no-cache-dir with what you installed glassnet from"
)


def found_compiler() -> str | None:
    """Return the path of the C++ compiler that CMake would use, or None.

    It is the one named by CXX, otherwise the first on PATH.
    """
    named = os.environ.get("CXX", "").split()[:1]  # options may follow the name
    return next((path for name in named or COMPILERS if (path := shutil.which(name))), None)


def not_built() -> str:
    """Return why the module is not compiled and what to do, to follow "the native engine"."""
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
    """Return why the compiled module cannot be loaded and what to do, as `not_built` does."""
    return f"is built but cannot be loaded: {error}. To build it anew, run {INSTALL}."
