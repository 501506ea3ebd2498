"""One network, written twice: twenty lines of NumPy and the pieces of glassnet learn XOR to the
same numbers.

XOR says yes when exactly one of its two inputs is 1. The network has 2 inputs, one hidden layer of
3 sigmoid neurons and 1 sigmoid output. It starts from the same 13 numbers both times and takes
10,000 steps of gradient descent. docs/tutorial explains every line.
"""

import sys

import numpy as np

import glassnet
from glassnet import SGD, Dense, Network

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])


# The twenty lines, one function a step: initialize, activate, forward, backward, train.


def initialize(seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, 3)), np.zeros(3), rng.standard_normal((3, 1)), np.zeros(1)


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-Z))


def sigmoid_slope(A):
    return A * (1.0 - A)


def forward(X, W1, b1, W2, b2):
    H = sigmoid(X @ W1 + b1)
    return H, sigmoid(H @ W2 + b2)


def backward(X, y, H, A, W2):
    dZ2 = (A - y) * sigmoid_slope(A)
    dZ1 = dZ2 @ W2.T * sigmoid_slope(H)
    return X.T @ dZ1, dZ1.sum(axis=0), H.T @ dZ2, dZ2.sum(axis=0)


def train(X, y, weights, rate=0.1, epochs=10_000):
    for _ in range(epochs):
        H, A = forward(X, *weights)
        gradients = backward(X, y, H, A, weights[2])
        weights = [w - rate * g for w, g in zip(weights, gradients, strict=True)]
    return weights


# The same with glassnet. Its loss is the mean over the four rows, the one above the sum: so its
# rate is 4 x 0.1.


def train_with_glassnet(X, y, weights, rate=0.1, epochs=10_000, every=1000):
    """Return the trained network and the records of its training, one for every `every` epochs."""
    network = Network([Dense(3, "sigmoid"), Dense(1, "sigmoid")], n_features=2, dtype="float64")
    for name, value in zip(
        ("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"), weights, strict=True
    ):
        network.parameters[name] = value
    records = glassnet.train(
        network,
        X,
        y,
        loss="squared",
        optimizer=SGD(4 * rate),
        batch_size=4,
        epochs=epochs,
        every=every,
    )
    return network, list(records)


# Train both, and compare.


def show(trained, network, records):
    H, A = forward(X, *trained)
    ours = network.predict(X)
    names = ("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b")
    difference = max(
        float(np.abs(network.parameters[name] - w).max())
        for name, w in zip(names, trained, strict=True)
    )
    difference = max(difference, float(np.abs(ours - A).max()))

    print("XOR, learned twice from the same 13 numbers, 10,000 epochs each")
    print()
    print("   inputs   wanted   in twenty lines   with glassnet")
    for x, t, a, b in zip(X, y, A, ours, strict=True):
        print(f"    {x[0]:.0f} {x[1]:.0f}       {t[0]:.0f}          {a[0]:.6f}         {b[0]:.6f}")
    print()
    print(f"   largest difference, weights and outputs: {difference:.0e}")
    print()
    print("   the loss on the way")
    block = "\u2588" if "utf" in (sys.stdout.encoding or "").lower() else "#"
    for record in records:
        total = 4 * record.training_loss  # our sum over four rows
        print(f"   epoch {record.index + 1:6,}   {total:.4f}  {block * max(1, round(60 * total))}")
    print()
    print("   what the hidden neurons found by themselves (1 is yes)")
    print("      inputs   " + "   ".join(f"neuron {i}" for i in (1, 2, 3)))
    for x, h in zip(X, H, strict=True):
        print(
            f"       {x[0]:.0f} {x[1]:.0f}       " + "       ".join(f"{value:.2f}" for value in h)
        )
    print()
    print(
        "Learned: neuron 1 says 'at least one of them', and the other two together take 'both' out "
        "again."
    )
    assert difference < 1e-9, difference


if __name__ == "__main__":
    start = initialize(seed=0)
    show(train(X, y, start), *train_with_glassnet(X, y, start))
