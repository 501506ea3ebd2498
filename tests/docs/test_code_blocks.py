"""Whatever the pages show is run: README, docs, examples and the examples in docstrings.

Each page runs from top to bottom in a folder of its own that holds a copy of examples/: its python
blocks in one namespace, with warnings as errors, and between them the `$ glassnet` and `$ python`
lines of its console blocks. Other commands, `$ make` or `$ pip`, are the set-up itself and are not
run.
"""

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import glassnet

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
MODULES = [
    "glassnet",
    *sorted(module.name for module in pkgutil.walk_packages(glassnet.__path__, "glassnet.")),
]

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w-]*)[^`]*$")
RUN = {"glassnet", "python"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the line of the page on which the text begins."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        head = FENCE.match(lines[number])
        number += 1
        if head is None:
            continue
        first = number
        while number < len(lines) and lines[number].strip() != head["fence"]:
            number += 1
        assert number < len(lines), f"line {first}: this block is never closed"
        indent = len(head["indent"])
        yield Block(
            head["language"], "\n".join(line[indent:] for line in lines[first:number]), first + 1
        )
        number += 1


def commands(block: Block) -> Iterator[tuple[str, int]]:
    """The lines after `$ `, those that end in a backslash joined with the next."""
    lines = iter(enumerate(block.text.splitlines(), block.line))
    for number, line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines)[1].lstrip()
            yield command, number


def run_python(block: Block, page: Path, namespace: dict[str, object]) -> None:
    code = compile(
        "\n" * (block.line - 1) + block.text, str(page), "exec"
    )  # so that a traceback points into the page
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(code, namespace)  # noqa: S102  that is the test


def run_command(command: str, folder: Path, place: str) -> None:
    """Run in bash, with this environment's python and glassnet first on PATH, and require exit code
    0."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONWARNINGS": f"error,{os.environ['PYTHONWARNINGS']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, (
        f"{place}: `{command}` ended with {done.returncode}\n{done.stdout}{done.stderr}"
    )


def run_page(page: Path) -> None:
    """Run the page's blocks in the current folder."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python":
            run_python(block, page, namespace)
        elif block.language == "console":
            for command, line in commands(block):
                if command.split()[0] in RUN:
                    run_command(command, Path.cwd(), f"{page}:{line}")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(
        ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_runs(page: Path) -> None:
    run_page(page)


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example_runs(example: Path, folder: Path) -> None:
    run_command(f"python {name_of(example)}", folder, name_of(example))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    result = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert not result.failed


# Planted faults.


@pytest.fixture
def page(folder: Path) -> Path:
    return folder / "page.md"


SOUND = """
```python
n = 2
```

- A list item:

  ```console
  $ python -c \\
      'import pathlib; pathlib.Path("made").write_text("x")'
  some output
  $ make test
  ```

```python title="later"
assert n == 2
from pathlib import Path
assert Path("made").read_text() == "x"
assert Path("examples/penguins.csv").read_text().startswith("species")
```

```text
this is no python
```
"""


def test_blocks_share_a_namespace_and_the_folder(page: Path) -> None:
    page.write_text(SOUND)
    run_page(page)


def test_failing_line_is_named(page: Path) -> None:
    page.write_text("text\n\n```python\nx = 1\nassert x == 2\n```\n")
    with pytest.raises(AssertionError) as caught:
        run_page(page)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == (str(page), 5)


def test_compile_error_is_named(page: Path) -> None:
    page.write_text("text\n\n```python\nx = 1\nx = = 2\n```\n")
    with pytest.raises(SyntaxError) as caught:
        run_page(page)
    assert (caught.value.filename, caught.value.lineno) == (str(page), 5)


def test_warning_is_an_error(page: Path) -> None:
    page.write_text("```python\nimport warnings\nwarnings.warn('old', DeprecationWarning)\n```\n")
    with pytest.raises(DeprecationWarning):
        run_page(page)


@pytest.mark.parametrize(
    "command", ["python -c 'raise SystemExit(3)'", "python -c 'raise SystemExit(3)' | cat"]
)
def test_failing_command_is_named(page: Path, command: str) -> None:
    page.write_text(f"```console\n$ echo ready\n$ {command}\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:3: .* ended with 3"):
        run_page(page)


def test_open_block_is_refused(page: Path) -> None:
    page.write_text("```python\nx = 1\n")
    with pytest.raises(AssertionError, match="line 1: this block is never closed"):
        run_page(page)
