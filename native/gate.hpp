// Who may touch the parameters of a network: one that changes them alone, or any number that only
// read them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace glassnet {

// A lock of readers and a writer, as std::shared_lock and std::unique_lock take it, in which nobody
// starves: a writer that waits keeps new readers out, and one that works for long lets those in
// that wait, see `let_in`. A reader that meets no writer pays one atomic operation to come and one
// to go.
class Gate {
  public:
    bool try_lock_shared() {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        while (!(state & writer))
            if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                             std::memory_order_relaxed))
                return true;
        return false;
    }

    void lock_shared() {
        if (try_lock_shared()) return;
        std::unique_lock<std::mutex> lock(mutex_);
        n_waiting_.fetch_add(1, std::memory_order_relaxed);
        changed_.wait(lock, [this] { return try_lock_shared(); });
        n_waiting_.fetch_sub(1, std::memory_order_relaxed);
        ++n_let_in_;
        changed_.notify_all();
    }

    void unlock_shared() {
        if (state_.fetch_sub(1, std::memory_order_release) - 1 != writer) return;
        const std::lock_guard<std::mutex> lock(mutex_);  // the last one, and a writer waits
        changed_.notify_all();
    }

    void lock() {
        std::unique_lock<std::mutex> lock(mutex_);
        take(lock);
    }

    void unlock() {
        const std::lock_guard<std::mutex> lock(mutex_);
        state_.fetch_and(~writer, std::memory_order_release);
        changed_.notify_all();
    }

    // For the writer, between two changes: whoever waits to read does so now.
    void let_in() {
        if (n_waiting_.load(std::memory_order_relaxed) == 0) return;
        std::unique_lock<std::mutex> lock(mutex_);
        const std::uint64_t all = n_let_in_ + n_waiting_.load(std::memory_order_relaxed);
        state_.fetch_and(~writer, std::memory_order_release);
        changed_.notify_all();
        changed_.wait(lock, [this, all] { return n_let_in_ >= all; });
        take(lock);
    }

  private:
    static constexpr std::uint32_t writer = 1u << 31;

    void take(std::unique_lock<std::mutex>& lock) {
        changed_.wait(lock, [this] { return !(state_.load(std::memory_order_relaxed) & writer); });
        state_.fetch_or(writer, std::memory_order_acquire);
        changed_.wait(lock, [this] { return state_.load(std::memory_order_acquire) == writer; });
    }

    std::atomic<std::uint32_t> state_{
        0};  // readers that are in, and whether a writer is or waits for them to go
    std::atomic<std::uint32_t> n_waiting_{0};
    std::uint64_t n_let_in_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
};

}  // namespace glassnet
