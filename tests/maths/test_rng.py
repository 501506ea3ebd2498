"""Random numbers by name.

The generator is Philox4x64-10 as published, and a mask depends on its key alone.
"""

import numpy as np
import pytest

from glassnet.rng import SHUFFLE, generator, keep_mask, keep_threshold, philox

WORD = 2**64
KEYS = [(0, 0), (7, 3), (-1, 2), (2**63, 5), (5, SHUFFLE), (2**64 - 1, SHUFFLE + 2)]


def philox4x64(counter: list[int], key: list[int], rounds: int = 10) -> list[int]:
    """One block, word by word from the paper (Salmon et al. 2011, section 3.3.

    Constants of their table 2).
    """
    for r in range(rounds):
        high0, low0 = divmod(0xD2E7470EE14C6C93 * counter[0], WORD)
        high1, low1 = divmod(0xCA5A826395121157 * counter[2], WORD)
        k0, k1 = (key[0] + r * 0x9E3779B97F4A7C15) % WORD, (key[1] + r * 0xBB67AE8584CAA73B) % WORD
        counter = [high1 ^ counter[1] ^ k0, low1, high0 ^ counter[3] ^ k1, low0]
    return counter


def words(seed: int, stream: int, step: int, member: int, n: int) -> list[int]:
    blocks = (
        philox4x64([block, member, 0, step], [seed % WORD, stream])
        for block in range(1, n // 4 + 2)
    )
    return [word for block in blocks for word in block][:n]


def test_the_generator_written_here_gives_the_published_answer() -> None:
    """The first of the known answers that come with Random123."""
    assert philox4x64([0] * 4, [0] * 2) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


@pytest.mark.parametrize(("step", "member"), [(0, 0), (1, 0), (10**6, 3)])
@pytest.mark.parametrize(("seed", "stream"), KEYS)
def test_philox_is_philox4x64_with_ten_rounds(
    seed: int, stream: int, step: int, member: int
) -> None:
    assert philox(seed, stream, step, member).random_raw(11).tolist() == words(
        seed, stream, step, member, 11
    )


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 4), (7, 1)])
def test_a_mask_reads_the_low_half_of_each_word_first(shape: tuple[int, int]) -> None:
    n, rate = shape[0] * shape[1], 0.3
    integers = [half for word in words(11, 2, 9, 0, n) for half in (word % 2**32, word // 2**32)][
        :n
    ]
    expected = np.array([integer < (1 - rate) * 2**32 for integer in integers]).reshape(shape)
    np.testing.assert_array_equal(keep_mask(11, 9, 2, shape, rate), expected)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_a_mask_keeps_at_its_rate(rate: float) -> None:
    n = 200_000
    kept = keep_mask(1, 2, 3, (n // 100, 100), rate).mean()
    assert abs(kept - (1.0 - rate)) <= 5.0 * np.sqrt(rate * (1.0 - rate) / n)


def test_the_threshold_is_the_nearest_integer() -> None:
    assert [keep_threshold(rate) for rate in (0.0, 0.5, 0.25)] == [2**32, 2**31, 3 * 2**30]


def test_a_mask_depends_on_seed_step_and_layer_and_on_nothing_else() -> None:
    mask = keep_mask(1, 2, 3, (8, 8), 0.5)
    np.testing.assert_array_equal(mask, keep_mask(1, 2, 3, (8, 8), 0.5))
    np.testing.assert_array_equal(mask[:3], keep_mask(1, 2, 3, (3, 8), 0.5))
    for seed, step, layer in [(0, 2, 3), (1, 1, 3), (1, 2, 4), (3, 2, 1)]:
        assert (mask != keep_mask(seed, step, layer, (8, 8), 0.5)).any()


def test_masks_of_neighboring_steps_and_layers_are_independent() -> None:
    mask = keep_mask(1, 2, 3, (200, 200), 0.5)
    for other in (
        keep_mask(1, 3, 3, (200, 200), 0.5),
        keep_mask(1, 2, 4, (200, 200), 0.5),
        keep_mask(2, 2, 3, (200, 200), 0.5),
    ):
        assert abs((mask == other).mean() - 0.5) <= 5.0 * 0.5 / 200.0


def test_named_streams_are_streams_of_their_own() -> None:
    """2^63 and 2^63 + 1 are one number in float64, through which a list of keys may pass."""
    drawn = [generator(5, stream).integers(2**62) for stream in (SHUFFLE, SHUFFLE + 1, 0, 1)]
    assert len(set(drawn)) == 4
    assert generator(5, SHUFFLE + 1).integers(2**62) == drawn[1]
