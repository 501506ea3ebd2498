// The three products of a dense layer by the engine's own function, and the peak of the processor's
// multiply-adds, for bench/products.py.
#include <chrono>

#include "gemm.hpp"

using namespace glassnet;
using std::size_t;

extern "C" {

// Numbers from one row of a signal to the next, as the engine lays them.
size_t row_step(size_t width) { return stride<float>(width); }

// Z (m, n) = b + X (m, k) W (k, n)
void x_w(const float* X, const float* W, const float* b, float* Z, size_t m, size_t k, size_t n) {
    product<float>({X, row_step(k), 1}, {W, n, false}, k, n, Z, row_step(n), true, b, {0, m, 0, n},
                   [](const Block&) {});
}

// dX (m, k) = dZ (m, n) W^T
void dz_wt(const float* dZ, const float* W, float* dX, size_t m, size_t k, size_t n) {
    product<float>({dZ, row_step(n), 1}, {W, n, true}, n, k, dX, row_step(k), true, nullptr,
                   {0, m, 0, k}, [](const Block&) {});
}

// dW (k, n) = X^T dZ
void xt_dz(const float* X, const float* dZ, float* dW, size_t m, size_t k, size_t n) {
    product<float>({X, 1, row_step(k)}, {dZ, row_step(n), false}, m, n, dW, n, false, nullptr,
                   {0, k, 0, n}, [](const Block&) {});
}

// Operations a second of multiply-adds that depend on nothing but themselves and touch no memory:
// more sums than the units hold under way, fewer than there are registers. A sum that is itself
// multiplied cannot be taken out of the loop.
double peak(size_t rounds) {
    constexpr size_t n_sums = tile_rows >= 12 ? 24 : 12;
    Vector<float> sum[n_sums];
    for (size_t i = 0; i < n_sums; ++i) sum[i] = Vector<float>{} + float(i);
    volatile float given = 0.5f;  // which the compiler does not know
    const Vector<float> a = Vector<float>{} + given, b = Vector<float>{} + given;
    const auto start = std::chrono::steady_clock::now();
    for (size_t p = 0; p < rounds; ++p) {
#pragma GCC unroll 24
        for (size_t i = 0; i < n_sums; ++i) sum[i] = sum[i] * a + b;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    Vector<float> total{};
    for (const auto& one : sum) total += one;
    given = sum_of<float>(total);  // all sums are needed
    return 2.0 * double(rounds * n_sums * lanes<float>) / took.count();
}
}
