"""Helpers of the tests of the command line: call a command, and a table of every kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from click.testing import CliRunner

from glassnet.cli import main

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
#: One linear network for one epoch: where the weights do not matter.
QUICK = ("--recipe", "plain", "--epochs", "1", "--hidden", "none")


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], prog_name="glassnet")


def report(*arguments):
    """What a command that succeeds prints as JSON."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def made_up(n=200):
    """Two numbers that tell all targets, and columns that say something of the rows."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, n))
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "weight": rng.integers(0, 3, n),
            "person": rng.integers(0, 20, n),
            "day": pd.date_range("2026-01-01", periods=n)[rng.permutation(n)].strftime("%Y-%m-%d"),
            "same": 1,
            "name": [f"row{i}" for i in range(n)],
            "kind": rng.integers(1, 4, n),
            "left": np.where(x > 0, "true", "false"),
            "low": np.where(z > 0, "true", "false"),
            "price": 2.0 * x - z,
            "cost": x + z,
            "sort": np.where(x + z > 0, "good", "bad"),
        }
    )


OTHERS = ("left", "low", "price", "cost", "sort")


def targets(*names):
    """The options that make some columns the targets and drop the other ones that tell them."""
    return [
        option for name in OTHERS for option in ("--target" if name in names else "--drop", name)
    ]
