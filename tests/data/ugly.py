"""Messy tables as people have them, the kinds of their columns, and the expected notices.

A file is its name, its bytes, the kind of each column ("left out" where it names or numbers the
row), and words that a notice must hold.
"""

from __future__ import annotations

import datetime as dt
import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

N = 120


@dataclass(frozen=True)
class Ugly:
    """A table: its file, the kinds of its columns, words of notices, whether no others may come."""

    name: str
    content: bytes
    kinds: dict[str, str]
    said: tuple[str, ...] = ()


def column(make: Callable[[random.Random, int], object], seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return [str(make(rng, i)) for i in range(N)]


def odd(cells: Sequence[str], marks: Sequence[str]) -> list[str]:
    """The cells with the marks in place of some, spread evenly."""
    made = list(cells)
    for i, mark in enumerate(marks):
        made[7 + i * (N // len(marks))] = mark
    return made


def text(
    columns: dict[str, Sequence[str]],
    *,
    delimiter: str = ",",
    end: str = "\n",
    before: str = "",
    after: str = "",
    quote: bool = False,
) -> str:
    def line(cells: Sequence[str]) -> str:
        return delimiter.join(f'"{cell}"' if quote or delimiter in cell else cell for cell in cells)

    return (
        before
        + end.join([line(list(columns)), *map(line, zip(*columns.values(), strict=True)), ""])
        + after
    )


def day(i: int) -> dt.date:
    return dt.date(2019, 1, 1) + dt.timedelta(days=37 * i % 1500)


NUMBER = column(lambda rng, i: round(rng.uniform(0, 100), 2))
OTHER = column(lambda rng, i: round(rng.gauss(50, 9), 3), 1)
WHOLE = column(lambda rng, i: rng.randrange(1, 60), 2)
LETTER = column(lambda rng, i: rng.choice("abc"), 3)
CITY = column(lambda rng, i: rng.choice(["Oslo", "Köln", "São Paulo", "Łódź"]), 4)
CLASS = column(lambda rng, i: rng.choice(["yes", "no"]), 5)


def comma(cells: Sequence[str]) -> list[str]:
    return [cell.replace(".", ",") for cell in cells]


def money(rng: random.Random, i: int) -> str:
    amount = round(rng.uniform(-3000, 9000), 2)
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def brackets(rng: random.Random, i: int) -> str:
    amount = round(rng.uniform(-3000, 9000), 2)
    return f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"


FILES = [
    Ugly(
        "lab values.csv",
        text(
            {"crp": odd(NUMBER, ["<0.01", "<0.01", "-", "n.a."]), "age": WHOLE, "sick": CLASS}
        ).encode(),
        {"crp": "number", "age": "number", "sick": "category"},
        ("'crp': 4 of 120 cells hold no number",),
    ),
    Ugly(
        "spreadsheet errors.csv",
        text({"ratio": odd(NUMBER, ["#DIV/0!", "#N/A", "#REF!", "#VALUE!"]), "b": LETTER}).encode(),
        {"ratio": "number", "b": "category"},
        ("#DIV/0!",),
    ),
    Ugly(
        "database dump.tsv",
        text(
            {"a": odd(NUMBER, ["\\N", "\\N"]), "b": odd(WHOLE, ["(null)"]), "c": LETTER},
            delimiter="\t",
        ).encode(),
        {"a": "number", "b": "number", "c": "category"},
        ("'a': 2 of 120", "'b': 1 of 120"),
    ),
    Ugly(
        "german export.csv",
        text(
            {"Menge": comma(NUMBER), "Preis": comma(OTHER), "Ort": CITY}, delimiter=";", end="\r\n"
        ).encode("cp1252", "replace"),
        {"Menge": "number", "Preis": "number", "Ort": "category"},
        ("Windows-1252", "decimal comma"),
    ),
    Ugly(
        "german thousands.csv",
        text(
            {
                "Umsatz": column(
                    lambda rng, i: f"{rng.uniform(10, 90_000):,.2f}".translate(
                        str.maketrans(",.", ".,")
                    )
                ),
                "Ort": LETTER,
            },
            delimiter=";",
        ).encode(),
        {"Umsatz": "number", "Ort": "category"},
        ("decimal comma", "'Umsatz' is read as numbers"),
    ),
    Ugly(
        "swiss.csv",
        text(
            {
                "Betrag": column(
                    lambda rng, i: f"{rng.randrange(100, 90_000):,}".replace(",", "'")
                ),
                "x": NUMBER,
            }
        ).encode(),
        {"Betrag": "number", "x": "number"},
        ("'Betrag' is read as numbers",),
    ),
    Ugly(
        "french.csv",
        text(
            {
                "montant": column(
                    lambda rng, i: f"{rng.uniform(10, 90_000):,.2f}".replace(",", "\u202f").replace(
                        ".", ","
                    )
                ),
                "x": comma(NUMBER),
            },
            delimiter=";",
        ).encode("utf-8-sig"),
        {"montant": "number", "x": "number"},
        ("decimal comma", "'montant' is read as numbers"),
    ),
    Ugly(
        "money.csv",
        text(
            {"balance": column(money), "due": column(brackets, 1), "y": CLASS}, quote=True
        ).encode(),
        {"balance": "number", "due": "number", "y": "category"},
        ("'balance' is read as numbers", "'due' is read as numbers"),
    ),
    Ugly(
        "euros.csv",
        text(
            {
                "fee": column(lambda rng, i: f"EUR {rng.randrange(5, 99)}"),
                "tip": column(lambda rng, i: f"{rng.randrange(1, 9)} €", 1),
            }
        ).encode(),
        {"fee": "number", "tip": "number"},
        ("'fee' is read as numbers", "'tip' is read as numbers"),
    ),
    Ugly(
        "two currencies.csv",
        text(
            {
                "price": column(lambda rng, i: f"{rng.choice('$€')}{rng.randrange(5, 20)}"),
                "x": NUMBER,
            }
        ).encode(),
        {"price": "category", "x": "number"},
        ("'price' is a category though it looks like amounts of money",),
    ),
    Ugly(
        "per cent.csv",
        text({"share": column(lambda rng, i: f"{rng.uniform(0, 100):.1f}%"), "x": NUMBER}).encode(),
        {"share": "number", "x": "number"},
        ("'share' is read as numbers",),
    ),
    Ugly(
        "units.csv",
        text(
            {
                "weight": column(lambda rng, i: f"{rng.uniform(1, 9):.1f} kg"),
                "term": column(lambda rng, i: f"{rng.choice([36, 60])} months", 1),
                "speed": column(lambda rng, i: f"{rng.randrange(9, 99)} km/h", 2),
            }
        ).encode(),
        {"weight": "number", "term": "number", "speed": "number"},
        ("'weight' is read as numbers", "'term' is read as numbers", "'speed' is read as numbers"),
    ),
    Ugly(
        "mixed units.csv",
        text(
            {
                "weight": column(lambda rng, i: rng.choice(["2 kg", "300 g", "5 kg", "40 g"])),
                "x": NUMBER,
            }
        ).encode(),
        {"weight": "category", "x": "number"},
        ("numbers with different units",),
    ),
    Ugly(
        "european dates.csv",
        text(
            {
                "when": [f"{day(i):%d/%m/%Y}" for i in range(N)],
                "dotted": [f"{day(3 * i):%d.%m.%Y}" for i in range(N)],
                "x": NUMBER,
            }
        ).encode(),
        {"when": "datetime", "dotted": "datetime", "x": "number"},
        ("the day first", "the day first"),
    ),
    Ugly(
        "american dates.csv",
        text(
            {
                "when": [f"{day(i):%m/%d/%Y} {1 + i % 12}:05 {'AP'[i % 2]}M" for i in range(N)],
                "x": NUMBER,
            }
        ).encode(),
        {"when": "datetime", "x": "number"},
        ("the month first",),
    ),
    Ugly(
        "dates that do not tell.csv",
        text(
            {"when": [f"{1 + i % 12:02d}/{1 + i % 11:02d}/2020" for i in range(N)], "x": NUMBER}
        ).encode(),
        {"when": "datetime", "x": "number"},
        ("none tells day and month apart",),
    ),
    Ugly(
        "month names.csv",
        text(
            {
                "when": [f"{day(i):%d-%b-%Y}" for i in range(N)],
                "long": [f"{day(5 * i):%B} {day(5 * i).day}, {day(5 * i).year}" for i in range(N)],
                "x": NUMBER,
            }
        ).encode(),
        {"when": "datetime", "long": "datetime", "x": "number"},
    ),
    Ugly(
        "dates with gaps.csv",
        text(
            {"when": odd([f"{day(i)}" for i in range(N)], ["-", "unknown", "n/a"]), "x": NUMBER}
        ).encode(),
        {"when": "datetime", "x": "number"},
        ("hold no date",),
    ),
    Ugly(
        "clock.csv",
        text(
            {
                "opens": column(
                    lambda rng, i: (
                        f"{rng.randrange(6, 12):02d}:{rng.randrange(60):02d} "
                        f"{rng.choice(['AM', 'PM'])}"
                    )
                ),
                "took": column(
                    lambda rng, i: f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:00", 1
                ),
                "x": NUMBER,
            }
        ).encode(),
        {"opens": "number", "took": "number", "x": "number"},
        ("'opens' holds times of day", "'took' holds times of day"),
    ),
    Ugly(
        "codes.csv",
        text(
            {
                "zip": column(lambda rng, i: f"{rng.choice([501, 1001, 2139, 94110]):05d}"),
                "part": column(lambda rng, i: f"{rng.randrange(3)}0{rng.choice('AB')}", 1),
                "grade": column(lambda rng, i: rng.choice(["1", "2", "3A", "3B", "K"]), 2),
                "x": NUMBER,
            }
        ).encode(),
        {"zip": "category", "part": "category", "grade": "category", "x": "number"},
        ("codes with leading zeros",),
    ),
    Ugly(
        "identifiers.csv",
        text(
            {
                "customer_id": [str(100_000 + 7 * i) for i in range(N)],
                "tweet": [str(1582218195625938944 + i % 3 + i % 2 * 2**60) for i in range(N)],
                "name": [f"person {i}" for i in range(N)],
                "x": NUMBER,
            }
        ).encode(),
        {"customer_id": "left out", "tweet": "number", "name": "left out", "x": "number"},
        (
            "'customer_id' is left out",
            "'name' is left out",
            "'tweet' holds whole numbers beyond 2^53",
        ),
    ),
    Ugly(
        "row numbers.csv",
        text({"": [str(i) for i in range(N)], "x": NUMBER, "y": CLASS}).encode(),
        {"": "left out", "x": "number", "y": "category"},
        ("it numbers the rows",),
    ),
    Ugly(
        "row names of R.csv",
        (
            '"x","y"\n'
            + "".join(
                f'"{i + 1}",{a},"{b}"\n'
                for i, (a, b) in enumerate(zip(NUMBER, LETTER, strict=True))
            )
        ).encode(),
        {"": "left out", "x": "number", "y": "category"},
        ("it numbers the rows",),
    ),
    Ugly(
        "titles.csv",
        text({"a": NUMBER, "b": LETTER}, before="Sales report 2020,\n,\n").encode(),
        {"Sales report 2020": "number", "": "category"},
        (
            "does not look like the names of 2 columns: Dialect(skip_rows=2)",
            "cells holds no number ('a')",
        ),
    ),
    Ugly(
        "sep.csv",
        text(
            {"price": comma(NUMBER), "kind": LETTER}, delimiter=";", before="sep=;\r\n", end="\r\n"
        ).encode("utf-8-sig"),
        {"price": "number", "kind": "category"},
        ("decimal comma",),
    ),
    Ugly(
        "names with commas.csv",
        text(
            {"Temp, C": comma(NUMBER), "Druck, bar": comma(OTHER), "Klasse": LETTER}, delimiter=";"
        ).encode(),
        {"Temp, C": "number", "Druck, bar": "number", "Klasse": "category"},
        ("decimal comma",),
    ),
    Ugly(
        "trailing.csv",
        b"a,b,,\n" + "".join(f"{a},{b},,\n" for a, b in zip(NUMBER, LETTER, strict=True)).encode(),
        {"a": "number", "b": "category"},
    ),
    Ugly(
        "one bad byte.csv",
        text({"city": CITY, "x": NUMBER}).encode() + b"M\xfcnchen,5\n",
        {"city": "category", "x": "number"},
        ("one byte of the file is not UTF-8, the first in line 122",),
    ),
    Ugly(
        "sixteen bits.txt",
        text({"city": CITY, "x": NUMBER}, delimiter="\t").encode("utf-16"),
        {"city": "category", "x": "number"},
    ),
    Ugly(
        "old mac.csv.gz",
        gzip.compress(text({"x": NUMBER, "y": CLASS}, end="\r").encode()),
        {"x": "number", "y": "category"},
    ),
    Ugly(
        "booleans.csv",
        text(
            {
                "paid": odd(column(lambda rng, i: rng.choice(["TRUE", "FALSE"])), ["-"]),
                "late": column(lambda rng, i: rng.choice(["True", "false"]), 1),
                "x": NUMBER,
            }
        ).encode(),
        {"paid": "boolean", "late": "boolean", "x": "number"},
        ("1 of 120 cells is neither true nor false",),
    ),
    Ugly(
        "hexadecimal and ranges.csv",
        text(
            {
                "color": column(lambda rng, i: f"0x{rng.randrange(16):02x}"),
                "age": column(lambda rng, i: rng.choice(["18-25", "26-40", "65+"]), 1),
                "size": column(lambda rng, i: rng.choice(["4x4", "1/2", "3:1"]), 2),
                "x": NUMBER,
            }
        ).encode(),
        {"color": "category", "age": "category", "size": "category", "x": "number"},
    ),
]
