// Normalization of batches, of rows, and of rows by their root mean square, as in
// glassnet/layers/normalization.py. Batches are normalized in blocks of columns
// with all their rows, rows in blocks of rows: no sum is ever split.
#pragma once

#include <numeric>

#include "operation.hpp"

namespace glassnet {

// What all have: gamma, eps and, if they shift, beta; Y = gamma N + beta.
template <class T, bool shifts>
class Normalization : public Operation<T> {
  public:
    explicit Normalization(Specification& spec)
        : Operation<T>(spec),
          gamma_(spec.parameters({spec.n_out})),
          beta_(shifts ? spec.parameters({spec.n_out}) : 0),
          eps_(spec.value("eps")) {
        spec.keep_width();
    }

    bool has_parameters() const override { return true; }

    // N in `kept`; 1 / std of each row, or 1 / std and mean of each unit, in `small`.
    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.kept = own.extra.resize(n * own.step);
        own.small.resize(std::max(n, 2 * this->n_out));
    }

  protected:
    // dgamma = sum dY N, dbeta = sum dY, of a block of columns.
    void backward_parameters(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, std::size_t n,
                             const Block& block) const {
        T *dgamma = w.tensors.gradient + gamma_, *dbeta = w.tensors.gradient + beta_;
        const T* N = own.kept;
        std::fill(dgamma + block.left, dgamma + block.right, T(0));
        if constexpr (shifts) std::fill(dbeta + block.left, dbeta + block.right, T(0));
        for_each_number({0, n, block.left, block.right}, own.step,
                        [=](std::size_t at, std::size_t j) {
                            dgamma[j] += dY[at] * N[at];
                            if constexpr (shifts) dbeta[j] += dY[at];
                        });
    }

    const std::size_t gamma_, beta_;
    const double eps_;
};

template <class T>
class BatchNorm final : public Normalization<T, true> {
  public:
    explicit BatchNorm(Specification& spec)
        : Normalization<T, true>(spec),
          mean_(spec.statistics({spec.n_out})),
          variance_(spec.statistics({spec.n_out})),
          momentum_(spec.value("momentum")) {}

    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        return phase_of(column_grid<T>(n, this->n_out), done,
                        [this, &w, &own, n](const Block& block) { normalize(w, own, n, block); });
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(phase_of(
            column_grid<T>(n, this->n_out), g.done,
            [=, &w, &own](const Block& block) { back(w, own, g.dY(), g.dX(), n, block); }));
    }

  private:
    // N = (X - mean) / std over the rows, Y = gamma N + beta.
    void normalize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n, const Block& block) const {
        const std::size_t left = block.left, right = block.right;
        const T* X = own.input;
        T *N = own.extra.data(), *Y = own.main.data(), *inverse_std = own.small.data(),
          *mean = inverse_std + this->n_out;
        T *running_mean = w.tensors.statistics + mean_,
          *running_var = w.tensors.statistics + variance_;
        const T eps = static_cast<T>(this->eps_);
        if (w.training) {
            const T rows = static_cast<T>(n), momentum = static_cast<T>(momentum_);
            std::fill(mean + left, mean + right, T(0));
            for_each_number(block, own.step,
                            [=](std::size_t at, std::size_t j) { mean[j] += X[at]; });
            for (std::size_t j = left; j < right; ++j) mean[j] /= rows;
            std::fill(inverse_std + left, inverse_std + right, T(0));
            for_each_number(block, own.step, [=](std::size_t at, std::size_t j) {
                const T centered = X[at] - mean[j];
                inverse_std[j] += centered * centered;
            });
            for (std::size_t j = left; j < right; ++j) {
                const T var = inverse_std[j] / rows;
                if (n > 1) {
                    running_mean[j] += momentum * (mean[j] - running_mean[j]);
                    running_var[j] += momentum * (var * (rows / (rows - 1)) - running_var[j]);
                }
                inverse_std[j] = 1 / std::sqrt(var + eps);
            }
        } else {
            for (std::size_t j = left; j < right; ++j) {
                mean[j] = running_mean[j];
                inverse_std[j] = 1 / std::sqrt(running_var[j] + eps);
            }
        }
        const T *gamma = w.tensors.theta + this->gamma_, *beta = w.tensors.theta + this->beta_;
        for_each_number(block, own.step, [=](std::size_t at, std::size_t j) {
            const T normalized = (X[at] - mean[j]) * inverse_std[j];
            N[at] = normalized;
            Y[at] = normalized * gamma[j] + beta[j];
        });
    }

    // dX = gamma / std * (dY - mean(dY) - N mean(dY N)) over the rows; training passes only.
    void back(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, std::size_t n,
              const Block& block) const {
        this->backward_parameters(w, own, dY, n, block);
        const T *gamma = w.tensors.theta + this->gamma_, *inverse_std = own.small.data();
        const T *dgamma = w.tensors.gradient + this->gamma_,
                *dbeta = w.tensors.gradient + this->beta_;
        const T *N = own.kept, share = 1 / static_cast<T>(n);
        for_each_number(block, own.step, [=](std::size_t at, std::size_t j) {
            dX[at] = gamma[j] * inverse_std[j] *
                     (dY[at] - dbeta[j] * share - N[at] * (dgamma[j] * share));
        });
    }

    const std::size_t mean_, variance_;
    const double momentum_;
};

// LayerNorm: the units of a row get mean 0 and variance 1. RMSNorm, without a mean and without
// beta: the mean of their squares gets 1.
template <class T, bool centers>
class RowNormalization final : public Normalization<T, centers> {
  public:
    using Normalization<T, centers>::Normalization;

    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        return phase_of(row_grid(n, this->n_out), done,
                        [this, &w, &own](const Block& block) { normalize(w, own, block); });
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(phase_of_both(
            row_grid(n, this->n_out),
            [=, &w, &own](const Block& block) {
                back(w, own, g.dY(), g.dX(), block);
                g.done(block);
            },
            column_grid<T>(n, this->n_out),
            [=, &w, &own](const Block& block) {
                this->backward_parameters(w, own, g.dY(), n, block);
            }));
    }

  private:
    // N = (X - mean) / std over the units, Y = gamma N + beta.
    void normalize(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const {
        const std::size_t k = this->n_out;
        const T *gamma = w.tensors.theta + this->gamma_, *beta = w.tensors.theta + this->beta_;
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            const T* X = own.input + i * own.step_in;
            T *N = own.extra.data() + i * own.step, *Y = own.main.data() + i * own.step;
            const T mean = centers ? std::accumulate(X, X + k, T(0)) / static_cast<T>(k) : T(0);
            T squares = 0;
            for (std::size_t j = 0; j < k; ++j) squares += (X[j] - mean) * (X[j] - mean);
            const T inverse_std =
                1 / std::sqrt(squares / static_cast<T>(k) + static_cast<T>(this->eps_));
            own.small.data()[i] = inverse_std;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < k; ++j) {
                N[j] = (X[j] - mean) * inverse_std;
                Y[j] = centers ? N[j] * gamma[j] + beta[j] : N[j] * gamma[j];
            }
        }
    }

    // dX = (dN - mean(dN) - N mean(dN N)) / std over the units, dN = dY gamma.
    void back(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, const Block& block) const {
        const std::size_t k = this->n_out;
        const T* gamma = w.tensors.theta + this->gamma_;
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            const T *N = own.kept + i * own.step, *above = dY + i * own.step;
            T* below = dX + i * own.step;
            T mean = 0, dot = 0;
            for (std::size_t j = 0; j < k; ++j) {
                if constexpr (centers) mean += above[j] * gamma[j];
                dot += above[j] * gamma[j] * N[j];
            }
            mean /= static_cast<T>(k);
            dot /= static_cast<T>(k);
            const T inverse_std = own.small.data()[i];
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < k; ++j) {
                const T dN = above[j] * gamma[j];
                below[j] = inverse_std * ((centers ? dN - mean : dN) - N[j] * dot);
            }
        }
    }
};

template <class T>
using LayerNorm = RowNormalization<T, true>;

template <class T>
using RMSNorm = RowNormalization<T, false>;

}  // namespace glassnet
