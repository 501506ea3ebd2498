"""Writes the example files of the current format: python -m tests.storage.make_kept

A format that was released is never made anew: its files stay as the glassnet of its day wrote them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from glassnet.storage import migrations, save
from tests.storage.models import build
from tests.storage.schema import schema

KEPT = Path(__file__).with_name("kept")
NAMES = (
    "binary",
    "multiclass",
    "quantiles of two targets",
    "nested",
    "floats for labels",
    "no trained tensor last",
    "still",
    "written",
)


def plain(values):
    """An array as JSON: gaps are null, date-times text."""
    values = np.asarray(values)
    values = np.datetime_as_string(values) if values.dtype.kind == "M" else values
    return [
        None if isinstance(value, float) and np.isnan(value) else value for value in values.tolist()
    ]


def main():
    folder = KEPT / f"format-{migrations.FORMAT}"
    folder.mkdir(parents=True)
    for name in NAMES:
        model, table = build(name)
        table = table.take(slice(0, 8))
        stem = name.replace(" ", "-")
        save(model, folder / f"{stem}.glassnet")
        numbers = (
            model.raw_scores(table) if model.task == "regression" else model.predict_proba(table)
        )
        said = {
            "columns": {column: plain(table.column(column)) for column in table.schema.names},
            "predict": np.asarray(model.predict(table)).tolist(),
            "numbers": numbers.tolist(),
        }
        (folder / f"{stem}.json").write_text(json.dumps(said, indent=None) + "\n")
    (folder / "schema").write_text(json.dumps(schema(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
