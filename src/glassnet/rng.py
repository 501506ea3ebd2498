"""Counter-based random numbers: each is a function of seed, stream and step.

A counter-based generator turns (key, counter) into bits with no state in between, so the dropout
mask of step 1,000 can be drawn without the 999 masks before it: a resumed run sees what the
uninterrupted run would have seen, and every engine that implements the same generator draws the
same mask.

The variant is Philox4x64-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
2, 3", SC 2011), as in `numpy.random.Philox`. One block is four 64-bit words; each word is read as
two 32-bit integers, the low half first.

    key     = (seed, stream)                 stream: the number of the layer, or the named stream
            below
    counter = (block, member, 0, step)       block counts from 1, as NumPy increments before it
                                             draws
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

#: A stream that does not belong to a layer; layers are numbered from 0 and never come near.
SHUFFLE = 2**63

_WORD = 2**64


def philox(seed: int, stream: int, step: int = 0, member: int = 0) -> np.random.Philox:
    """Return the bit generator at the first block of (seed, stream, step, member)."""
    # As uint64 at once: a list of small and huge integers would pass through float64, where 2^63 +
    # 1 is 2^63.
    key, counter = (
        np.array([seed % _WORD, stream], np.uint64),
        np.array([0, member, 0, step], np.uint64),
    )
    return np.random.Philox(key=key, counter=counter)


def generator(seed: int, stream: int, step: int = 0) -> np.random.Generator:
    """Return a NumPy generator on the blocks of (seed, stream, step): for shuffles and splits."""
    return np.random.Generator(philox(seed, stream, step))


def keep_threshold(rate: float) -> int:
    """Return how many of the 2^32 integers mean "keep": round((1 - rate) * 2^32)."""
    return round((1.0 - rate) * 2.0**32)


def keep_mask(seed: int, step: int, layer: int, shape: tuple[int, int], rate: float) -> Array:
    """Draw which units of a batch are kept: boolean `(n, n_units)`, True with probability 1 - rate.

    Unit j of row i uses the 32-bit integer number i * n_units + j of its stream, and is kept when
    that integer is below `keep_threshold(rate)`: an integer comparison, so that no rounding can
    make two engines differ.
    """
    n = shape[0] * shape[1]
    words = philox(seed, layer, step).random_raw((n + 1) // 2)
    integers = words.astype("<u8", copy=False).view("<u4")[:n]
    return (integers < keep_threshold(rate)).reshape(shape)
