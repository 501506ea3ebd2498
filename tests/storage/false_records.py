"""Files with false records of the training and its history, with checksums that fit."""

from __future__ import annotations

from tests.storage.changes import LR, number, said, tensor

# name: (what is changed in a good file, what the refusal says)
FALSE_RECORDS = {
    "training is a list": (said("training", value=[]), "another type"),
    "columns of the training are a number": (
        said("training", "columns", value=1),
        "training.columns must have the lists",
    ),
    "columns of the training are a list": (
        said("training", "columns", value=["x"]),
        "training.columns must have the lists",
    ),
    "columns of the training without others": (
        said("training", "columns", value={"features": []}),
        "training.columns must have the lists",
    ),
    "history is null": (said("history", value=None), "history must name columns"),
    "history is a list": (said("history", value=[]), "history must name columns"),
    "history of no columns": (said("history", value={}), "history must name columns"),
    "history that is not said": (
        said("history", drop=True),
        "have no tensor 'training.history.gradient_norm'",
    ),
    "history of no training": (said("training", "history", drop=True), "history must name columns"),
    "history of a list": (
        said("training", "history", value=[1]),
        "training.history must be an object",
    ),
    "column of the history twice": (
        said("training", "history", "lr", value=[0.5, 1]),
        "'lr', which cannot be one or is there twice",
    ),
    "column of the history too many": (
        said("history", "seconds", value=["number", 3]),
        "need tensor 'training.history.seconds'",
    ),
    "column of the history too few": (
        said("history", "lr", drop=True),
        "have no tensor 'training.history.lr'",
    ),
    "name of a column that is a path": (
        said("history", "../lr", value=["number", 3]),
        "'../lr', which cannot be one",
    ),
    "name of a column of a megabyte": (
        said("history", "l" * 2**20, value=["number", 3]),
        "which cannot be one",
    ),
    "kind of a column of the history": (
        said("history", "lr", value=["text", 2]),
        "history.lr must have one of the kinds",
    ),
    "kind that is a list": (
        said("history", "lr", value=[["number"], 2]),
        "history.lr must have one of the kinds",
    ),
    "column of the history without a length": (
        said("history", "lr", value=["number"]),
        "history.lr must have one of the kinds",
    ),
    "column that is a word": (
        said("history", "lr", value="number"),
        "history.lr must have one of the kinds",
    ),
    "history of another length": (
        said("history", "lr", value=["number", 3]),
        "is F64 [2] where its layers need F64 [3]",
    ),
    "history of no epochs": (
        said("history", "lr", value=["number", 0]),
        "history.lr must have a length from 1 to 10,000",
    ),
    "history of 10^12 epochs": (
        said("history", "lr", value=["number", 10**12]),
        "history.lr must have a length from 1 to 10,000",
    ),
    "length that is true": (
        said("history", "lr", value=["number", True]),
        "history.lr must have a length",
    ),
    "text of a column of numbers": (
        said("history", "lr", value=["number", 2, ["a"]]),
        "history.lr must have one of the kinds",
    ),
    "text without texts": (
        said("history", "lr", value=["text", 2]),
        "history.lr must have one of the kinds",
    ),
    "texts that are numbers": (
        said("history", "lr", value=["text", 2, [0, 1]]),
        "the texts of history.lr must be a list",
    ),
    "texts out of order": (
        said("history", "lr", value=["text", 2, ["b", "a"]]),
        "the texts of history.lr must be a list",
    ),
    "a text twice": (
        said("history", "lr", value=["text", 2, ["a", "a"]]),
        "the texts of history.lr must be a list",
    ),
    "texts for other numbers": (
        said("history", "lr", value=["text", 2, ["a", "b"]]),
        "training.history.lr holds numbers that no history",
    ),
    "history in a table": (tensor(LR, shape=[2, 1]), "is F64 [2, 1] where its layers need F64 [2]"),
    "history that is infinite": (
        number(float("inf"), LR),
        "training.history.lr holds numbers that no history has",
    ),
    "history that is not so missing": (
        number(-float("nan"), LR),
        "training.history.lr holds numbers that no history has",
    ),
    "whole numbers with fractions": (
        said("history", "lr", value=["whole", 2]),
        "training.history.lr holds numbers that no history has",
    ),
}
