"""The verdicts on the training: GN201 to GN205. Each rule only reads the evidence."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.diagnosis.evidence import Evidence
from glassnet.inspection.diagnosis.rule import Finding, Rule
from glassnet.inspection.diagnosis.verdict import Severity

#: The gain of a trial that shows another rate, or more steps, to be better: a share of the loss of
#: the best constant.
GAIN = 0.08
#: An optimizer's first step relative to new first weights: below the lowest, training is too slow;
#: above the highest it does harm if anything shows it, and above the wildest in any case.
LOWEST_STEP, HIGHEST_STEP, WILDEST_STEP = 1e-3, 0.25, 1.5
#: The first step of rates that suit most networks.
USUAL_STEP = 0.01
#: A training loss that is so many times that of the constant has exploded; one that rose in so many
#: of its last epochs jumps about; so many dead units in a layer were thrown off.
EXPLODED_LOSS, RISES, DEAD_UNITS = 3.0, 0.35, 0.6
#: Updates times the first step: below this, weights could hardly move their own size.
SHORT_WAY = 2.0
#: A loss of this share of that of the constant: nothing was learned.
NOTHING = 0.9
#: Overfitting: the held-out loss is so many times the training loss, and this share of the constant
#: above it.
OVERFIT_RATIO, OVERFIT_RISE = 2.0, 0.1
#: Worse than a simple model: by so many standard errors, and by this share of the error of a
#: constant.
BEHIND, BEHIND_SHARE = 3.0, 0.15
#: Penalties and dropout that hold a network back.
STRONG_PENALTY, STRONG_DROPOUT = 0.1, 0.5


def _step(e: Evidence) -> float:
    """Return the largest first step of a layer relative to new first weights."""
    return max((layer.usual_step or 0.0 for layer in e.layers or ()), default=0.0)


def _way(e: Evidence) -> float:
    """Return the length of the way that all updates could go, in sizes of the weights."""
    course: Any = e.course
    return float(course.updates * _step(e))


def _rate(e: Evidence) -> float:
    plan: Any = e.plan
    return float(plan.bound_optimizer().lr)


def _usual_rate(e: Evidence) -> float:
    """Return the rate whose first step is usual, with one digit."""
    return float(f"{_rate(e) * USUAL_STEP / _step(e):.1g}")


def _too_high(e: Evidence) -> Finding | None:
    t: Any = e.trials
    course: Any = e.course
    step = _step(e)
    lower = max(t.gain(t.anew, 0.1), t.gain(t.onward, 0.1))
    harm = (
        lower > GAIN
        or course.largest > EXPLODED_LOSS * abs(t.constant)
        or course.rises > RISES
        or any(layer.dead > DEAD_UNITS for layer in e.layers or ())
    )
    if step < HIGHEST_STEP or not (harm or step > WILDEST_STEP):
        return None
    evidence = {
        "rate": _rate(e),
        "step": step,
        "gain": max(lower, 0.0),
        "steps": t.steps,
        "rises": course.rises,
    }
    return Finding(evidence, _usual_rate(e), "error" if t.loss > NOTHING * t.constant else None)


def _too_low(e: Evidence) -> Finding | None:
    t: Any = e.trials
    step = _step(e)
    if not step:
        return None
    higher = max(t.gain(t.onward, 10.0), t.gain(t.anew, 10.0))
    if step >= LOWEST_STEP or (higher < GAIN and t.loss < NOTHING * t.constant):
        return None
    evidence = {
        "rate": _rate(e),
        "step": step,
        "gain": max(higher, 0.0),
        "steps": t.steps,
        "way": _way(e),
    }
    return Finding(evidence, _usual_rate(e))


def _stopped(e: Evidence) -> Finding | None:
    t: Any = e.trials
    course: Any = e.course
    gain = max(t.gain(t.onward, 1.0), t.gain(t.onward, 10.0))
    if _way(e) > SHORT_WAY or gain < GAIN or _step(e) < LOWEST_STEP:
        return None
    epochs = course.epochs
    return Finding(
        {"epochs": epochs, "ended": course.ended, "gain": gain, "steps": t.steps, "way": _way(e)},
        10 * epochs,
    )


def _overfit(e: Evidence) -> Finding | None:
    answers, course = e.answers, e.course
    if answers is None or answers.baseline_loss <= 0.0:
        return None
    ratio = answers.loss / max(answers.learned_loss, 1e-9)
    rise = (answers.loss - answers.learned_loss) / answers.baseline_loss
    if ratio < OVERFIT_RATIO or rise < OVERFIT_RISE:
        return None
    if course is not None and course.stopped_on_best and answers.loss < answers.baseline_loss:
        return None
    return Finding(
        {
            "learned": answers.learned_loss,
            "outside": answers.loss,
            "constant": answers.baseline_loss,
        },
        True,
    )


def _worse(e: Evidence) -> Finding | None:
    a: Any = e.answers
    linear = a.constant if a.linear is None else a.linear
    evidence = {"error": a.error, "constant": a.constant, "linear": linear, "rows": a.n_rows}
    margin = BEHIND_SHARE * a.constant
    severity: Severity | None = None
    if a.behind_constant > BEHIND and a.error > a.constant + margin:
        severity = "error"
    elif a.behind_linear < BEHIND or a.error < linear + margin:
        return None
    setting, value, change = _restraint(e)
    return Finding(evidence, value, severity, setting, change)


def _restraint(e: Evidence) -> tuple[str | None, Any, str | None]:
    """Return the setting that holds the network back, its new value and the change in words."""
    plan = e.plan
    if plan is not None and max(plan.l1, plan.l2) > STRONG_PENALTY:
        name = "l2" if plan.l2 >= plan.l1 else "l1"
        return name, 0.0, f"{name}=0"
    if plan is not None and plan.dropout > STRONG_DROPOUT:
        return "dropout", 0.0, "dropout=0"
    return None, (), None


RULES: tuple[Rule, ...] = (
    Rule(
        "GN201",
        "learning rate too high",
        "warning",
        ("trials", "plan", "course"),
        _too_high,
        "a step at rate {rate:g} changes first weights by {step:.2g} of their size; {steps} steps "
        "at a tenth of it lower the held-out loss by {gain:.0%} of that of a constant",
        "steps jump over the minimum",
        "learning_rate",
        "learning_rate={value:.2g}",
        "more epochs until it has learned",
        ("GN104", "GN110", "GN305"),
    ),
    Rule(
        "GN202",
        "learning rate too low",
        "warning",
        ("trials", "plan", "course"),
        _too_low,
        "a step at rate {rate:g} changes first weights by {step:.2g} of their size, all updates "
        "together by at most {way:.2g}",
        "the weights hardly moved in the whole training",
        "learning_rate",
        "learning_rate={value:.2g}",
        "nothing; a rate too high shows as GN201",
        ("GN104", "GN110", "GN301", "GN302", "GN303", "GN304"),
    ),
    Rule(
        "GN203",
        "stopped too early",
        "warning",
        ("trials", "plan", "course"),
        _stopped,
        "training ended after {epochs} epochs ({ended}), in which weights moved by at most "
        "{way:.2g} of their size; {steps} further steps lower the held-out loss by {gain:.0%} of "
        "that of a constant",
        "too few epochs were allowed",
        "max_epochs",
        "max_epochs={value}",
        "up to ten times the training time",
        ("GN202", "GN201", "GN301", "GN302", "GN303", "GN304"),
    ),
    Rule(
        "GN204",
        "overfitting",
        "warning",
        ("answers",),
        _overfit,
        "the loss is {learned:.3g} on the rows learned from and {outside:.3g} on others (a "
        "constant has {constant:.3g})",
        "the network went on learning after it knew all that holds for other rows",
        "early_stopping",
        "early_stopping={value}: hold rows out and keep the best epoch",
        "a tenth or so of the rows no longer teach",
        (
            "GN101",
            "GN104",
            "GN107",
            "GN108",
            "GN109",
            "GN110",
            "GN111",
            "GN201",
            "GN302",
            "GN303",
            "GN304",
        ),
    ),
    Rule(
        "GN205",
        "worse than a simple model",
        "warning",
        ("answers",),
        _worse,
        "the error on {rows} rows is {error:.3g}; a constant has {constant:.3g}, a linear model "
        "{linear:.3g}",
        "the network is too small, too much restrained, or was not trained well",
        "hidden_layer_sizes",
        "the linear model: hidden_layer_sizes={value}",
        "no bends: only what is linear is learned",
        (
            "GN104",
            "GN107",
            "GN108",
            "GN110",
            "GN111",
            "GN201",
            "GN202",
            "GN203",
            "GN204",
            "GN301",
            "GN302",
            "GN303",
            "GN304",
        ),
    ),
)
