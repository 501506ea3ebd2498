"""The records of a walk: what every step took, computed and gave, as plain values and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.graph import Operation
from glassnet.inspection.walk.blanks import Blank

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Scaling:
    """How a number becomes a feature: z = (x - mean) / scale, then the smooth clip.

    name : of the feature
    origin : a whole number beyond 2^53 that x and mean are relative to; 0 for other columns
    x : the number; the mean, where a cell is missing
    mean, scale : of the column in training
    z : the scaled number
    clipped : z / sqrt(1 + (z / limit)^2); None if the model does not clip
    """

    name: str
    origin: int
    x: float
    mean: float
    scale: float
    z: float
    clipped: float | None


@dataclass(frozen=True)
class Cell:
    """One cell of the row, and the features that it becomes.

    column, kind : of the table
    value : the number, text or date-time; None if it is missing
    state : "missing"; "new" for a level that training did not have or that was too rare to keep;
        "ignored" in a column that was constant in training; otherwise "known"
    scalings : of numbers, and of the days and the year of a date-time
    features : by name, as the network gets them
    """

    column: str
    kind: str
    value: Any
    state: Literal["known", "missing", "new", "ignored"]
    scalings: tuple[Scaling, ...]
    features: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """The gradients of the loss at one layer.

    formulas : the backward pass, as the docstring of the layer has it
    by_output : dY, by its output `(n_out,)`
    by_sum : dZ, by the pre-activation of a dense layer; None for other layers
    by_input : dX, by its input `(n_in,)`; None where other layers take the same input,
        and for more features than 32,768
    tensors : by its tensors, by name
    """

    formulas: tuple[str, ...]
    by_output: Array
    by_sum: Array | None
    by_input: Array | None
    tensors: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: what it computes, its input and its output, as the engine computes them.

    place : in the network, such as "layers.2"
    title : kind and settings
    operations : of the graph, one after the other
    signals : their inputs and outputs by name, each `(width,)`
    names : of the numbers of each signal
    backward : the gradients; None if the target is not known
    """

    place: str
    title: str
    operations: tuple[Operation, ...]
    signals: Mapping[str, Array]
    names: Mapping[str, tuple[str, ...]]
    backward: LayerGradients | None = None

    @property
    def input(self) -> Array:
        """The input `(n_in,)`."""
        return self.signals[self.operations[0].inputs[0]]

    @property
    def output(self) -> Array:
        """The output `(n_out,)`."""
        return self.signals[self.operations[-1].output]

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return self.names[self.operations[0].inputs[0]]

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return self.names[self.operations[-1].output]


@dataclass(frozen=True, eq=False)
class Members:
    """The raw scores of each member, whose mean is that of the model.

    scores : (M, k)
    shown : the member whose layers the walk has
    """

    scores: Array
    shown: int


@dataclass(frozen=True, eq=False)
class Answer:
    """From the raw scores to the answer.

    target : the name of the target, or several names
    scores : (k,) the raw scores
    score_names : of each: a class, a label, a target or a quantile
    link : "identity", "sigmoid", "softmax", "exp" or "sorted"
    temperature : that the weights and biases of the last layer were divided by; 1 for none
    probabilities : by class or label; empty for numbers
    linked, scale, mean : (k,) of a regression: answer = linked scale + mean; empty for classes
    numbers : (k,) of a regression, clipped where the model clips; empty for classes
    intervals : by target, the bounds at coverage 0.9; empty where the model has none
    predicted : what `predict` returns for the row
    """

    target: str
    scores: Array
    score_names: tuple[str, ...]
    link: str
    temperature: float
    probabilities: Mapping[str, float]
    linked: Array
    scale: Array
    mean: Array
    numbers: Array
    intervals: Mapping[str, tuple[float, float]]
    predicted: Any


@dataclass(frozen=True, eq=False)
class Step:
    """The step that would be taken.

    rule : "gradient descent" for theta - learning_rate * gradient, else the name of the optimizer
    learning_rate : of the step
    loss : of the row after it
    answer : after it
    """

    rule: str
    learning_rate: float
    loss: float
    answer: Answer


@dataclass(frozen=True, eq=False)
class Backward:
    """Where backpropagation begins, and the step that it leads to.

    target : the truth, as text
    loss_name : of the loss
    loss : of the row
    label_smoothing : of the loss, 0 for none
    formulas : of the loss and of its gradient by the raw scores
    by_scores : dZ, (k,) its gradient by the raw scores
    step : the gradient step
    """

    target: str
    loss_name: str
    loss: float
    label_smoothing: float
    formulas: tuple[str, str]
    by_scores: Array
    step: Step


@dataclass(frozen=True, eq=False)
class WalkRecord:
    """One row from its cells to the answer and, where the target is known, back.

    Attributes
    ----------
    engine, dtype : what computed it
    cells : of the row
    layers : from the first to the last; of one member where the model has several
    members : their raw scores; None for a single network
    answer : raw scores, probabilities or numbers
    backward : where the gradients begin; None if the target is not known
    blanks : the numbers that the print leaves out, for teaching
    """

    engine: str
    dtype: str
    cells: tuple[Cell, ...]
    layers: tuple[Layer, ...]
    members: Members | None
    answer: Answer
    backward: Backward | None
    blanks: tuple[Blank, ...] = field(default=(), repr=False)
