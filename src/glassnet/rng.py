"""Counter-based random numbers: each is a function of seed, stream and step.

A counter-based generator computes bits from (key, counter) without other state, so the dropout mask
of step 1,000 can be drawn without the 999 masks before it: a resumed run draws the same numbers as
an uninterrupted run, and every engine that implements the same generator draws the same mask.

The variant is Philox4x64-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
2, 3", SC 2011), as in `numpy.random.Philox`. One block is four 64-bit words; each word is read as
two 32-bit integers, the low half first.

    key     = (seed, stream)                 stream: the number of the layer, or SHUFFLE
    counter = (block, member, 0, step)       block counts from 1: NumPy increments before drawing
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

#: The stream of shuffles and splits. Layers are numbered from 0 and never reach this number.
SHUFFLE = 2**63

_WORD = 2**64


def philox(seed: int, stream: int, step: int = 0, member: int = 0) -> np.random.Philox:
    """Return the bit generator at the first block of (seed, stream, step, member)."""
    # Converted to uint64 directly: NumPy would convert a list of small and very large integers to
    # float64 first, where 2^63 + 1 is 2^63.
    key, counter = (
        np.array([seed % _WORD, stream], np.uint64),
        np.array([0, member, 0, step], np.uint64),
    )
    return np.random.Philox(key=key, counter=counter)


def generator(seed: int, stream: int, step: int = 0) -> np.random.Generator:
    """Return a NumPy generator on the blocks of (seed, stream, step): for shuffles and splits."""
    return np.random.Generator(philox(seed, stream, step))


def keep_threshold(rate: float) -> int:
    """Return the number of 32-bit integers that mean "keep": round((1 - rate) * 2^32)."""
    return round((1.0 - rate) * 2.0**32)


def keep_mask(seed: int, step: int, layer: int, shape: tuple[int, int], rate: float) -> Array:
    """Return a boolean mask `(n, n_units)` of the units to keep, True with probability 1 - rate.

    Unit j of row i uses the 32-bit integer number i * n_units + j of its stream, and is kept when
    that integer is below `keep_threshold(rate)`. Integers are compared, so that rounding cannot
    make two engines differ.
    """
    n = shape[0] * shape[1]
    words = philox(seed, layer, step).random_raw((n + 1) // 2)
    integers = words.astype("<u8", copy=False).view("<u4")[:n]
    return (integers < keep_threshold(rate)).reshape(shape)
