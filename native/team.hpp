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
// keeps it waiting, because its core went to another process, stays away for a while. What a piece
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
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            closing_.store(true);
        }
        woken_.notify_all();
        for (auto& helper : helpers_) helper.join();
    }

    // The leader and the helpers that were asked for, and those that there are.
    std::size_t n_wanted() const { return n_wanted_; }
    std::size_t n_workers() const { return helpers_.size() + 1; }

    void run(const Phase& phase) {
        if (phase.n_pieces <= 1 || helpers_.empty()) {
            for (std::size_t i = 0; i < phase.n_pieces; ++i) phase.piece(i);
            return;
        }
        const auto start = Clock::now();
        publish(phase);
        const std::size_t n_own = take_pieces(0, current_.load(std::memory_order_relaxed));
        wait_for_pieces(start, n_own);
        if (!failed_.load(std::memory_order_relaxed)) return;
        failed_.store(false, std::memory_order_relaxed);
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }

  private:
    static constexpr auto spin = std::chrono::microseconds(50),
                          late = std::chrono::microseconds(400);
    static constexpr auto shortest_rest = std::chrono::milliseconds(1),
                          longest_rest = std::chrono::milliseconds(256);

    // A number of a phase and a number of pieces in one word, which is read and changed at once.
    static constexpr std::uint64_t word(std::uint64_t phase, std::size_t pieces) {
        return phase << 16 | pieces;
    }
    static std::uint64_t phase_in(std::uint64_t word) { return word >> 16; }
    static std::size_t pieces_in(std::uint64_t word) { return word & 0xffff; }

    // The pieces of a phase are divided among the workers, so that what a worker wrote in the last
    // step is still in its own cache; who has done its share takes from the others. Each worker
    // counts what it did on a line of its own: one counter for all would go from core to core.
    struct Share {
        alignas(64) std::atomic<std::uint64_t> next{0};    // of which phase, the next piece
        alignas(64) std::atomic<std::uint64_t> n_done{0};  // by this worker, in all phases
    };

    void publish(const Phase& phase) {
        n_published_ += phase.n_pieces;
        phase_.store(&phase, std::memory_order_relaxed);
        current_.store(
            word(phase_in(current_.load(std::memory_order_relaxed)) + 1, phase.n_pieces));
        if (sleeping_.load() > 0) {
            const std::lock_guard<std::mutex> lock(mutex_);
            woken_.notify_all();
        }
    }

    // Take pieces of the phase until there are none left, first those of one's own share; returns
    // how many.
    std::size_t take_pieces(std::size_t worker, std::uint64_t current) {
        const std::size_t n_pieces = pieces_in(current);
        std::size_t n_taken = 0;
        for (std::size_t i = 0; i < n_wanted_; ++i) {
            const std::size_t owner = worker + i < n_wanted_ ? worker + i : worker + i - n_wanted_,
                              begin = owner * n_pieces / n_wanted_,
                              end = (owner + 1) * n_pieces / n_wanted_;
            std::size_t piece, n_before = n_taken;
            for (; (piece = take(shares_[owner].next, current, begin, end)) < end; ++n_taken) {
                // The phase cannot end before this piece is done, so what it points to is alive.
                try {
                    phase_.load(std::memory_order_relaxed)->piece(piece);
                } catch (...) {
                    note_failure();
                }
            }
            if (n_taken == n_before) continue;
            auto& n_done = shares_[worker].n_done;
            n_done.store(n_done.load(std::memory_order_relaxed) + n_taken - n_before,
                         std::memory_order_release);
        }
        return n_taken;
    }

    // The next piece of a share, or its end. The first to come to it writes the number of the
    // phase, and a latecomer, whose phase is over, finds a later number or no piece.
    static std::size_t take(std::atomic<std::uint64_t>& next, std::uint64_t current,
                            std::size_t begin, std::size_t end) {
        const std::uint64_t phase = phase_in(current);
        std::uint64_t found = next.load(std::memory_order_acquire);
        for (;;) {
            const std::size_t piece = phase_in(found) == phase ? pieces_in(found) : begin;
            if (phase_in(found) > phase || piece >= end) return end;
            if (next.compare_exchange_weak(found, word(phase, piece + 1), std::memory_order_acq_rel,
                                           std::memory_order_acquire))
                return piece;
        }
    }

    // The first failure is kept for the leader; a phase that failed still ends, for its pieces
    // point to what the leader holds.
    void note_failure() {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        failed_.store(true, std::memory_order_relaxed);  // seen by the leader with `n_done`
    }

    void help(std::size_t worker) {
        ready_to_throw();
        auto rest = Clock::duration::zero();
        Clock::time_point rest_end;
        while (!closing_.load(std::memory_order_relaxed)) {
            const std::uint64_t current = current_.load(std::memory_order_acquire);
            const bool took = take_pieces(worker, current) > 0;
            if (took && waited_too_long_.load(std::memory_order_relaxed) == phase_in(current)) {
                const auto now = Clock::now();
                rest = now - rest_end < rest ? std::min<Clock::duration>(2 * rest, longest_rest)
                                             : shortest_rest;
                rest_end = now + rest;
                std::unique_lock<std::mutex> lock(mutex_);
                woken_.wait_until(lock, rest_end, [&] { return closing_.load(); });
            } else {
                wait_for_phase_after(current);
            }
        }
    }

    void wait_for_phase_after(std::uint64_t last) {
        const auto start = Clock::now();
        do {
            for (int i = 0; i < 32; ++i) {
                if (current_.load(std::memory_order_acquire) != last || closing_.load()) return;
                cpu_relax();
            }
        } while (Clock::now() - start < spin);
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.fetch_add(1);
        woken_.wait(lock, [&] { return current_.load() != last || closing_.load(); });
        sleeping_.fetch_sub(1);
    }

    bool all_done() const {
        std::uint64_t n_done = 0;
        for (const Share& share : shares_) n_done += share.n_done.load(std::memory_order_acquire);
        return n_done == n_published_;
    }

    // A helper is late when it takes several times as long for a piece as the leader did. It learns
    // that when it is done.
    void wait_for_pieces(Clock::time_point start, std::size_t n_own) {
        for (int i = 0; i < 256; ++i) {
            if (all_done()) return;
            cpu_relax();
        }
        const auto begin = Clock::now();
        const auto longest = late + 3 * (begin - start) / std::max<std::size_t>(n_own, 1);
        bool noted = false;
        while (!all_done()) {
            const auto waited = Clock::now() - begin;
            if (waited > longest && !noted) {
                waited_too_long_.store(phase_in(current_.load(std::memory_order_relaxed)),
                                       std::memory_order_relaxed);
                noted = true;
            }
            if (waited > spin)
                std::this_thread::yield();  // the helper may be waiting for this very core
            else
                cpu_relax();
        }
    }

    // Written by the leader for every phase, and read by all.
    alignas(64) std::atomic<std::uint64_t> current_{0};
    std::atomic<const Phase*> phase_{nullptr};
    alignas(64) std::atomic<std::uint64_t> waited_too_long_{
        0};  // in which phase the leader last did
    std::atomic<int> sleeping_{0};
    std::atomic<bool> closing_{false}, failed_{false};
    std::mutex mutex_;
    std::condition_variable woken_;
    std::exception_ptr failure_;
    std::uint64_t n_published_ = 0;  // pieces, in all phases
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
