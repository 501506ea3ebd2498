"""The batches of several epochs are those of each by itself, drawn from seed and epoch alone."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.training.batch_plan import BatchPlan, permutation


@pytest.mark.parametrize("some", [False, True])
@pytest.mark.parametrize(("n", "size"), [(1, 1), (10, 4), (10, 5), (10, 100), (7, 1)])
def test_a_plan_is_its_epochs_end_to_end(n: int, size: int, some: bool) -> None:
    index = np.arange(n) * 3 + 1 if some else np.arange(n)
    plan = BatchPlan.seeded(n, size, 9, index if some else None)
    order, offsets = plan.batches(3, 4)
    assert order.dtype == offsets.dtype == np.int64
    per_epoch = -(-n // size)
    assert plan.steps_per_epoch == per_epoch
    assert len(offsets) == 4 * per_epoch + 1
    for i in range(4):
        start = i * n
        # A batch of all rows takes them in their order.
        own = np.arange(n) if size >= n else permutation(n, 3 + i, 9)
        np.testing.assert_array_equal(order[start : start + n], index[own])
        edges = [*range(0, n, size), n]
        assert offsets[i * per_epoch : (i + 1) * per_epoch + 1].tolist() == [
            start + e for e in edges
        ]
    assert offsets[-1] == 4 * n


def test_epochs_and_seeds_differ_and_need_no_past() -> None:
    orders = {tuple(permutation(50, epoch, seed)) for epoch in range(20) for seed in range(5)}
    assert len(orders) == 100
    assert permutation(50, 10**9, 0).tolist() == permutation(50, 10**9, 0).tolist()
