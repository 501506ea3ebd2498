"""The page of results: a processor's parts are replaced without touching another's."""

from pathlib import Path

import processor
import results

ORDER = ["A training step", "The matrix products alone"]
PAGE = Path(__file__).parents[2] / "bench" / "RESULTS.md"


def page() -> str:
    text = ""
    for title, part, body in (
        ("Intel, 2 cores, AVX-512", ORDER[1], "| a |\n|---|\n| 1 |\n\n*yesterday.*"),
        ("Graviton, 16 cores, NEON", ORDER[0], "slow"),
        ("Intel, 2 cores, AVX-512", ORDER[0], "fast"),
    ):
        text = results.replaced(text, title, f"software of {title}", part, body, ORDER)
    return text


def test_a_part_is_replaced_under_its_processor_alone() -> None:
    before = page()
    after = results.replaced(
        before, "Graviton, 16 cores, NEON", "newer software", ORDER[0], "fast too", ORDER
    )
    assert after == before.replace(
        "software of Graviton, 16 cores, NEON", "newer software"
    ).replace("slow", "fast too")


def test_parts_stand_in_their_order_and_old_ones_last() -> None:
    text = results.replaced(page(), "Intel, 2 cores, AVX-512", "s", "No longer run", "kept", ORDER)
    text = results.replaced(text, "Intel, 2 cores, AVX-512", "s", ORDER[0], "again", ORDER)
    _, parts = results.read(text)["Intel, 2 cores, AVX-512"]
    assert list(parts) == [*ORDER, "No longer run"]
    assert parts[ORDER[1]] == "| a |\n|---|\n| 1 |\n\n*yesterday.*"


def test_the_page_that_is_kept_reads_and_writes_back() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = results.read(text)
    assert found
    assert all(software and parts for software, parts in found.values())
    order = list(dict.fromkeys(name for _, parts in found.values() for name in parts))
    assert results.written(found, order) == text


def test_processor_is_named_with_its_cores() -> None:
    name = processor.name()
    assert name
    assert processor.title().startswith(f"{name}, {processor.cores()} core")


def test_processor_on_a_kernel_that_gives_numbers_alone(monkeypatch, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nCPU part : 0xd40\n")
    monkeypatch.setattr(processor, "CPUINFO", cpuinfo)
    monkeypatch.setattr(processor.sys, "platform", "linux")
    monkeypatch.setattr(processor, "output", lambda *_: "Model name:   Neoverse-V1\n")
    assert processor.name() == "Neoverse-V1"
