// The engine: a network bound to its loss, optimizer, penalty and clipping; whole epochs without
// returning to the interpreter.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "batch.hpp"
#include "losses.hpp"
#include "network.hpp"
#include "optimizers.hpp"
#include "thread_tuning.hpp"

namespace glassnet {

struct Settings {
    Loss loss;
    OptimizerSettings optimizer;
    double l1 = 0, l2 = 0;
    bool per_batch = false;  // both divided by the weight of the batch
    double max_norm = std::numeric_limits<double>::infinity();
    std::uint64_t seed = 0;
    std::size_t n_threads = 1;  // at most, until `use_threads` is called
};

// How a run ended.
enum class Status { done, diverged, interrupted };
constexpr const char* statuses[] = {"done", "diverged", "interrupted"};

struct Steps {
    std::vector<double> losses, weights;  // of each step that is done
    double gradient_norm = std::numeric_limits<double>::quiet_NaN();
    Status status = Status::done;
};

// What a step of a run has of its own: the learning rate, a factor of every dropout rate, one of
// weight decay and of the penalty. A row of the matrix that comes from Python.
struct Rates {
    double lr, dropout, decay;
};

// The batches of a run: order[offsets[i]] to order[offsets[i + 1]] are the rows of batch i.
struct Batches {
    const std::int64_t* order;
    const std::int64_t* offsets;
    std::size_t n;
};

template <class T>
class Engine {
  public:
    Engine(const Operations<T>& operations, const std::vector<Segment>& segments, Settings settings,
           Tensors<T> tensors, std::size_t n_statistics, T* first, T* second)
        : settings_(std::move(settings)),
          loss_(loss_kind<T>(settings_.loss.name)),
          optimizer_(optimizer_kind<T>(settings_.optimizer.name)),
          p_(tensors),
          vectors_{tensors.theta, tensors.gradient, first, second},
          n_in_(operations.front()->n_in),
          n_outputs_(operations.back()->n_out),
          before_(n_statistics),
          pieces_(pieces_of(segments)),
          squares_(pieces_.size()),
          penalties_(pieces_.size()),
          pass_(operations, p_, true),
          n_threads_(settings_.n_threads),
          tuning_(n_threads_) {
        plan_parameters();
    }

    // At most so many threads work on a call.
    std::size_t n_threads() const { return n_threads_; }
    void use_threads(std::size_t n) {
        if (n == n_threads_) return;
        n_threads_ = n;
        tuning_ = ThreadTuning(n);
    }

    // Return the objective of all rows and leave its gradient.
    double loss_and_gradient(const Rows<T>& X, const Target<T>& y, const double* weight,
                             std::uint64_t step) {
        const Clock::time_point start = Clock::now();
        const auto team = gathered_team(last_pass_ > worth_a_team ? n_threads_ : 1);
        batch_.bind(X, y, weight, nullptr, X.n);
        const double value = value_and_gradient(step, constant, team.get());
        last_pass_ = (Clock::now() - start) * (team ? team->n_workers() : 1);
        return value;
    }

    // Clip the gradient, whose length is given, and take optimizer step number t.
    void update(double lr, double length, double t) {
        take_step(t, lr, length, constant.decay, nullptr);
    }

    double gradient_norm() const {
        double squares = 0;
        for (const auto& piece : pieces_)
            for (const Segment& s : piece) squares += sum_of_squares(p_.gradient, s.start, s.stop);
        return std::sqrt(squares);
    }

    // One step for each batch; t is the number of optimizer steps taken before and is counted on.
    // Between steps, at the end of every tuning window, `let_in` is called, and `stop` is
    // asked every few hundredths of a second. Where one of them or a step throws, theta, the
    // statistics and t are those after the last whole step.
    Steps run(const Rows<T>& X, const Target<T>& y, const double* weight, const Batches& batches,
              std::uint64_t first_step, const Rates* rates, double& t,
              const std::function<bool()>& stop, const std::function<void()>& let_in) {
        Steps steps;
        steps.losses.reserve(batches.n);
        steps.weights.reserve(batches.n);
        std::unique_ptr<Team> team;
        const auto gather_team = [&] {
            if (tuning_.n_workers() == 1 || (team && team->n_wanted() == tuning_.n_workers()))
                return;
            team.reset();
            team = gathered_team(tuning_.n_workers());
        };
        gather_team();
        auto asked = Clock::now(), window_start = asked;
        std::size_t window = 0;
        for (std::size_t i = 0; i < batches.n; ++i, ++window) {
            if (window >= tuning_.n_steps()) {
                const auto now = Clock::now();
                tuning_.took(window, now - window_start);
                let_in();
                if (now - asked > std::chrono::milliseconds(20)) {
                    if (stop()) {
                        steps.status = Status::interrupted;
                        return steps;
                    }
                    asked = Clock::now();
                }
                window = 0;
                gather_team();
                window_start = Clock::now();
            }
            batch_.bind(X, y, weight, batches.order + batches.offsets[i],
                        static_cast<std::size_t>(batches.offsets[i + 1] - batches.offsets[i]));
            double value = 0;
            if (batch_.total() != 0) {
                std::copy(p_.statistics, p_.statistics + before_.size(), before_.begin());
                Team* helped = tuning_.n_workers() > 1 ? team.get() : nullptr;
                try {
                    value = value_and_gradient(first_step + i, rates[i], helped);
                } catch (...) {
                    std::copy(before_.begin(), before_.end(), p_.statistics);
                    throw;
                }
                steps.gradient_norm =
                    std::sqrt(std::accumulate(squares_.begin(), squares_.end(), 0.0));
                if (!std::isfinite(value) || !std::isfinite(steps.gradient_norm)) {
                    std::copy(before_.begin(), before_.end(), p_.statistics);
                    steps.status = Status::diverged;
                    return steps;
                }
                take_step(++t, rates[i].lr, steps.gradient_norm, rates[i].decay, helped);
            }
            steps.losses.push_back(value);
            steps.weights.push_back(batch_.total());
        }
        return steps;
    }

  private:
    static constexpr Rates constant{0, 1, 1};  // of a step that no schedule knows
    static constexpr Clock::duration worth_a_team = std::chrono::milliseconds(2);
    static constexpr std::size_t unplanned = std::numeric_limits<std::size_t>::max();

    // Objective and gradient of the bound batch; the squares of the gradient are summed on the way.
    double value_and_gradient(std::uint64_t step, const Rates& rates, Team* team) {
        const std::size_t n = batch_.n(), k = n_outputs_;
        pass_.prepare(n);
        pass_.set_run({settings_.seed, step, rates.dropout});
        if (n != planned_) plan_batch(n, k);
        terms_ = terms(settings_.loss, loss_.per_class, batch_.total(), k);
        share_ = rates.decay * (!settings_.per_batch  ? 1
                                : batch_.total() != 0 ? 1 / batch_.total()
                                                      : 0);
        run_phase(pass_.prepare_phase(), team);
        run_phase(gather_phase_, team);
        for (const Phase& phase : pass_.forward()) run_phase(phase, team);
        run_phase(loss_phase_, team);
        for (const Phase& phase : pass_.backward()) run_phase(phase, team);
        run_phase(finish_phase_, team);
        const double value = std::accumulate(losses_.begin(), losses_.end(), 0.0) / terms_.value;
        return std::accumulate(penalties_.begin(), penalties_.end(), value);
    }

    // Copy the batch's rows, targets and weights; then the loss, and backward to the last product.
    void plan_batch(std::size_t n, std::size_t k) {
        planned_ = unplanned;  // while memory may run out
        batch_.resize();
        const std::size_t gathers = std::clamp<std::size_t>(
            n * n_in_ / 4096, 1, std::min<std::size_t>(std::max<std::size_t>(n, 1), 32));
        gather_phase_ = {gathers, [this, n, gathers](std::size_t piece) {
                             gather(piece * n / gathers, (piece + 1) * n / gathers);
                         }};
        const std::size_t row_parts = pass_.row_parts(n),
                          parts = row_parts > 0 ? row_parts
                                                : std::clamp<std::size_t>(n * (k + 8) / 512, 1, 32);
        losses_.assign(parts, 0);
        const auto top = [n, parts](std::size_t piece) { return piece * n / parts; };
        loss_phase_ = {parts, [this, k, top](std::size_t piece) {
                           losses_[piece] = loss_of(k, top(piece), top(piece + 1));
                       }};
        if (row_parts > 0) {
            gather_phase_ = {};
            loss_phase_ = {parts, [this, k, top](std::size_t piece) {
                               const std::size_t from = top(piece), to = top(piece + 1);
                               gather(from, to);
                               pass_.forward_rows(piece, from, to);
                               losses_[piece] = loss_of(k, from, to);
                               pass_.backward_rows(from, to);
                           }};
        }
        planned_ = n;
    }

    void gather(std::size_t top, std::size_t bottom) {
        batch_.gather(top, bottom, pass_.input(), pass_.input_step());
    }

    // The loss of rows [top, bottom), and backward to the last operation that waits.
    double loss_of(std::size_t k, std::size_t top, std::size_t bottom) {
        const double loss = loss_.backward(
            settings_.loss, {pass_.scores(), pass_.step(), k, batch_.target(), batch_.weight(),
                             terms_.gradient, top, bottom, pass_.scores_gradient()});
        pass_.backward_from_scores(top, bottom);
        return loss;
    }

    void take_step(double t, double lr, double length, double decay, Team* team) {
        update_ = make_update(settings_.optimizer, optimizer_.corrects_bias, t, lr, length,
                              settings_.max_norm, decay);
        run_phase(update_phase_, team);
    }

    // Piece by piece of theta: the penalty and the squares of the gradient, then the optimizer.
    void plan_parameters() {
        finish_phase_ = {
            pieces_.size(), [this](std::size_t piece) {
                double squares = 0, penalty = 0;
                for (const Segment& s : pieces_[piece]) {
                    if ((settings_.l1 != 0 || settings_.l2 != 0) && s.decay_factor != 0)
                        penalty += penalty_gradient(p_.theta, p_.gradient, s, settings_.l1 * share_,
                                                    settings_.l2 * share_);
                    squares += sum_of_squares(p_.gradient, s.start, s.stop);
                }
                squares_[piece] = squares;
                penalties_[piece] = penalty;
            }};
        update_phase_ = {pieces_.size(), [this](std::size_t piece) {
                             for (const Segment& s : pieces_[piece])
                                 optimizer_step(optimizer_, settings_.optimizer, vectors_, s,
                                                update_);
                         }};
    }

    const Settings settings_;
    const LossKind<T>& loss_;
    const OptimizerKind<T>& optimizer_;
    const Tensors<T> p_;
    const OptimizerVectors<T> vectors_;
    const std::size_t n_in_, n_outputs_;
    std::vector<T> before_;
    const std::vector<std::vector<Segment>> pieces_;
    std::vector<double> squares_, penalties_, losses_;
    Batch<T> batch_;
    double share_ = 1;  // of the penalty, which the batch takes
    Terms terms_{1, 1};
    std::size_t planned_ = unplanned;
    Update update_;
    Phase gather_phase_, loss_phase_, finish_phase_, update_phase_;
    Pass<T> pass_;
    std::size_t n_threads_;
    ThreadTuning tuning_;
    Clock::duration last_pass_ = Clock::duration::zero();
};

}  // namespace glassnet
