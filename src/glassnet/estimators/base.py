"""What classifier and regressor share: settings to a plan, input to a table, one session, and scikit-learn's checks at the door."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from numbers import Integral
from typing import Any, Literal, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import refuse_missing, target_array
from glassnet.data.coding.target_numbers import signs_of
from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.assembly import dropped_index, index_notice, index_of, table_of
from glassnet.data.tables.cells import MISSING_TYPES
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, DataNotice
from glassnet.estimators.callbacks import fitted_attributes, say_end, session_tasks, verbose_lines
from glassnet.estimators.scoring import QUIETLY
from glassnet.fitting import Session
from glassnet.interrupts import interrupts_noted
from glassnet.model import Model
from glassnet.network import Network
from glassnet.optimizers import LBFGS
from glassnet.training.history import Epoch
from glassnet.training.plan import Plan

Array = np.ndarray[Any, np.dtype[Any]]


class NetworkEstimator(CallbackSupportMixin, BaseEstimator):
    """The part of an estimator that does not care what is predicted; the subclasses hold the parameters."""

    random_state: Any
    warm_start: bool
    verbose: bool
    optimizer: Any
    model_: Model
    network_: Network
    _task: Literal["regression"] | None
    _session: Session

    def _check_target(self, y: Any) -> Array:
        """Return y as an array, refused with scikit-learn's own messages where it cannot be a target."""
        raise NotImplementedError

    def _learn_target(
        self, y: Array, names: tuple[str, ...], classes: Any = None
    ) -> tuple[Target | None, dict[str, Any]]:
        """Return what is known of the target beforehand, and the fitted attributes that say it."""
        raise NotImplementedError

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any) -> None:
        earlier = self._session if self.warm_start and hasattr(self, "_session") else None
        plan = self._plan()
        table, checked, weight = self._check_rows(
            X, y, sample_weight, earlier.encoder.to_read if earlier else None
        )
        names = _target_names(y)
        target, learned = self._learn_target(checked, names)
        if earlier:
            self._refuse_other_classes(learned)
            target = earlier.target
            if (
                target.task == "regression"
                and (sign := signs_of(checked.reshape(len(checked), -1))) != target.sign
            ):
                target = replace(target, sign=sign)
        validation = self._check_validation(X_val, y_val, table.schema)
        session = Session.begin(
            table,
            checked,
            plan,
            task=self._task,
            names=names,
            target=target,
            sample_weight=weight,
            validation=validation,
            earlier=earlier,
        )

        context = self._init_callback_context(max_subtasks=session.plan.max_epochs)
        arguments = {
            "X": X,
            "y": y,
            "metadata": {} if sample_weight is None else {"sample_weight": sample_weight},
        }
        context.call_on_fit_task_begin(estimator=self, **arguments)
        say = verbose_lines(type(self).__name__, plan, session) if self.verbose else None
        # Without callbacks there is nobody to tell of an epoch, and a network of a few parameters
        # has thousands of them.
        tasks = (
            session_tasks(self, context, session, arguments, learned)
            if getattr(self, "_skl_callbacks", None)
            else None
        )

        def on_epoch(epoch: Epoch) -> bool:
            if say:
                say(epoch)
            return tasks(epoch) if tasks else False

        with interrupts_noted():  # what was learned is kept before a signal may raise
            session.finish(on_epoch)
            if tasks:
                tasks.close()
            self._keep(session, learned)
        if say:
            say_end(session)
        context.call_on_fit_task_end(estimator=self, **arguments, reconstruction_attributes={})

    def _partial_fit(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
        session: Session | None = getattr(self, "_session", None)
        table, checked, weight = self._check_rows(
            X, y, sample_weight, session.encoder.to_read if session else None
        )
        names = _target_names(y)
        learned: dict[str, Any] = {}
        if session is None:
            target, learned = self._learn_target(checked, names, classes)
            # One epoch has nothing to stop early, so no rows are held out.
            plan = replace(self._plan(), early_stopping=False)
            session = Session.begin(
                table,
                checked,
                plan,
                task=self._task,
                names=names,
                target=target,
                sample_weight=weight,
                alone=True,
            )
        elif classes is not None:
            self._refuse_other_classes(self._learn_target(checked, names, classes)[1])
        session.advance(table, checked, weight)
        self._keep(session, learned)

    def _answers(self, X: Any, answer: Callable[[Array], Array], *, members: bool = False) -> Array:
        """Return what `answer` makes of raw scores: of those of the network, or of each member's by itself, stacked.

        The native engine gives a row the same bits alone and among others. In NumPy the last digits
        depend on the rows beside it, for BLAS sums in another order for another shape.
        """
        table, model = self._asked(X)
        if members:
            return np.stack([answer(Z) for Z in model.member_scores(table)])
        return answer(model.raw_scores(table))

    def _asked(self, X: Any) -> tuple[Table, Model]:
        """Return X as a table, and the model that answers for it."""
        check_is_fitted(self)
        return self._check_table(X, self.model_.encoder.to_read, empty=True), self.model_

    def _keep(self, session: Session, learned: dict[str, Any]) -> None:
        """Leave the fitted attributes, and the session without its data: it is pickled with the estimator."""
        session.release()
        self._session = session
        self.__dict__.update(
            {**learned, **fitted_attributes(session, session.model())}
        )  # all at once, for who predicts meanwhile

    def _plan(self) -> Plan:
        """Return the settings as a plan: a parameter has the name of its field."""
        settings = self.get_params(deep=False)
        named = {
            field.name: settings[field.name] for field in fields(Plan) if field.name in settings
        }
        return Plan(**named, seed=_seed(self.random_state))

    def _check_rows(
        self, X: Any, y: Any, sample_weight: Any, schema: Schema | None
    ) -> tuple[Table, Array, Array | None]:
        if y is None:
            raise DataError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        refuse_damaged(sample_weight)
        table = self._check_table(X, schema)
        checked = self._check_target(_plain_target(y))
        check_consistent_length(table.numbers, checked)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, table.numbers, dtype=np.float64, ensure_non_negative=True
            )
        return table, checked, sample_weight

    @QUIETLY
    def _check_table(self, X: Any, schema: Schema | None, *, empty: bool = False) -> Table:
        """Return X as a table; `schema` has the columns of an earlier call, where there was one, in the order they must have.

        Numbers in arrays, lists and sparse matrices are checked by scikit-learn. Data frames, text
        and objects are read by glassnet's tables, which know categories and gaps; scikit-learn sees
        to the number and the names of their columns. `empty` allows no rows.
        """
        reset, names = schema is None, schema.names if schema else None
        refuse_damaged(X)
        if index := dropped_index(getattr(X, "column_names", ()), index_of(X), (), ()):
            X = X.drop_columns(index)
            warnings.warn(index_notice(index), DataNotice, stacklevel=5)
        if isinstance(X, np.matrix):
            X = np.asarray(X)
        if isinstance(X, Mapping):
            raise DataError(
                f"X must be an array, a sparse matrix or a data frame, got a {type(X).__name__}: "
                "pandas.DataFrame(X) makes one."
            )
        if isinstance(X, np.ma.MaskedArray):
            X = np.ma.filled(X.astype(np.float64), np.nan)
        if hasattr(X, "tocsr") or not (_is_frame(X) or np.asarray(X).dtype.kind in "OUST"):
            least = {"ensure_min_samples": 0 if empty else 1}
            X = validate_data(
                self,
                X,
                reset=reset,
                accept_sparse="csr",
                dtype="numeric",
                ensure_all_finite="allow-nan",
                **least,
            )
            return table_of(X, names=names, empty=empty)
        table = table_of(X, names=None if _is_frame(X) else names, schema=schema, empty=empty)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if (
            names is not None and table.schema.names != names
        ):  # a frame where training had none: by place, as scikit-learn does
            table = table_of(X, names=names, schema=schema, empty=empty)
        for notice in table.all_notices:
            warnings.warn(notice, DataNotice, stacklevel=5)
        return table

    def _check_validation(
        self, X_val: Any, y_val: Any, schema: Schema
    ) -> tuple[Table, Array] | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise DataError(f"{given} came without {missing}: give both, or neither.")
        try:
            return self._check_rows(X_val, y_val, None, schema)[:2]
        except ValueError as error:
            raise DataError(f"the validation set (X_val, y_val) does not fit: {error}") from error

    def _refuse_other_classes(self, learned: dict[str, Any]) -> None:
        known: Any = getattr(self, "classes_", None)
        came: Any = learned.get("classes_")
        if not np.array_equal(known, came):
            raise DataError(
                f"the classes must be those of the earlier fit, {known}, but {came} came."
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        return cast(Tags, tags)


def takes_steps(estimator: Any) -> bool:
    """Say whether an estimator's optimizer can go on row by row; AttributeError where it cannot, as scikit-learn's `available_if` wants."""
    if estimator.optimizer == "lbfgs" or isinstance(estimator.optimizer, LBFGS):
        raise AttributeError(
            "optimizer 'lbfgs' works on all rows at once, so there is no partial_fit: use 'adam', "
            "or fit."
        )
    return True


def _seed(random_state: Any) -> int:
    """Return the seed of everything random: a number as it is, a draw from a RandomState, fresh entropy for None."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    drawn = check_random_state(random_state)
    return (
        int(random_state) if isinstance(random_state, Integral) else int(drawn.randint(2**31 - 1))
    )


def _plain_target(y: Any) -> Any:
    """Return target values of a kind that scikit-learn's checks do not know as an array: nullable series, categories, a matrix.

    Raises
    ------
    DataError
        For missing values among them, and among texts in lists and arrays of objects, of which
        NumPy would make the text "nan".
    """
    refuse_damaged(y)
    if hasattr(y, "tocsr"):
        return y
    if isinstance(y, list | tuple):
        kinds = set(map(type, y))
        if any(kind.__name__ in MISSING_TYPES for kind in kinds) or (
            str in kinds and float in kinds
        ):
            refuse_missing(np.array([*y, None], dtype=object)[:-1], ["y"])
        return y
    if isinstance(y, np.ndarray) and y.dtype != object:
        return np.asarray(y)  # np.matrix has rules of its own
    values = np.asarray(y)
    if values.ndim in (1, 2) and values.dtype.kind in "Of":
        refuse_missing(
            values,
            [f"y{i}" for i in range(values.shape[1])]
            if values.ndim == 2 and values.shape[1] > 1
            else ["y"],
        )
    return (
        y
        if isinstance(y, np.ndarray)
        else target_array(values)
        if values.dtype == object and values.ndim == 1
        else values
    )


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns") and not isinstance(X, np.ndarray)


def _target_names(y: Any) -> tuple[str, ...]:
    """Return the names of the target's columns where a data frame or a series brings them, else ("y",)."""
    names: list[Any] = list(y.columns) if _is_frame(y) else [getattr(y, "name", None)]
    return (
        tuple(names) if names and all(isinstance(name, str) and name for name in names) else ("y",)
    )
