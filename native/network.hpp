// A network in motion: the operations one behind the other, forward and back, over buffers that grow once and are kept.
#pragma once

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "layers.hpp"

namespace glassnet {

template <class T>
class Pass {
  public:
    explicit Pass(const std::vector<Operation>& operations) : operations_(operations), caches_(operations.size()) {}

    // Return raw scores (n, n_outputs) of X (n, n_features); X must live until backward is done.
    const T* forward(const Tensors<T>& p, const T* X, std::size_t n, const Run& run) {
        const T* signal = X;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const Operation& op = operations_[i];
            Cache<T>& cache = caches_[i];
            cache.input = signal;
            switch (op.kind) {
                case Kind::dense: dense_forward(op, p, cache, n); break;
                case Kind::activation: activation_layer_forward(op, cache, n); break;
                case Kind::dropout: dropout_forward(op, cache, run, n); break;
                case Kind::batch_norm: batch_norm_forward(op, p, cache, run, n); break;
                case Kind::layer_norm: layer_norm_forward(op, p, cache, n); break;
                case Kind::residual_begin: cache.output = signal; break;
                case Kind::residual_end: {  // Y = X + F(X)
                    const T* start = caches_[op.partner].input;
                    T* Y = cache.room(cache.main, n * op.n_out);
                    for (std::size_t j = 0; j < n * op.n_out; ++j) Y[j] = start[j] + signal[j];
                    cache.output = Y;
                    break;
                }
            }
            signal = cache.output;
        }
        return signal;
    }

    // Room for the gradient by the raw scores, to be filled before backward.
    T* top(std::size_t n) {
        std::size_t widest = 0;
        for (const Operation& op : operations_) widest = std::max({widest, op.n_in, op.n_out});
        for (auto& buffer : gradients_)
            if (buffer.size() < n * widest) buffer.resize(n * widest);
        return gradients_[0].data();
    }

    // Write the gradient of every parameter; the gradient by X is not computed.
    void backward(const Tensors<T>& p, std::size_t n) {
        std::size_t bottom = 0;  // below the first operation that is more than a mark nobody asks for a gradient
        while (bottom + 1 < operations_.size() && operations_[bottom].kind == Kind::residual_begin) ++bottom;
        T* dY = gradients_[0].data();
        T* spare = gradients_[1].data();
        for (std::size_t i = operations_.size(); i-- > bottom;) {
            const Operation& op = operations_[i];
            Cache<T>& cache = caches_[i];
            switch (op.kind) {
                case Kind::dense:
                    dense_backward(op, p, cache, dY, i > bottom ? spare : nullptr, n);
                    std::swap(dY, spare);
                    break;
                case Kind::activation: activation_backward(op.activation, cache.kept, dY, n * op.n_out); break;
                case Kind::dropout: dropout_backward(op, cache, dY, n); break;
                case Kind::batch_norm: batch_norm_backward(op, p, cache, dY, n); break;
                case Kind::layer_norm: layer_norm_backward(op, p, cache, dY, n); break;
                case Kind::residual_end:  // kept for where the block began
                    std::memcpy(cache.room(cache.extra, n * op.n_out), dY, n * op.n_out * sizeof(T));
                    caches_[op.partner].kept = cache.extra.data();
                    break;
                case Kind::residual_begin:
                    for (std::size_t j = 0; j < n * op.n_in; ++j) dY[j] += cache.kept[j];
                    break;
            }
        }
    }

  private:
    const std::vector<Operation>& operations_;
    std::vector<Cache<T>> caches_;
    std::vector<T> gradients_[2];
};

}  // namespace glassnet
