"""Format names, counts, lists and numbers for messages and reports."""

from collections.abc import Iterable


def printable_lines(text: str) -> str:
    r"""Return text with control characters other than line ends escaped (an escape as `\x1b`).

    Text from a file of unknown origin could otherwise control the terminal or reverse the reading
    direction.

    Examples
    --------
    >>> printable_lines("red \x1b[31m, turned \u202e")
    'red \\x1b[31m, turned \\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def printable(text: object) -> str:
    r"""Return text on one line: `printable_lines` with line ends written as `\n`."""
    return printable_lines(str(text)).replace("\n", "\\n")


def shorten(text: object, max_length: int) -> str:
    """Return text shortened to a maximum length, with `...` at the end if it was longer."""
    shown = str(text)
    return shown if len(shown) <= max_length else f"{shown[: max_length - 3]}..."


def listed(names: Iterable[object], max_names: int = 10) -> str:
    """Return the first names, quoted, and the number of the others: `'a', 'b' and 3 more`.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    names = list(names)
    shown = [repr(n if len(str(n)) <= 80 else shorten(n, 80)) for n in names[:max_names]]
    more = f" and {len(names) - max_names:,} more" if len(names) > max_names else ""
    return ", ".join(shown) + more


def counted(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 row`, `1,234 rows`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def format_number(value: float, digits: int = 4) -> str:
    """Return a number with `digits` significant digits, without an exponent from 1e4 to 1e9.

    Examples
    --------
    >>> [format_number(value) for value in (0.0123456, 1234.5, 21134.2, 2e9)]
    ['0.01235', '1234', '21,130', '2e+09']
    """
    rounded = float(f"{value:.{digits}g}")
    if 1e4 <= abs(rounded) < 1e9:
        return f"{rounded:,}".removesuffix(".0")
    return f"{value:.{digits}g}"


def format_share(share: float) -> str:
    """Return a share as a percentage with one decimal: `97.1 %`."""
    return f"{round(100.0 * share, 1) + 0.0:.1f} %"
