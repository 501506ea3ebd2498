"""A network: a sequence of layers whose parameters form one vector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.checks import check_integer
from glassnet.errors import DataError, SettingError, is_number
from glassnet.layers.containers import Members
from glassnet.layers.dense import Dense
from glassnet.layers.layer import PREDICT, Layer, Run
from glassnet.layers.stack import (
    all_layers,
    checked_layers,
    describe_layer,
    stack_backward,
    stack_forward,
    stack_initialize,
    stack_trees,
    stack_widths,
    stand_side_by_side,
)
from glassnet.parameters import Parameters, Spec, Tree

if TYPE_CHECKING:
    from glassnet.inspection.walk import Walk

Array = np.ndarray[Any, np.dtype[Any]]


class Network:
    """A sequence of layers with their parameters.

    Parameters
    ----------
    layers : the layers, first to last; a network without hidden layers is a linear model
    n_features : number of columns of X
    seed : of the random initial parameters; None leaves them 0, for parameters that will be
        assigned
    dtype : "float32" or "float64", of parameters and signals

    Attributes
    ----------
    parameters : Parameters
        A mapping from names such as "layers.0.W" to views into one flat vector, `parameters.theta`.
    n_outputs : int
        Number of raw scores of a row.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet import Dense, Network
    >>> network = Network([Dense(3, "sigmoid"), Dense(1, "sigmoid")], n_features=2)
    >>> network.parameters["layers.0.W"].shape
    (2, 3)
    >>> network.predict(np.zeros((4, 2))).shape
    (4, 1)
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        n_features: int,
        *,
        seed: int | None = 0,
        dtype: str = "float32",
    ) -> None:
        self.layers: tuple[Layer, ...] = checked_layers(layers)
        if not self.layers:
            raise SettingError(
                "a network needs at least one layer: for a linear model give one Dense layer."
            )
        if not is_number(n_features) or int(n_features) != n_features or n_features < 1:
            raise SettingError(
                f"n_features is the number of columns of X, at least 1, got {n_features!r}."
            )
        self.n_features = int(n_features)
        self.widths = stack_widths(self.layers, self.n_features)
        self.n_outputs = self.widths[-1]
        self.parameters = Parameters(Tree({}, stack_trees(self.layers, self.n_features)), dtype)
        if seed is not None:
            self.initialize(seed)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of parameters and signals."""
        return self.parameters.theta.dtype

    def initialize(self, seed: int) -> None:
        """Draw new initial parameters; the same seed gives the same bits."""
        rng = np.random.default_rng(check_integer("seed", seed, 0))
        stack_initialize(self.layers, self.parameters.p.layers, rng)

    def forward(self, X: Any, run: Run = PREDICT) -> tuple[Array, list[Any]]:
        """Return the raw scores `(n, n_outputs)` and every layer's cache.

        X is `(n, n_features)` in the network's dtype. Only Dense takes a CSR matrix; if the first
        layer is another one, the batch is converted to a dense matrix.
        """
        if not isinstance(X, np.ndarray) and not isinstance(self.layers[0], Dense):
            X = X.toarray()
        return stack_forward(self.layers, self.parameters.p.layers, X, run)

    def backward(self, caches: Sequence[Any], dY: Array, needs_dX: bool = False) -> Array | None:
        """Write all gradients into `parameters.gradient`.

        dY is the gradient with respect to the raw scores. Returns the gradient with respect to X if
        `needs_dX`, otherwise None.
        """
        return stack_backward(
            self.layers, self.parameters.p.layers, self.parameters.g.layers, caches, dY, needs_dX
        )

    def predict(self, X: Any, chunk: int = 8192) -> Array:
        """Return raw scores `(n, n_outputs)`, in chunks of rows so that memory stays bounded."""
        X = self.check_input(X)
        n = X.shape[0]
        if 0 < n <= chunk:
            return self.forward(X)[0]
        Z = np.empty((n, self.n_outputs), self.dtype)
        for start in range(0, n, chunk):
            Z[start : start + chunk] = self.forward(X[start : start + chunk])[0]
        return Z

    def check_input(self, X: Any) -> Any:
        """Return X as an `(n, n_features)` matrix of the network's dtype; CSR stays sparse."""
        if hasattr(X, "tocsr"):
            X = X.tocsr()
            X = X if X.dtype == self.dtype else X.astype(self.dtype)
        else:
            X = np.asarray(X)
            if X.dtype.kind not in "fiub":
                raise DataError(
                    f"X must hold numbers, but its values are of type {X.dtype}: encode categories "
                    "first."
                )
            # A number too large for the dtype becomes infinite, which later checks report.
            with np.errstate(over="ignore"):
                X = np.ascontiguousarray(X, self.dtype)
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise DataError(
                f"X must have shape (n, {self.n_features}) for this network, but it has shape "
                f"{X.shape}."
            )
        return X

    def astype(self, dtype: str) -> Network:
        """Return a copy of the network in another dtype; it shares no arrays with this one."""
        other = copy(self)
        other.parameters = self.parameters.astype(dtype)
        return other

    def members(self) -> tuple[Network, ...]:
        """Return copies of the networks whose mean this network computes.

        They are the members of a last layer `Members`, each preceded by the layers before it. A
        network without such a layer has one member, itself.
        """
        *shared, last = self.layers
        if not isinstance(last, Members):
            return (self.astype(str(self.dtype)),)
        return tuple(
            self._member([*shared, layer], f"layers.{len(shared)}.", m)
            for m, layer in enumerate(last.layers)
        )

    def _member(self, layers: Sequence[Layer], prefix: str, m: int) -> Network:
        network = Network(layers, self.n_features, seed=None, dtype=str(self.dtype))
        for name in network.parameters:
            inside = name.removeprefix(prefix)
            network.parameters[name] = self.parameters[
                name if inside == name else f"{prefix}layers.{m}.{inside}"
            ]
        return network

    @property
    def n_members(self) -> int:
        """The number of equally shaped networks whose mean this network computes, otherwise 1."""
        alone = len(self.layers) == 1 and stand_side_by_side(self.layers[0])
        members = self.layers[0].layers if alone else ()
        kinds = {
            tuple(
                zip(
                    map(type, one.layers),
                    stack_widths(one.layers, self.n_features)[1:],
                    strict=True,
                )
            )
            for one in members
        }
        return len(members) if len(kinds) == 1 and kinds != {()} else 1

    def summary(self) -> list[tuple[str, str, int, int]]:
        """Return a row for each layer: its name, settings, output width and trained parameters.

        If the network consists of equally shaped members only, the rows are the layers of one
        member, named `layers.0.layers.*.layers.1`, each with the parameters of all members.
        """
        layers, prefix = self.layers, "layers."
        if self.n_members > 1:
            layers, prefix = layers[0].layers[0].layers, "layers.0.layers.*.layers."
        counts: Counter[str] = Counter()
        for name in self.parameters:
            if self.spec(name).trained:
                counts[prefix + name.split(".")[prefix.count(".")]] += self.spec(name).size
        widths = stack_widths(layers, self.n_features)[1:]
        return [
            (f"{prefix}{i}", describe_layer(layer), width, counts[f"{prefix}{i}"])
            for i, (layer, width) in enumerate(zip(layers, widths, strict=True))
        ]

    def unrepeatable_layers(self) -> list[str]:
        """Return the types of layers with training passes that do not repeat, such as Dropout."""
        kinds = (type(one).__name__ for one in all_layers(self.layers) if not one.repeatable)
        return sorted(set(kinds))

    def spec(self, name: str) -> Spec:
        """Return the shape and the factors of a tensor."""
        return self.parameters.spec(name)

    def save(self, path: str | Path) -> None:
        """Write the network to one file, which `Network.load` reads.

        The file contains numbers and names, no code; for a user-defined layer or activation it
        contains the parameters and the name. The file is written completely or not at all. Any file
        name is possible; the suffix `.glassnet` is meant for models, which `Model.save` writes.

        Raises
        ------
        UnsupportedError
            For parameters that are not finite; nothing is written.
        ModelFileError
            If the file cannot be written; an existing file stays unchanged.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> from glassnet import Dense, Network
        >>> network = Network([Dense(3, "tanh"), Dense(1)], n_features=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     network.save(f"{folder}/xor.network")
        ...     again = Network.load(f"{folder}/xor.network")
        >>> np.array_equal(again.predict(np.eye(2)), network.predict(np.eye(2)))
        True
        """
        # A declared import of a higher layer, because users expect `save` here.
        from glassnet.storage import save_network

        save_network(self, path)

    @staticmethod
    def load(path: str | Path, layers: Sequence[Layer] | None = None) -> Network:
        """Return the network from a file that `save` wrote. No code from the file is executed.

        Parameters
        ----------
        path : the file
        layers : all layers of the network, as it was built. They are needed if some layers or
            activations are user-defined, because files contain no code. Their types, settings,
            tensor names and shapes must match the file. Without `layers`, settings that only
            training uses, such as `parametrization`, have their defaults.

        Raises
        ------
        ModelFileError
            If the file does not exist, is damaged, has another format, contains a model, or needs
            `layers`.
        SettingError
            For layers that do not match the file; the first difference is named.
        """
        from glassnet.storage import load_network

        return load_network(path, layers)

    def walk(self, x: Any, target: Any = None, **settings: Any) -> Walk:
        """Return one row's way through the network and, from its target, back; see `Model.walk`.

        x is the row `(n_features,)`. The settings are `loss` ("squared" by default), `names` of the
        inputs, and `learning_rate`, `blanks` and `live` as for `Model.walk`.

        >>> network = Network([Dense(3, "sigmoid"), Dense(1, "sigmoid")], n_features=2)
        >>> len(network.walk([0.0, 1.0], 1.0).layers)
        2
        """
        from glassnet.inspection.walk.by_hand import walk_of_network

        return walk_of_network(self, x, target, **settings)

    def __repr__(self) -> str:
        inner = ", ".join(describe_layer(layer) for layer in self.layers)
        size = self.parameters.theta.size
        return f"Network([{inner}], n_features={self.n_features}, {size} parameters, {self.dtype})"
