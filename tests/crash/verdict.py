"""How a child ended, judged: an answer, one of our errors, a foreign library that gave up, or a
fault."""

from __future__ import annotations

import re
import signal
from dataclasses import asdict, dataclass

#: What no message of ours holds.
ALIEN = re.compile(
    r"Traceback|mistake in glassnet|Exception ignored|Exception in thread|terminate called|Fatal "
    r"Python error|nanobind|what\(\):|^\S+:\d+: (?!DataNotice)\w*Warning: (?!the reference engine "
    r"runs)",
    re.MULTILINE,
)
#: The compiled modules of ours, in the C stack of a thread that died.
OURS = re.compile(r"glassnet/_native")


@dataclass(frozen=True)
class Foreign:
    """A way in which a library that is not ours ends a process, or says something, when memory or
    threads run out.

    cause : what it does, in words
    shows : what is found in the C stack of the thread that died, on stderr, or in the error
    limits : under which of them that happens
    """

    cause: str
    shows: re.Pattern[str]
    limits: tuple[str, ...]


SHORT_OF_THREADS = ("threads", "memory")
FOREIGN = (
    Foreign(
        "Python waits for ever for a thread that it started and that died of too little memory "
        "before it began",
        re.compile(r"Exception ignored in thread started by: .*\nMemoryError"),
        ("memory",),
    ),
    Foreign(
        "OpenBLAS waits for its threads by spinning: more of them than free processors take "
        "minutes",
        re.compile(r"openblas\S*\(exec_blas"),
        ("nothing", "memory", "threads", "files", "file size", "disk"),
    ),
    Foreign(
        "pyarrow gives a Parquet file up where it can start no more threads, while others still "
        "read into memory that it frees",
        re.compile(
            r"libparquet\.so\S*\n(?:\S*libarrow\.so\S*\n)+\S*libstdc\+\+"
        ),  # a thread of its own, without Python in it
        SHORT_OF_THREADS,
    ),
    Foreign(
        "OpenBLAS asks again and again, for ever, for memory that is not there",
        re.compile(r"openblas[^\n]*\(blas_memory_alloc"),
        ("memory",),
    ),
    Foreign(
        "pyarrow starts a thread that listens for Ctrl-C before it reads CSV, and aborts where it "
        "cannot",
        re.compile(r"RegisterCancellingSignalHandler"),
        SHORT_OF_THREADS,
    ),
    Foreign(
        "pyarrow waits for ever for the first block of a CSV file where it cannot start the thread "
        "that reads it",
        re.compile(r"arrow3csv15StreamingReader4Make"),
        SHORT_OF_THREADS,
    ),
    Foreign(
        "OpenBLAS ends the process where it gets no memory for its buffers",
        re.compile(r"OpenBLAS error: Memory allocation still failed"),
        ("memory",),
    ),
    Foreign(
        "OpenBLAS sends itself SIGINT where it cannot start its threads",
        re.compile(r"OpenBLAS blas_thread_init: pthread_create failed"),
        SHORT_OF_THREADS,
    ),
)


@dataclass(frozen=True)
class Ended:
    """What is known of a child that ended.

    status : as `os.waitstatus_to_exitcode` tells it: negative for a signal
    report : what the child itself said at the end of its job, None where it did not get there
    err, crash : what is on its stderr, and what faulthandler and the C stack say
    hung : whether it was ended because it took too long
    """

    seed: int
    job: str
    limit: str
    status: int
    report: dict[str, object] | None
    err: str
    crash: str
    hung: bool = False


@dataclass(frozen=True)
class Verdict:
    """kind : "answer", "refusal", "foreign" or "fault"; said : the reason in a line; evidence : all
    there is."""

    seed: int
    job: str
    limit: str
    kind: str
    said: str
    evidence: str = ""

    as_dict = asdict


def judge(ended):
    """Return the verdict on a child."""
    crash = re.sub("^Extension modules: .*$", "", ended.crash, flags=re.MULTILINE)
    report = "\n".join(f"{key}: {value}" for key, value in (ended.report or {}).items() if value)
    evidence = "\n".join(part for part in (report, ended.err, _stack(crash), crash) if part)
    kind, said = _judged(ended)
    if kind == "fault" and not OURS.search(_stack(ended.crash)):
        cause = next(
            (
                foreign.cause
                for foreign in FOREIGN
                if ended.limit in foreign.limits and foreign.shows.search(evidence)
            ),
            None,
        )
        if cause:
            kind, said = "foreign", cause
    return Verdict(
        ended.seed,
        ended.job,
        ended.limit,
        kind,
        said,
        evidence if kind in ("fault", "foreign") else "",
    )


def _stack(crash):
    return crash.partition("C stack of the thread that died:")[2]


def _judged(ended):
    report = ended.report
    if ended.hung:
        return "fault", "hangs"
    if ended.status < 0:
        when = "" if report is None else " when it was done"
        return "fault", f"{signal.Signals(-ended.status).name}{when}"
    if report is None:
        return "fault", f"ended with status {ended.status} and said nothing"
    if ended.status != report["status"]:
        return "fault", f"status {report['status']} became {ended.status} as Python ended"
    if found := ALIEN.search(ended.err):
        line = next(line for line in ended.err[found.start() :].splitlines() if line)
        return "fault", f"says: {line}"
    return str(report["kind"]), str(report["said"])


def judge_command(status, err, stdout, stderr):
    """Return the kind and the reason for a command that ended with a status, and whose streams were
    what those words say."""
    errors = [line for line in err.splitlines() if line.startswith(("Error: ", "Interrupted."))]
    if status == 0:
        return ("fault", f"status 0 with {errors[0]}") if errors else ("answer", "")
    if status == 130:
        return "fault", "interrupted, and nobody did"
    if status not in (1, 2):
        return "fault", f"status {status}"
    nobody_reads = status == 1 and stdout in (
        "unread",
        "read a little",
    )  # then there is nothing to say
    if stderr == "kept" and len(errors) != 1 and not nobody_reads:
        return "fault", f"status {status} with {len(errors)} messages"
    return "refusal", errors[0] if errors else f"status {status}"
