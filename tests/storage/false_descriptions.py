"""Files with false descriptions of encoder, target, reference and dialect, checksums that fit."""

from __future__ import annotations

from tests.storage.changes import append, said

# name: (what is changed in a good file, what the refusal says)
FALSE_DESCRIPTIONS = {
    "a range of classes": (
        said("target", "low", value=[0.0]),
        "low and high must have one entry for each number",
    ),
    "a sign of classes": (
        said("target", "sign", value=[1]),
        "sign must be -1, 0 or 1 for each number",
    ),
    "a sign that is true": (said("target", "sign", value=[True]), "target.sign must be"),
    "a sign that is a word": (said("target", "sign", value="positive"), "target.sign must be"),
    "a range that is text": (said("target", "high", value=["1"]), "target.high must be"),
    "encoder is null": (said("encoder", value=None), "encoder must have the fields"),
    "encoder field too many": (said("encoder", "code", value=1), "encoder must have the fields"),
    "column of another kind": (said("encoder", "schema", 0, 1, value="object"), "kind"),
    "column without a kind": (said("encoder", "schema", 0, value=["age"]), "encoder.schema"),
    "column twice": (
        lambda t: t.said["encoder"]["schema"].append(t.said["encoder"]["schema"][0]),
        "more than once",
    ),
    "column too many": (
        append("encoder", "schema", value=["more", "number"]),
        "other columns than the schema",
    ),
    "half a character in a column": (
        append("encoder", "schema", value=["\ud800", "number"]),
        "half a character",
    ),
    "100,000 columns": (
        lambda t: t.said["encoder"]["schema"].extend([f"c{i}", "number"] for i in range(100_000)),
        "other columns",
    ),
    "100,000 columns of two names": (
        lambda t: t.said["encoder"]["schema"].extend([["a", "number"]] * 100_000),
        "more than once",
    ),
    "50,000 columns, each twice": (
        lambda t: t.said["encoder"]["schema"].extend(
            [f"c{i // 2}", "number"] for i in range(100_000)
        ),
        "more than once",
    ),
    "mean is text": (said("encoder", "numbers", "mean", 0, value="0"), "encoder.numbers.mean"),
    "mean is true": (said("encoder", "numbers", "mean", 0, value=True), "encoder.numbers.mean"),
    "mean is null": (said("encoder", "numbers", "mean", 0, value=None), "encoder.numbers.mean"),
    "mean of 10^299": (
        said("encoder", "numbers", "mean", 0, value=10**299),
        "encoder.numbers.mean",
    ),
    "mean too short": (
        lambda t: t.said["encoder"]["numbers"]["mean"].pop(),
        "one entry for each column",
    ),
    "scale zero": (said("encoder", "numbers", "scale", 0, value=0.0), "above 0"),
    "scale negative": (said("encoder", "numbers", "scale", 0, value=-1.0), "above 0"),
    "limit zero": (said("encoder", "numbers", "limit", value=0.0), "above 0"),
    "limit of 5e-324": (said("encoder", "numbers", "limit", value=5e-324), "at least 1e-100"),
    "limit negative": (said("encoder", "numbers", "limit", value=-4.0), "above 0"),
    "limit is text": (said("encoder", "numbers", "limit", value="none"), "encoder.numbers.limit"),
    "limit is false": (said("encoder", "numbers", "limit", value=False), "encoder.numbers.limit"),
    "limit of 10^299": (
        said("encoder", "numbers", "limit", value=10**299),
        "encoder.numbers.limit",
    ),
    "limit is a list": (said("encoder", "numbers", "limit", value=[None]), "encoder.numbers.limit"),
    "limit is missing": (
        said("encoder", "numbers", "limit", drop=True),
        "encoder.numbers must have the fields",
    ),
    "a form of nothing": (append("encoder", "schema", 0, value={}), "encoder.schema must be"),
    "a form that is a list": (
        append("encoder", "schema", 0, value=["%"]),
        "encoder.schema must be",
    ),
    "a form with another field": (
        append("encoder", "schema", 0, value={"colour": "red"}),
        "the form of a column must have fields among",
    ),
    "a form with a usual field": (
        append("encoder", "schema", 0, value={"unit": ""}),
        "encoder.schema must be",
    ),
    "a unit that is a number": (
        append("encoder", "schema", 0, value={"unit": 5}),
        "the form of a column must have fields among",
    ),
    "a mark that is none": (
        append("encoder", "schema", 0, value={"decimal": "x"}),
        "a mark or an order of dates that does not exist",
    ),
    "an order of dates that is none": (
        append("encoder", "schema", 0, value={"dates": "dym"}),
        "an order of dates that does not exist",
    ),
    "words that are 1": (
        append("encoder", "schema", 1, value={"verbatim": 1}),
        "the form of a column must have fields among",
    ),
    "four words of a column": (
        said("encoder", "schema", 0, value=["age", "number", {"unit": "$"}, 1]),
        "encoder.schema must be",
    ),
    "forms of classes": (
        said("target", "forms", value=[{}]),
        "forms must have one entry for each number",
    ),
    "forms that are a word": (said("target", "forms", value="$"), "target.forms must be"),
    "a dialect that is a word": (said("dialect", value=";"), "dialect is none"),
    "a dialect that is null": (said("dialect", value=None), "dialect is none"),
    "a dialect with another field": (said("dialect", value={"colour": "red"}), "dialect is none"),
    "a delimiter of two": (said("dialect", value={"delimiter": ",,"}), "dialect is none"),
    "an encoding that runs": (said("dialect", value={"encoding": "../x"}), "dialect is none"),
    "missing texts out of order": (
        said("dialect", value={"missing": ["b", "a"]}),
        "dialect is not as it is written",
    ),
    "lines that go on for ever": (said("dialect", value={"skip_rows": 10**30}), "dialect is"),
    "constant of no kind": (
        said("encoder", "numbers", "constant", 0, value="zero"),
        "encoder.numbers.constant",
    ),
    "constant is null": (
        said("encoder", "numbers", "constant", value=None),
        "encoder.numbers.constant",
    ),
    "constant too short": (
        lambda t: t.said["encoder"]["numbers"]["constant"].pop(),
        "constant must have one entry for each column",
    ),
    "constant that says nothing": (
        said("encoder", "numbers", "constant", value=["", "", ""]),
        "columns that never varied",
    ),
    "gaps alone without gaps": (
        said("encoder", "numbers", "constant", 2, value="gaps"),
        "only those with missing values",
    ),
    "one level of three": (
        said("encoder", "categories", 0, "constant", value="level"),
        "cannot have held 'level' alone",
    ),
    "rare levels that are not": (
        said("encoder", "categories", 0, "constant", value="rare"),
        "cannot have held 'rare' alone",
    ),
    "gaps alone beside levels": (
        said("encoder", "categories", 0, "constant", value="gaps"),
        "cannot have held 'gaps' alone",
    ),
    "false of a category": (
        said("encoder", "categories", 0, "constant", value="false"),
        "cannot have held 'false' alone",
    ),
    "a category constant of no kind": (
        said("encoder", "categories", 0, "constant", value="x"),
        "constant must be",
    ),
    "gaps are numbers": (said("encoder", "numbers", "has_gaps", 0, value=1), "has_gaps"),
    "level twice": (said("encoder", "categories", 0, "levels", 0, value="Dream"), "occurs twice"),
    "level is null": (said("encoder", "categories", 0, "levels", 0, value=None), "levels"),
    "100,000 levels": (
        lambda t: t.said["encoder"]["categories"][0]["levels"].extend(map(str, range(100_000))),
        "features but the encoder makes",
    ),
    "huge level": (
        append("encoder", "categories", 0, "levels", value="x" * 2**22),
        "features but the encoder makes",
    ),
    "task of no kind": (said("target", "task", value="evil"), "target.task"),
    "task is a list": (said("target", "task", value=["binary"]), "target.task"),
    "other task": (said("target", "task", value="regression"), "do not make a regression target"),
    "class too few": (lambda t: t.said["target"]["classes"].pop(), "do not make"),
    "class twice": (said("target", "classes", 0, value="b"), "classes of one type that differ"),
    "classes of two types": (said("target", "classes", 0, value=1), "classes of one type"),
    "class is a list": (said("target", "classes", 0, value=["a"]), "target.classes"),
    "class beyond int64": (
        said("target", "classes", value=[2**63, 2**64, 2**65]),
        "target.classes",
    ),
    "target without a name": (said("target", "names", value=[]), "needs a name"),
    "n_outputs true": (said("target", "n_outputs", value=True), "n_outputs"),
    "scales of classes": (said("target", "scale", value=[1.0]), "do not make"),
    "reference is null": (said("reference", value=None), "reference must have the fields"),
    "reference field too many": (
        said("reference", "code", value=1),
        "reference must have the fields",
    ),
    "reference without rows": (said("reference", "rows", value=0), "reference must have rows"),
    "reference of 10^299 rows": (
        said("reference", "rows", value=10**299),
        "reference.rows must be int",
    ),
    "rows of the reference are true": (
        said("reference", "rows", value=True),
        "reference.rows must be int",
    ),
    "more gaps than rows": (said("reference", "gaps", 0, value=41), "counts from 0 to as many"),
    "less than no gaps": (said("reference", "gaps", 0, value=-1), "counts from 0 to as many"),
    "more rare levels than rows": (
        said("reference", "rare", 0, value=41),
        "counts from 0 to as many",
    ),
    "a variance below 0": (said("reference", "spread", 0, value=-1), "counts from 0 to as many"),
    "gaps of one column too many": (
        append("reference", "gaps", value=0),
        "reference must have one entry for each column",
    ),
    "a range too many": (
        append("reference", "low", value=0.0),
        "reference must have one entry for each column",
    ),
    "a range of a date that is not there": (
        append("reference", "first", value=0),
        "reference must have one entry for each column",
    ),
    "a range with one end": (
        said("reference", "high", 0, value=None),
        "both ends of a range or none",
    ),
    "a range from high to low": (
        said("reference", "low", 0, value=1e9),
        "both ends of a range or none, the smaller one first",
    ),
    "an end that is text": (said("reference", "low", 0, value="0"), "reference.low must be"),
    "an end of 10^299": (said("reference", "high", 0, value=10**299), "reference.high must be"),
    "rare levels are a number": (said("reference", "rare", value=0), "reference.rare must be"),
}
