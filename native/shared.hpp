// Members in wide rows: k of them side by side in each row, sharing one matrix or with heads of their own, as in glassnet/layers/shared.py
// and heads.py. All of it goes by rows, forward and back; gradients of parameters are sums over all rows, in one order.
#pragma once

#include "layers.hpp"

namespace glassnet {

// Columns that each member takes and gives.
inline std::size_t width_in(const Operation& op) { return op.same_row ? op.n_in : op.n_in / op.n_members; }
inline std::size_t width_out(const Operation& op) { return op.kind == Kind::member_mean ? op.n_out : op.n_out / op.n_members; }

// How the rows of such an operation are cut: some tenths of a millisecond each, so that the copy of W that a product makes is little of it.
inline Grid wide_rows(const Operation& op, std::size_t n) {
    const std::size_t products = n * op.n_members * width_in(op) * width_out(op);
    return {n, op.n_out, op.n_out, std::clamp<std::size_t>(products / 1'000'000, 1, std::min<std::size_t>(n, 32)), 1};
}

// Where a shared dense operation keeps what its way back needs, a row of its own for each member of each row: A and P, and behind them dP
// and dA.
template <class T>
struct Apart {
    std::size_t k, d, h, step_in, step_out;  // members, their widths, and from row to row

    explicit Apart(const Operation& op)
        : k(op.n_members), d(width_in(op)), h(width_out(op)), step_in(stride<T>(d)), step_out(stride<T>(h)) {}

    std::size_t size(std::size_t n) const { return n * k * (step_in + step_out); }
    T* A(const Work<T>& work) const { return work.extra.data(); }
    T* P(const Work<T>& work, std::size_t n) const { return A(work) + n * k * step_in; }
    T* dP(const Work<T>& work) const { return work.small.data(); }
    T* dA(const Work<T>& work, std::size_t n) const { return dP(work) + n * k * step_out; }
};

// Z_m = ((X_m r_m) W) s_m + b_m of rows [top, bottom) of n.
template <class T>
void shared_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, std::size_t n, std::size_t top, std::size_t bottom) {
    const Apart<T> at(op);
    const T *b = p.theta + op.second, *r = p.theta + op.third, *s = p.theta + op.fourth;
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t m = 0; m < at.k; ++m) {
            const T* x = work.input + i * work.step_in + (op.same_row ? 0 : m * at.d);
            T* a = at.A(work) + (i * at.k + m) * at.step_in;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < at.d; ++j) a[j] = x[j] * r[m * at.d + j];
        }
    T* P = at.P(work, n);
    product<T>({at.A(work), at.step_in, 1}, {p.theta + op.first, at.h, false}, at.d, at.h, P, at.step_out, true, nullptr,
               {top * at.k, bottom * at.k, 0, at.h}, [](const Block&) {});
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t m = 0; m < at.k; ++m) {
            const T* z = P + (i * at.k + m) * at.step_out;
            T* y = work.main.data() + i * work.step + m * at.h;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < at.h; ++j) y[j] = z[j] * s[m * at.h + j] + b[m * at.h + j];
        }
}

// dP = dZ s, dA = dP W^T, and dX = dA r, summed over the members where they took the same row: of rows [top, bottom) of n.
template <class T>
void shared_backward_input(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, T* dX, std::size_t n, std::size_t top,
                           std::size_t bottom) {
    const Apart<T> at(op);
    const T *r = p.theta + op.third, *s = p.theta + op.fourth;
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t m = 0; m < at.k; ++m) {
            const T* from = dZ + i * work.step + m * at.h;
            T* to = at.dP(work) + (i * at.k + m) * at.step_out;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < at.h; ++j) to[j] = from[j] * s[m * at.h + j];
        }
    T* dA = at.dA(work, n);
    product<T>({at.dP(work), at.step_out, 1}, {p.theta + op.first, at.h, true}, at.h, at.d, dA, at.step_in, true, nullptr,
               {top * at.k, bottom * at.k, 0, at.d}, [](const Block&) {});
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t m = 0; m < at.k; ++m) {
            const T* a = dA + (i * at.k + m) * at.step_in;
            T* x = dX + i * work.step_in + (op.same_row ? 0 : m * at.d);
            const bool adds = op.same_row && m > 0;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < at.d; ++j) x[j] = (adds ? x[j] : T(0)) + a[j] * r[m * at.d + j];
        }
}

// A block of dW = A^T dP, the rows of all members in one product.
template <class T>
void shared_backward_weights(const Operation& op, const Tensors<T>& p, const Work<T>& work, std::size_t n, const Block& block) {
    const Apart<T> at(op);
    product<T>({at.A(work), 1, at.step_in}, {at.dP(work), at.step_out, false}, n * at.k, at.h, p.gradient + op.first, at.h, false, nullptr,
               block, [](const Block&) {});
}

// What member m has of its own: db = sum dZ, ds = sum dZ P, dr = sum dA X.
template <class T>
void shared_backward_member(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, std::size_t n, std::size_t m) {
    const Apart<T> at(op);
    T *db = p.gradient + op.second + m * at.h, *dr = p.gradient + op.third + m * at.d, *ds = p.gradient + op.fourth + m * at.h;
    std::fill(db, db + at.h, T(0));
    std::fill(ds, ds + at.h, T(0));
    std::fill(dr, dr + at.d, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        const T* above = dZ + i * work.step + m * at.h;
        const T* z = at.P(work, n) + (i * at.k + m) * at.step_out;
        const T* x = work.input + i * work.step_in + (op.same_row ? 0 : m * at.d);
        const T* a = at.dA(work, n) + (i * at.k + m) * at.step_in;
        GLASSNET_INDEPENDENT
        for (std::size_t j = 0; j < at.h; ++j) {
            db[j] += above[j];
            ds[j] += above[j] * z[j];
        }
        GLASSNET_INDEPENDENT
        for (std::size_t j = 0; j < at.d; ++j) dr[j] += a[j] * x[j];
    }
}

// Z_m = X_m W_m + b_m of rows [top, bottom).
template <class T>
void member_dense_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, std::size_t top, std::size_t bottom) {
    const std::size_t d = width_in(op), h = width_out(op);
    for (std::size_t m = 0; m < op.n_members; ++m)
        product<T>({work.input + m * d, work.step_in, 1}, {p.theta + op.first + m * d * h, h, false}, d, h, work.main.data() + m * h, work.step,
                   false, p.theta + op.second + m * h, {top, bottom, 0, h}, [](const Block&) {});
}

// dX_m = dZ_m W_m^T of rows [top, bottom).
template <class T>
void member_dense_backward_input(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, T* dX, std::size_t top,
                                 std::size_t bottom) {
    const std::size_t d = width_in(op), h = width_out(op);
    for (std::size_t m = 0; m < op.n_members; ++m)
        product<T>({dZ + m * h, work.step, 1}, {p.theta + op.first + m * d * h, h, true}, h, d, dX + m * d, work.step_in, false, nullptr,
                   {top, bottom, 0, d}, [](const Block&) {});
}

// dW_m = X_m^T dZ_m and db_m = sum dZ_m.
template <class T>
void member_dense_backward_member(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, std::size_t n, std::size_t m) {
    const std::size_t d = width_in(op), h = width_out(op);
    product<T>({work.input + m * d, 1, work.step_in}, {dZ + m * h, work.step, false}, n, h, p.gradient + op.first + m * d * h, h, false, nullptr,
               {0, d, 0, h}, [](const Block&) {});
    T* db = p.gradient + op.second + m * h;
    std::fill(db, db + h, T(0));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < h; ++j) db[j] += dZ[i * work.step + m * h + j];
}

// Y = (X_1 + ... + X_k) / k of rows [top, bottom).
template <class T>
void member_mean_forward(const Operation& op, Work<T>& work, std::size_t top, std::size_t bottom) {
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t j = 0; j < op.n_out; ++j) {
            T sum = 0;
            for (std::size_t m = 0; m < op.n_members; ++m) sum += work.input[i * work.step_in + m * op.n_out + j];
            work.main.data()[i * work.step + j] = sum / static_cast<T>(op.n_members);
        }
}

// dX_m = dY / k of rows [top, bottom).
template <class T>
void member_mean_backward(const Operation& op, const Work<T>& work, const T* dY, T* dX, std::size_t top, std::size_t bottom) {
    for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t j = 0; j < op.n_in; ++j) dX[i * work.step_in + j] = dY[i * work.step + j % op.n_out] / static_cast<T>(op.n_members);
}

// Whichever of them it is: forward; back, the rows; and back, what sums over all rows, in so many pieces.
template <class T>
void wide_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, std::size_t n, const Block& rows) {
    if (op.kind == Kind::shared_dense) shared_forward(op, p, work, n, rows.top, rows.bottom);
    if (op.kind == Kind::member_dense) member_dense_forward(op, p, work, rows.top, rows.bottom);
    if (op.kind == Kind::member_mean) member_mean_forward(op, work, rows.top, rows.bottom);
}

template <class T>
void wide_backward_rows(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, std::size_t n, const Block& rows) {
    if (op.kind == Kind::shared_dense) shared_backward_input(op, p, work, dY, dX, n, rows.top, rows.bottom);
    if (op.kind == Kind::member_dense) member_dense_backward_input(op, p, work, dY, dX, rows.top, rows.bottom);
    if (op.kind == Kind::member_mean) member_mean_backward(op, work, dY, dX, rows.top, rows.bottom);
}

template <class T>
Grid weights_of(const Operation& op, std::size_t n) {
    return op.kind == Kind::shared_dense ? cut<T>(width_in(op), width_out(op), n * op.n_members) : Grid{};
}

template <class T>
std::size_t wide_sums(const Operation& op, std::size_t n) {
    return op.kind == Kind::member_mean ? 0 : weights_of<T>(op, n).size() + op.n_members;
}

template <class T>
void wide_backward_sums(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, std::size_t n, std::size_t piece) {
    const Grid weights = weights_of<T>(op, n);
    if (piece < weights.size()) shared_backward_weights(op, p, work, n, weights.block(piece));
    else if (op.kind == Kind::shared_dense) shared_backward_member(op, p, work, dY, n, piece - weights.size());
    else member_dense_backward_member(op, p, work, dY, n, piece);
}

}  // namespace glassnet
