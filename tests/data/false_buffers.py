"""Arrow files and tables in memory with a false header or one false buffer."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.ipc


def _changed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1, data.count(old)
    assert len(new) == len(old)
    return data.replace(old, new)


def _ints(*values: int, width: int = 4) -> bytes:
    return b"".join((value % 2 ** (8 * width)).to_bytes(width, "little") for value in values)


TEXTS = ["first", "second", "third", "fourth-and-longer-than-a-view-holds", "fifth"]
ENDS = np.cumsum([0, *map(len, TEXTS)]).tolist()


def false_files() -> dict[str, bytes]:
    """Arrow files of an intact frame with false buffers, by their names."""
    found: dict[str, bytes] = {}
    text = pa.array(TEXTS)

    def one(name: str, column: pa.Array, old: bytes, new: bytes) -> None:
        for stream in (False, True):
            table = pa.table({"a": column, "b": pa.array(np.arange(len(column)) + 0.5)})
            sink = io.BytesIO()
            with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
                writer.write_table(table)
            found[f"{name}{'.stream' if stream else ''}.arrow"] = _changed(
                sink.getvalue(), old, new
            )

    for name, width, kind in (("text", 4, pa.string()), ("large", 8, pa.large_string())):
        column = text.cast(kind)
        ends = _ints(*ENDS, width=width)
        for what, false_ends in {
            "beyond": [*ENDS[:-1], 10**6],
            "far": [*ENDS[:-1], 2**31 - 1],
            "inner": [ENDS[0], 10**8, *ENDS[2:]],
            "near": [ENDS[0], ENDS[-1] + 40, *ENDS[2:]],
            "back": [ENDS[0], ENDS[2], ENDS[1], *ENDS[3:]],
            "negative": [-5, *ENDS[1:]],
            "inner negative": [ENDS[0], -(2**31), *ENDS[2:]],
        }.items():
            one(f"{name} {what}", column, ends, _ints(*false_ends, width=width))
    one("text utf8", text, b"fourth-and", b"fo\xff\xfeth-and")
    one("text half", text, b"secondthird", b"secon\xc3third")
    one("text surrogate", text, b"fourth-and", b"fo\xed\xa0\x80h-and")
    coded = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, 3, 4, 1, 2, 3], pa.int8()), pa.array(TEXTS)
    )
    codes = bytes([0, 1, 2, 3, 4, 1, 2, 3])
    for what, bad in {"beyond": 5, "far": 127, "negative": 255, "lowest": 128}.items():
        one(f"category {what}", coded, codes, bytes([0, 1, bad, 3, 4, 1, 2, 3]))
    one("category text", coded, _ints(*ENDS), _ints(ENDS[0], 10**8, *ENDS[2:]))
    one("category utf8", coded, b"fourth-and", b"fo\xff\xfeth-and")
    of_numbers = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, 0, 1, 2, 0, 1], pa.int8()), pa.array([1.5, 2.5, 3.5])
    )
    one(
        "category of numbers",
        of_numbers,
        bytes([0, 1, 2, 0, 1, 2, 0, 1]),
        bytes([0, 1, 2, 0, 100, 2, 0, 1]),
    )
    view = pa.array(TEXTS, pa.string_view())
    long = len(TEXTS[3])
    head = _ints(long) + b"four"
    one("view place", view, head + _ints(0, 0), head + _ints(0, 10**8))
    one("view negative", view, head + _ints(0, 0), head + _ints(0, -8))
    one("view buffer", view, head + _ints(0, 0), head + _ints(77, 0))
    one("view length", view, head + _ints(0, 0), _ints(2**30) + b"four" + _ints(0, 0))
    one("view below", view, _ints(5) + b"fifth", _ints(-5) + b"fifth")
    one("view head", view, head + _ints(0, 0), _ints(long) + b"five" + _ints(0, 0))
    runs = pa.RunEndEncodedArray.from_arrays(
        pa.array([3, 5, 9], pa.int32()), pa.array(["p", "q", "r"])
    )
    for what, ends in {
        "short": [3, 5, 6],
        "back": [3, 2, 9],
        "negative": [-3, 5, 9],
        "zero": [0, 0, 0],
    }.items():
        one(f"runs {what}", runs, _ints(3, 5, 9), _ints(*ends))
    money = pa.array([10**10 + i for i in range(5)], pa.int64()).cast(pa.decimal128(21, 2))
    one("money", money, _ints(10**12 + 300, width=16), _ints(2**126, width=16))
    lists = pa.array([["a"], ["b", "c"], [], ["d"], ["e"]])
    one("list", lists, _ints(0, 1, 3, 3, 4, 5), _ints(0, 1, 10**7, 3, 4, 5))
    return found


def in_memory() -> dict[str, object]:
    """Tables in memory with false buffers: nothing may be read before they are validated."""
    buffer = pa.py_buffer
    ends, letters = buffer(_ints(*ENDS)), buffer("".join(TEXTS).encode())
    other = pa.array(np.arange(5) + 0.5)

    def table(column: pa.Array) -> pa.Table:
        return pa.Table.from_arrays([column, other], names=["a", "b"])

    text = pa.Array.from_buffers(
        pa.string(), 5, [None, buffer(_ints(ENDS[0], 10**8, *ENDS[2:])), letters]
    )
    coded = pa.DictionaryArray.from_buffers(
        pa.dictionary(pa.int8(), pa.string()),
        5,
        [None, buffer(bytes([0, 1, 100, 3, 4]))],
        pa.array(TEXTS),
    )
    hidden = pa.DictionaryArray.from_buffers(
        pa.dictionary(pa.int8(), pa.string()), 5, [None, buffer(bytes([0, 1, 2, 3, 4]))], text
    )
    utf8 = pa.Array.from_buffers(
        pa.string(),
        5,
        [None, ends, buffer("".join(TEXTS).encode().replace(b"third", b"th\xff\xfed"))],
    )
    batch = pa.RecordBatch.from_arrays([text, other], names=["a", "b"])
    frames: dict[str, object] = {
        "table": table(text),
        "batch": batch,
        "codes": table(coded),
        "levels": table(hidden),
        "utf8": table(utf8),
        "column": {"a": text, "b": other},
        "chunks": {"a": pa.chunked_array([text]), "b": other},
        "levels of a column": {"a": hidden, "b": other},
    }
    return frames
