// Prediction: a network's forward pass over any number of rows, in several threads at once if they
// like.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "network.hpp"
#include "rows.hpp"

namespace glassnet {

template <class T>
class Predictor {
  public:
    Predictor(const Operations<T>& operations, const Tensors<T>& tensors)
        : operations_(operations), p_(tensors) {}

    // Raw scores (n, n_outputs) of the rows, a chunk of them at a time, each chunk through the
    // whole network by one worker.
    void predict(const Rows<T>& X, T* Z, std::size_t n_threads) const {
        const std::size_t n_chunks = (X.n + rows_at_once - 1) / rows_at_once;
        if (n_chunks == 0) return;
        const auto start = Clock::now();
        predict(X, 0, std::min(X.n, rows_at_once), Z);
        const auto rest = (Clock::now() - start) * (n_chunks - 1);
        const auto team = gathered_team(rest > std::chrono::milliseconds(1) ? n_threads : 1);
        for (std::size_t from = 1; from < n_chunks; from += most_pieces) {
            const Phase phase{std::min(n_chunks - from, most_pieces), [&](std::size_t piece) {
                                  const std::size_t top = (from + piece) * rows_at_once;
                                  predict(X, top, std::min(top + rows_at_once, X.n), Z);
                              }};
            run_phase(phase, team.get());
        }
    }

    // Raw scores of one row whose features `encode` writes, handed to `answer`.
    template <class Encode, class Answer>
    void predict_row(Encode encode, Answer answer) const {
        pass_through(
            1, [&](Pass<T>& pass) { encode(pass.input()); },
            [&](const Pass<T>& pass) { answer(pass.scores()); });
    }

  private:
    static constexpr std::size_t rows_at_once = 256, most_pieces = 4096;

    void predict(const Rows<T>& X, std::size_t top, std::size_t bottom, T* Z) const {
        const std::size_t k = operations_.back()->n_out;
        pass_through(
            bottom - top,
            [&](Pass<T>& pass) {
                for (std::size_t i = top; i < bottom; ++i)
                    X.copy(i, pass.input() + (i - top) * pass.input_step());
            },
            [&](const Pass<T>& pass) {
                for (std::size_t i = top; i < bottom; ++i)
                    std::memcpy(Z + i * k, pass.scores() + (i - top) * pass.step(), k * sizeof(T));
            });
    }

    // A forward pass over n rows, with a pass from the pool.
    template <class Fill, class Use>
    void pass_through(std::size_t n, Fill fill, Use use) const {
        auto pass = take();
        pass->prepare(n);
        fill(*pass);
        for (const Phase& phase : pass->forward()) run_phase(phase, nullptr);
        use(*pass);
        give_back(std::move(pass));
    }

    // Passes are in a pool between calls, as many as ever worked at the same time.
    std::unique_ptr<Pass<T>> take() const {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!pool_.empty()) {
                auto pass = std::move(pool_.back());
                pool_.pop_back();
                return pass;
            }
        }
        return std::make_unique<Pass<T>>(operations_, p_, false);
    }

    void give_back(std::unique_ptr<Pass<T>> pass) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        try {
            pool_.push_back(std::move(pass));
        } catch (
            const std::bad_alloc&) {  // the pool cannot grow: this one goes, and its answers hold
        }
    }

    const Operations<T> operations_;
    const Tensors<T> p_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Pass<T>>> pool_;
};

}  // namespace glassnet
