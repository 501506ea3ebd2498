// How many workers take the pieces of a step: found by trying, and tried again from time to time,
// because other programs come and go.
#pragma once

#include <algorithm>
#include <cstddef>

#include "team.hpp"

namespace glassnet {

// Steps run in windows of some tenths of a millisecond. Each number of workers that is allowed (1,
// 2, 4, ... and the most) gets some windows, one where it is long; the fastest is kept for a while
// that grows as long as it stays the fastest. More workers have to be faster by more than noise. A
// number that turns out slower while it is kept than in its trial, because now and then a core is
// away for long, is judged by that the next times.
class ThreadTuning {
  public:
    explicit ThreadTuning(std::size_t most) {
        for (std::size_t n = 1; n < most; n *= 2) choices_.push_back({n});
        choices_.push_back({most});
    }

    std::size_t n_workers() const { return choices_[current_].n_workers; }

    // Steps of the next window.
    std::size_t n_steps() const { return n_steps_; }

    // A window of so many steps took so long.
    void took(std::size_t n_steps, Clock::duration time) {
        if (n_steps == 0) return;
        const double seconds = std::chrono::duration<double>(time).count();
        if (seconds < shortest_window)
            n_steps_ = std::min<std::size_t>(2 * n_steps_, 1 << 20);
        else if (seconds > 4 * shortest_window && n_steps_ > 1)
            n_steps_ /= 2;
        if (choices_.size() == 1 || seconds < shortest_window / 2) return;  // too short to judge
        auto& choice = choices_[current_];
        if (holding_ > 0) {
            holding_ -= seconds, held_ += seconds, held_steps_ += static_cast<double>(n_steps);
            if (holding_ > 0) return;
            const double slower = held_ / held_steps_ / choice.mean();
            choice.slower = slower > clearly ? slower : 1;
            begin_trial();
            return;
        }
        const double step = seconds / static_cast<double>(n_steps);
        choice.total += step, choice.longest = std::max(choice.longest, step);
        trial_ += seconds;
        if (++choice.windows < windows_a_trial && seconds < long_window) return;
        for (std::size_t i = 0; i < choices_.size(); ++i)
            if (choices_[i].windows == 0) {
                current_ = i;
                return;
            }
        current_ = 0;
        for (std::size_t i = 1; i < choices_.size(); ++i)
            if (choices_[i].expected() < worth_more * choices_[current_].expected()) current_ = i;
        for (auto& other : choices_) other.slower = 1 + forgets * (other.slower - 1);
        hold_ = current_ == kept_ ? std::min(2 * hold_, longest_hold) : shortest_hold;
        kept_ = current_;
        holding_ = std::max(hold_, 20 * trial_), held_ = held_steps_ = 0;
    }

  private:
    static constexpr double shortest_window = 2e-4, long_window = 2e-3, shortest_hold = 0.1,
                            longest_hold = 1.6,  // seconds
        clearly = 1.1, worth_more = 0.97, forgets = 0.75;
    static constexpr int windows_a_trial = 8;

    struct Choice {
        std::size_t n_workers;
        double total = 0, longest = 0;  // seconds of a step, in all windows and in the slowest
        int windows = 0;
        double slower = 1;  // when it was kept than in its trial

        // The mean without the slowest window, which may have met something that passes; a core
        // that is shared for long slows many windows.
        double mean() const { return windows > 1 ? (total - longest) / (windows - 1) : total; }
        double expected() const { return slower * mean(); }
    };

    // With the one that is kept first, so that the others are told by it.
    void begin_trial() {
        for (auto& choice : choices_) choice = {choice.n_workers, 0, 0, 0, choice.slower};
        trial_ = 0;
    }

    std::vector<Choice> choices_;
    std::size_t current_ = 0, kept_ = 0, n_steps_ = 1;
    double hold_ = shortest_hold, holding_ = 0, trial_ = 0, held_ = 0, held_steps_ = 0;
};

}  // namespace glassnet
