"""The tutorial's figures are what its code yields, and its two programs are the same.

A ```text block directly below a ```python block is what that block prints. The pages are run, and
both are compared.
"""

import ast
import contextlib
import importlib.util
import io
import math
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from glassnet import SGD, Adam
from tests.docs.test_code_blocks import Block, blocks, run_python

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial"
PAGES = sorted(TUTORIAL.glob("*.md"))
NAMES = ("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b")
TWENTY = ("initialize", "sigmoid", "sigmoid_slope", "forward", "backward", "train")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


xor = load(ROOT / "examples" / "xor.py")


# What is shown is what is printed.


def shown(page: str) -> Iterator[tuple[Block, str]]:
    """Each python block with the text that the page shows directly below it, one empty line
    between; "" where it shows none."""
    found = list(blocks(page))
    for block, after in pairwise([*found, Block("", "", 0)]):
        if block.language == "python":
            follows = after.line == block.line + len(block.text.splitlines()) + 3
            yield block, after.text if after.language == "text" and follows else ""


def differs(printed: str, text: str) -> bool:
    """Whether words differ, or numbers by more than 1e-6 of their size. Spaces at the end of a line
    do not count."""
    printed, text = (
        "\n".join(line.rstrip() for line in part.strip("\n").splitlines())
        for part in (printed, text)
    )
    if printed == text:
        return False
    if NUMBER.sub("#", printed) != NUMBER.sub("#", text):
        return True
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(text), strict=True)
    return not all(math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=0.0) for a, b in pairs)


def run_and_compare(page: Path) -> dict[str, object]:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block, text in shown(page.read_text(encoding="utf-8")):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            run_python(block, page, namespace)
        printed = output.getvalue()
        assert not differs(printed, text), (
            f"{page}:{block.line} prints\n{printed}\nbut the page shows\n{text}"
        )
    return namespace


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_its_blocks_print(page: Path) -> None:
    run_and_compare(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_text_block_stands_alone(page: Path) -> None:
    """A figure without the code above it would be checked by nobody."""
    content = page.read_text(encoding="utf-8")
    assert sum(block.language == "text" for block in blocks(content)) == sum(
        text != "" for _, text in shown(content)
    )


PAGE = "```python\nprint('loss', {value})\n```\n\n```text\n{text}\n```\n"


@pytest.mark.parametrize("text", ["loss 0.1234567", "loss 0.12345671"])
def test_same_figures_pass(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(value="0.1234567", text=text))
    run_and_compare(page)


@pytest.mark.parametrize(
    "text",
    [
        "loss 0.1234575",
        "loss 0.1234567 or so",
        "cost 0.1234567",
        "loss -0.1234567",
        "loss 0.1234567\nloss",
    ],
)
def test_other_figures_fail(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(value="0.1234567", text=text))
    with pytest.raises(AssertionError, match=r"page\.md:2 prints"):
        run_and_compare(page)


@pytest.mark.parametrize("below", ["", "So it is:\n\n```text\nloss\n```\n"])
def test_print_without_its_text_fails(below: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```python\nprint('loss')\n```\n\n{below}")
    with pytest.raises(AssertionError, match=r"page\.md:2 prints"):
        run_and_compare(page)


# The twenty lines.


def functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def test_twenty_lines_are_twenty() -> None:
    found = functions(Path(xor.__file__).read_text(encoding="utf-8"))
    assert sum(found[name].end_lineno - found[name].lineno + 1 for name in TWENTY) == 20


@pytest.mark.parametrize(
    "name", ["1-xor-in-numpy.md", "2-mistakes.md", "3-the-same-with-glassnet.md"]
)
def test_pages_show_the_twenty_lines_of_the_example(name: str) -> None:
    example = functions(Path(xor.__file__).read_text(encoding="utf-8"))
    code = "\n".join(
        block.text
        for block in blocks((TUTORIAL / name).read_text(encoding="utf-8"))
        if block.language == "python"
    )
    page = functions(code)
    assert {f: ast.dump(page[f]) for f in TWENTY} == {f: ast.dump(example[f]) for f in TWENTY}


# The same numbers.


def uniform(seed):
    """Other initial weights, with biases that are not zero."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-2.0, 2.0, shape) for shape in ((2, 3), (3,), (3, 1), (1,))]


@pytest.mark.parametrize("start", [*map(xor.initialize, (0, 1, 2, 18, 29)), uniform(0), uniform(1)])
def test_both_programs_end_with_the_same_numbers(start) -> None:
    trained = xor.train(xor.X, xor.y, start)
    network, _ = xor.train_with_glassnet(xor.X, xor.y, start, every=10_000)
    for name, expected in zip(NAMES, trained, strict=True):
        np.testing.assert_allclose(network.parameters[name], expected, rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(
        network.predict(xor.X), xor.forward(xor.X, *trained)[1], rtol=0.0, atol=1e-9
    )


def test_seed_0_solves_xor() -> None:
    network, records = xor.train_with_glassnet(xor.X, xor.y, xor.initialize(0))
    assert np.abs(network.predict(xor.X) - xor.y).max() < 0.1
    assert [record.index for record in records] == list(range(999, 10_000, 1000))


def test_another_rate_is_noticed() -> None:
    """The comparison is sharp: a rate that differs in its sixth digit ends elsewhere."""
    trained = xor.train(xor.X, xor.y, xor.initialize(0))
    network, _ = xor.train_with_glassnet(
        xor.X, xor.y, xor.initialize(0), rate=0.1000001, every=10_000
    )
    assert np.abs(network.predict(xor.X) - xor.forward(xor.X, *trained)[1]).max() > 1e-9


@pytest.mark.slow
def test_figures_of_the_prose_on_luck() -> None:
    """Chapter 3: gradient descent solves all hundred after 100,000 epochs; of Adam's 17 failures,
    50,000 epochs free two."""
    page = run_and_compare(TUTORIAL / "3-the-same-with-glassnet.md")

    def unsolved(optimizer, epochs):
        _, A = page["train_hundred"](3, optimizer, epochs)
        return A[np.abs(A - xor.y).max(axis=(1, 2)) > 0.1, :, 0]

    assert len(unsolved(SGD(0.4), 100_000)) == 0
    assert len(unsolved(Adam(0.01), 50_000)) == 15
    stuck = np.sort(np.abs(unsolved(Adam(0.01), 10_000) - 0.5))
    assert len(stuck) == 17
    assert (stuck[:, 1] < 0.001).all(), "all seventeen say one half in two rows"
    assert (stuck[:, 2] > 0.49).all(), "and know the other two"
