"""What the program itself reads of the record of training, held to its form when a model is loaded.

The rest of the record is there for people: whoever shows it looks at the type of each entry first.
"""

from __future__ import annotations

from typing import Any

COLUMNS = ("features", "others")


def check_training(record: dict[str, Any]) -> None:
    """Raise ValueError where the columns of a record are not two lists of names."""
    columns = record.get("columns")
    if columns is None:
        return
    lists = [columns.get(name) for name in COLUMNS] if isinstance(columns, dict) else [None]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        raise ValueError(f"training.columns must have the lists of names {', '.join(COLUMNS)}")
