"""Base class of `GlassNetClassifier` and `GlassNetRegressor`: `fit` and its parts."""

from dataclasses import fields, replace
from numbers import Integral
from typing import Any, Literal, Self, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_encoding import signs_of
from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.engines.exclusive_use import exclusive_use, shallow_copy
from glassnet.errors import DataError
from glassnet.estimators.callbacks import (
    continues,
    fit_task,
    fitted_attributes,
    snapshot,
    stop_requested,
    verbose_listener,
)
from glassnet.estimators.input import plain_target, read_features, read_validation, target_names
from glassnet.estimators.messages import say
from glassnet.estimators.parameters import NetworkParameters
from glassnet.fitting import Session, TrainingTable, begin
from glassnet.interrupts import deferred_interrupts
from glassnet.model import Model
from glassnet.network import Network
from glassnet.optimizers import LBFGS
from glassnet.training.plan import Plan

Array = np.ndarray[Any, np.dtype[Any]]


class NetworkEstimator(NetworkParameters, CallbackSupportMixin, BaseEstimator):
    """Base class of the estimators: everything that does not depend on the kind of target."""

    model_: Model
    network_: Network
    classes_: Array
    _one_column: bool
    _session: Session
    _task: Literal["regression"] | None = None

    def _check_target(self, y: Any) -> Array:
        """Return y as an array, or raise an error in scikit-learn's words."""
        raise NotImplementedError

    def _learn_target(
        self, y: Array, names: tuple[str, ...], classes: Any
    ) -> tuple[Target | None, dict[str, Any]]:
        """Return the target encoder if it is already known, and the fitted attributes about it."""
        raise NotImplementedError

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train a network on rows and their targets.

        Parameters
        ----------
        X : array, sparse matrix or data frame (n, n_features)
            Numbers, where NaN is a missing value; a data frame or an array of objects may also hold
            strings, categories and booleans.
        y : array (n,) or (n, k)
            Classifiers take labels of any type, or a column of 0 and 1 for each of several labels;
            regressors take a number for each row, or several.
        sample_weight : array (n,), optional
            A row of weight 2 counts as two rows, one of weight 0 as none.
        X_val, y_val : as X and y, optional
            A validation set for early stopping, instead of a fraction of X and y.

        Returns
        -------
        self

        Raises
        ------
        DataError, SettingError
            For invalid input and parameters. Both are ValueErrors; the message says what was
            expected, what was given, and what to do.
        DivergenceError
            If the weights or the loss are not finite in the first epoch.

        Warns
        -----
        RuntimeWarning
            If Ctrl-C or divergence ended training early; the best weights so far are kept.
        """
        with exclusive_use(self):
            earlier = self._session if self.warm_start and hasattr(self, "_session") else None
            plan = self._plan()
            rows = self._read_rows(X, y, sample_weight, _schema(earlier))
            validation = read_validation(
                X_val, y_val, lambda: self._read_rows(X_val, y_val, None, rows.table.schema)
            )
            session, learned = self._begin(rows, plan, earlier=earlier, validation=validation)
            with fit_task(self, X, y, sample_weight, session.plan.max_epochs) as epoch_tasks:
                name = type(self).__name__
                listeners = [verbose_listener(name, plan, session)] if self.verbose else []
                with (
                    deferred_interrupts()
                ):  # the fitted attributes are set before a signal may raise
                    with epoch_tasks(
                        lambda: learned | snapshot(session), lambda epoch: continues(session)
                    ) as tasks:
                        session.finish(lambda epoch: stop_requested([*listeners, *tasks], epoch))
                    self._keep(session, learned)
                if self.verbose:
                    epochs = f"{session.state.epoch} of {session.plan.max_epochs} epochs"
                    say(f"{session.ended} after {epochs}")
        return self

    def _partial_fit(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
        session: Session | None = getattr(self, "_session", None)
        rows = self._read_rows(X, y, sample_weight, _schema(session))
        learned: dict[str, Any] = {}
        if session is None:
            # A single epoch has nothing to stop early, so no rows are held out.
            plan = replace(self._plan(), early_stopping=False)
            session, learned = self._begin(rows, plan, classes=classes, single=True)
        elif classes is not None:
            self._refuse_other_classes(self._learn_target(rows.values, rows.names, classes)[1])
        session.advance(rows.table, rows.values, rows.weights)
        self._keep(session, learned)

    def _begin(
        self,
        rows: TrainingTable,
        plan: Plan,
        *,
        classes: Any = None,
        earlier: Session | None = None,
        validation: TrainingTable | None = None,
        single: bool = False,
    ) -> tuple[Session, dict[str, Any]]:
        """Return a session on checked rows, and the fitted attributes about the target."""
        target, learned = self._learn_target(rows.values, rows.names, classes)
        if earlier:
            self._refuse_other_classes(learned)
            target = earlier.target
            if target.task == "regression":
                sign = signs_of(rows.values.reshape(len(rows.values), -1))
                target = target if sign == target.sign else replace(target, sign=sign)
        session = begin(
            rows,
            plan,
            target=target,
            validation=(validation.table, validation.values) if validation else None,
            earlier=earlier,
            single=single,
        )
        return session, learned

    def _keep(self, session: Session, learned: dict[str, Any]) -> None:
        """Set the fitted attributes, and keep the session without its data."""
        session.release()
        # All attributes change at once, because another thread may predict at the same time.
        self.__dict__.update(
            {"_session": session} | learned | fitted_attributes(session, session.model())
        )

    def _plan(self) -> Plan:
        """Return the parameters as a `Plan`, which has fields of the same names."""
        parameters = self.get_params(deep=False)
        names = {field.name for field in fields(Plan)} & parameters.keys()
        return Plan(**{name: parameters[name] for name in names}, seed=_seed(self.random_state))

    def _ready(self, X: Any) -> tuple[Self, Table]:
        """Return a copy with the current fitted attributes, and X as a table.

        The copy is needed because another thread may fit the estimator at the same time. With the
        native engine a row has the same prediction alone and among other rows. With the reference
        engine the last digits may differ, because BLAS sums in another order for another shape.
        """
        now = shallow_copy(self)
        check_is_fitted(now)
        return now, read_features(now, X, now.model_.encoder.to_read, empty=True)

    def _read_rows(
        self, X: Any, y: Any, sample_weight: Any, schema: Schema | None
    ) -> TrainingTable:
        """Return checked rows; with a schema, the columns must be those of the earlier call."""
        if y is None:
            raise DataError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        refuse_damaged(sample_weight)
        table = read_features(self, X, schema)
        checked = self._check_target(plain_target(y))
        check_consistent_length(table.numbers, checked)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, table.numbers, dtype=np.float64, ensure_non_negative=True
            )
        return TrainingTable(table, checked, target_names(y), sample_weight, task=self._task)

    def _refuse_other_classes(self, learned: dict[str, Any]) -> None:
        known: Any = getattr(self, "classes_", None)
        new_classes: Any = learned.get("classes_")
        if not np.array_equal(known, new_classes):
            raise DataError(
                f"the classes must be those of the earlier fit, {known}, got {new_classes}."
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


def supports_partial_fit(estimator: Any) -> bool:
    """Return True if the optimizer trains in batches; AttributeError (`available_if`) otherwise."""
    if estimator.optimizer == "lbfgs" or isinstance(estimator.optimizer, LBFGS):
        raise AttributeError(
            "optimizer 'lbfgs' works on all rows at once, so there is no partial_fit: use 'adam', "
            "or fit."
        )
    return True


def _schema(session: Session | None) -> Schema | None:
    return session.encoder.to_read if session else None


def _seed(random_state: Any) -> int:
    """Return an integer as it is, a draw from a RandomState, or fresh entropy for None."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    drawn = check_random_state(random_state)
    return (
        int(random_state) if isinstance(random_state, Integral) else int(drawn.randint(2**31 - 1))
    )
