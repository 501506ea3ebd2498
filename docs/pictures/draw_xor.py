"""Draws the picture of the README: the tutorial's XOR network after training, every number of it in
sight.

Run it as `python docs/pictures/draw_xor.py`; it writes xor.svg beside itself. Lines are weights
(blue above zero, orange below, as wide as they are large); a unit shows what it answers over the
whole square of inputs, and its bias.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from glassnet import SGD, Dense, Network, train
from glassnet.data.toys import xor

CELLS, SIDE = 12, 96
BLUE, ORANGE, INK = (33, 102, 172), (217, 95, 14), "#222"


def trained_network() -> Network:
    X, y = xor()
    network = Network(
        [Dense(3, "sigmoid"), Dense(1, "sigmoid")], n_features=2, seed=1, dtype="float64"
    )
    for _ in train(
        network, X, y, loss="squared", optimizer=SGD(0.4), batch_size=4, epochs=20_000, every=20_000
    ):
        pass
    return network


def color(share: float) -> str:
    """Orange for 0 through white to blue for 1."""
    end = BLUE if share >= 0.5 else ORANGE
    depth = abs(2.0 * share - 1.0)
    return "#" + "".join(f"{round(255 + (channel - 255) * depth):02x}" for channel in end)


def unit(x: float, y: float, values: np.ndarray, label: str) -> list[str]:
    """A square of CELLS x CELLS answers, the first input to the right and the second upwards."""
    step = SIDE / CELLS
    parts = [
        f'<rect x="{x + j * step:.1f}" y="{y + (CELLS - 1 - i) * step:.1f}" '
        f'width="{step + 0.3:.1f}" height="{step + 0.3:.1f}" '
        f'fill="{color(values[i, j])}"/>'
        for i in range(CELLS)
        for j in range(CELLS)
    ]
    parts.append(
        f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{INK}"/>'
    )
    parts.append(
        f'<text x="{x + SIDE / 2}" y="{y + SIDE + 15}" text-anchor="middle">{label}</text>'
    )
    return parts


def link(x1: float, y1: float, x2: float, y2: float, weight: float, at: float) -> list[str]:
    stroke = color(1.0 if weight > 0 else 0.0)
    x, y = x1 + at * (x2 - x1), y1 + at * (y2 - y1)
    width = 0.6 + abs(weight) / 2.5
    return [
        (
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{stroke}" '
            f'stroke-width="{width:.2f}" stroke-opacity="0.75"/>'
        ),
        (
            f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" stroke="#fff" '
            f'stroke-width="4">{weight:+.2f}</text>'
        ),
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{weight:+.2f}</text>',
    ]


def drawing(network: Network) -> str:
    parameters = network.parameters
    W1, b1, W2, b2 = (
        parameters[name] for name in ("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b")
    )
    ticks = (np.arange(CELLS) + 0.5) / CELLS
    second, first = np.meshgrid(ticks, ticks, indexing="ij")
    X = np.column_stack([first.ravel(), second.ravel()])
    hidden = 1.0 / (1.0 + np.exp(-(X @ W1 + b1)))
    output = network.predict(X)
    square = (CELLS, CELLS)

    tops = [30.0, 160.0, 290.0]
    middle = SIDE / 2
    lines, boxes = [], []
    for i, (values, top) in enumerate(zip((first, second), (95.0, 225.0), strict=True)):
        boxes += unit(40, top, values, f"input {i + 1}")
        for j, target in enumerate(tops):
            lines += link(
                40 + SIDE, top + middle, 300, target + middle, W1[i, j], 0.28 if i == 0 else 0.66
            )
    for j, top in enumerate(tops):
        boxes += unit(300, top, hidden[:, j].reshape(square), f"bias {b1[j]:+.2f}")
        lines += link(300 + SIDE, top + middle, 560, 160 + middle, W2[j, 0], 0.5)
    boxes += unit(560, 160, output.reshape(square), f"bias {b2[0]:+.2f}")
    for i, (x, answer) in enumerate(zip(xor()[0], network.predict(xor()[0])[:, 0], strict=True)):
        boxes.append(
            f'<text x="680" y="{175 + 24 * i}">{x[0]:.0f} xor {x[1]:.0f} → {answer:.3f}</text>'
        )
    return "\n".join([
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 430" '
        'font-family="sans-serif" font-size="13" fill="#222" role="img">'),
        "<title>A network of two inputs, three hidden units and one output, trained on XOR</title>",
        '<rect width="800" height="430" fill="#fff"/>',
        *lines,
        *boxes,
        "</svg>\n",
    ])  # fmt: skip


if __name__ == "__main__":
    path = Path(__file__).with_name("xor.svg")
    path.write_text(drawing(trained_network()), encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes")
