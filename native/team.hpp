// A team of threads that share the pieces of a phase. Who takes which piece is chance, so no result
// may depend on it: pieces write to places of their own, and their partial sums are added in order
// afterwards.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace glassnet {

// Pieces that may run at the same time, in any order.
struct Phase {
    std::size_t n_pieces;
    std::function<void(std::size_t piece)> piece;
};

// The pieces of two phases as those of one.
inline Phase joined(const Phase& first, const Phase& second) {
    return {first.n_pieces + second.n_pieces, [=](std::size_t piece) {
                if (piece < first.n_pieces)
                    first.piece(piece);
                else
                    second.piece(piece - first.n_pieces);
            }};
}

using Clock = std::chrono::steady_clock;

inline void cpu_relax() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Makes the room that the first exception of a thread needs. The C++ runtime would make it when the
// exception is thrown, and abort where there is no memory for it; but it is thrown because there is
// none.
inline void ready_to_throw() { static_cast<void>(std::uncaught_exceptions()); }

// The thread that calls `run` leads and works too. Helpers take pieces as they come free, wait a
// moment for more and then sleep. The leader waits only for pieces that were begun; a helper that
// keeps it waiting, because its core went to another process, is left out for a while. What a piece
// throws, wherever it ran, `run` throws when all pieces have ended.
class Team {
  public:
    // Fewer helpers where the system gives no more threads.
    explicit Team(std::size_t n_helpers) : n_wanted_(n_helpers + 1), shares_(n_wanted_) {
        helpers_.reserve(n_helpers);
        try {
            for (std::size_t i = 0; i < n_helpers; ++i)
                helpers_.emplace_back([this, i] { help(i + 1); });
        } catch (const std::system_error&) {  // no thread
        } catch (const std::bad_alloc&) {     // no memory for one
        }
    }

    Team(const Team&) = delete;

    ~Team() {
        closing_.store(true);
        publish(nullptr, 0);
        for (auto& helper : helpers_) helper.join();
    }

    // The leader and the helpers that were asked for, and those that there are.
    std::size_t n_wanted() const { return n_wanted_; }
    std::size_t n_workers() const { return helpers_.size() + 1; }

    void run(const Phase& phase) {
        if (phase.n_pieces <= 1 || resting()) {
            for (std::size_t i = 0; i < phase.n_pieces; ++i) phase.piece(i);
            return;
        }
        done_.store(0, std::memory_order_relaxed);
        publish(&phase, phase.n_pieces);
        take_pieces(0);
        wait_for(phase.n_pieces);
        if (!failed_.load(std::memory_order_relaxed)) return;
        failed_.store(false, std::memory_order_relaxed);
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }

  private:
    static constexpr auto spin = std::chrono::microseconds(50),
                          late = std::chrono::microseconds(400);
    static constexpr auto shortest_rest = std::chrono::milliseconds(1),
                          longest_rest = std::chrono::milliseconds(256);

    // The pieces of a phase are divided among the workers, so that what a worker wrote in the last
    // step is still in its own cache; who has done its share takes from the others. One word says
    // all of a share, its end (16 bits) and the next piece (16), so that a latecomer who adds to it
    // learns at once whether what he took is a piece.
    struct alignas(64) Share {
        std::atomic<std::uint32_t> word{0};
    };

    static std::uint32_t end(std::uint32_t word) { return word >> 16; }
    static std::uint32_t next(std::uint32_t word) { return word & 0xffff; }

    void publish(const Phase* phase, std::size_t n_pieces) {
        phase_.store(phase, std::memory_order_relaxed);
        for (std::size_t i = 0; i < n_wanted_; ++i)
            shares_[i].word.store(static_cast<std::uint32_t>((i + 1) * n_pieces / n_wanted_ << 16 |
                                                             i * n_pieces / n_wanted_),
                                  std::memory_order_release);
        number_.fetch_add(1);
        if (sleeping_.load() > 0) {
            const std::lock_guard<std::mutex> lock(mutex_);
            woken_.notify_all();
        }
    }

    // Take pieces until there are none left, first those of one's own share; returns the number of
    // a phase that is used up.
    std::uint64_t take_pieces(std::size_t worker) {
        const std::uint64_t number = number_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < n_wanted_; ++i) {
            auto& share = shares_[(worker + i) % n_wanted_].word;
            for (;;) {
                std::uint32_t word = share.load(std::memory_order_acquire);
                if (next(word) < end(word)) word = share.fetch_add(1, std::memory_order_acq_rel);
                if (next(word) >= end(word)) break;
                // The phase cannot end before this piece is done, so what it points to is alive.
                try {
                    phase_.load(std::memory_order_relaxed)->piece(next(word));
                } catch (...) {
                    note_failure();
                }
                done_.fetch_add(1, std::memory_order_release);
            }
        }
        return number;
    }

    // The first failure is kept for the leader; a phase that failed still ends, for its pieces
    // point to what the leader holds.
    void note_failure() {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        failed_.store(true, std::memory_order_relaxed);  // seen by the leader with `done_`
    }

    void help(std::size_t worker) {
        ready_to_throw();
        while (!closing_.load(std::memory_order_relaxed)) wait_for_phase_after(take_pieces(worker));
    }

    void wait_for_phase_after(std::uint64_t last) {
        const auto start = Clock::now();
        do {
            for (int i = 0; i < 32; ++i) {
                if (number_.load(std::memory_order_acquire) != last) return;
                cpu_relax();
            }
        } while (Clock::now() - start < spin);
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.fetch_add(1);
        woken_.wait(lock, [&] { return number_.load() != last || closing_.load(); });
        sleeping_.fetch_sub(1);
    }

    void wait_for(std::size_t n_pieces) {
        const auto all_done = [&] { return done_.load(std::memory_order_acquire) == n_pieces; };
        for (int i = 0; i < 256; ++i) {
            if (all_done()) return;
            cpu_relax();
        }
        const auto start = Clock::now();
        while (!all_done()) {
            if (Clock::now() - start > spin)
                std::this_thread::yield();  // the helper may be waiting for this very core
            else
                cpu_relax();
        }
        const auto now = Clock::now();
        if (now - start > late) {
            rest_ = now - rest_end_ < rest_ ? std::min<Clock::duration>(2 * rest_, longest_rest)
                                            : shortest_rest;
            rest_end_ = now + rest_;
        }
    }

    bool resting() const { return rest_ != Clock::duration::zero() && Clock::now() < rest_end_; }

    std::atomic<std::uint64_t> number_{0};  // of the phase
    std::atomic<const Phase*> phase_{nullptr};
    alignas(64) std::atomic<std::size_t> done_{0};
    alignas(64) std::atomic<int> sleeping_{0};
    std::atomic<bool> closing_{false};
    std::mutex mutex_;
    std::condition_variable woken_;
    Clock::duration rest_ = Clock::duration::zero();
    Clock::time_point rest_end_;
    std::atomic<bool> failed_{false};
    std::exception_ptr failure_;
    const std::size_t n_wanted_;
    std::vector<Share> shares_;
    std::vector<std::thread> helpers_;
};

// A team of so many workers, or none: a leader works alone where it has no helpers, or where there
// is not even memory for the list of them.
inline std::unique_ptr<Team> gathered_team(std::size_t n_workers) {
    try {
        return n_workers > 1 ? std::make_unique<Team>(n_workers - 1) : nullptr;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

inline void run_phase(const Phase& phase, Team* team) {
    if (team)
        team->run(phase);
    else
        for (std::size_t i = 0; i < phase.n_pieces; ++i) phase.piece(i);
}

}  // namespace glassnet
