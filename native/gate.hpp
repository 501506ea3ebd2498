// Who may touch the parameters of a network: one that changes them alone, or any number that only read them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace glassnet {

// A lock of readers and a writer in which nobody starves: a writer that waits keeps new readers out, and one that works for long lets those
// in that wait, see `let_in`. A reader that meets no writer pays one atomic operation to come and one to go.
class Gate {
  public:
    bool try_begin_reading() {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        while (!(state & writer))
            if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
        return false;
    }

    void begin_reading() {
        if (try_begin_reading()) return;
        std::unique_lock<std::mutex> lock(mutex_);
        n_waiting_.fetch_add(1, std::memory_order_relaxed);
        changed_.wait(lock, [this] { return try_begin_reading(); });
        n_waiting_.fetch_sub(1, std::memory_order_relaxed);
        ++n_let_in_;
        changed_.notify_all();
    }

    void end_reading() {
        if (state_.fetch_sub(1, std::memory_order_release) - 1 == writer) wake();  // the last one, and a writer waits
    }

    void begin_writing() {
        std::unique_lock<std::mutex> lock(mutex_);
        take(lock);
    }

    void end_writing() {
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

    void wake() {
        const std::lock_guard<std::mutex> lock(mutex_);
        changed_.notify_all();
    }

    std::atomic<std::uint32_t> state_{0};  // readers that are in, and whether a writer is or waits for them to go
    std::atomic<std::uint32_t> n_waiting_{0};
    std::uint64_t n_let_in_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
};

class Reading {
  public:
    explicit Reading(Gate& gate) : gate_(gate) { gate_.begin_reading(); }
    Reading(Gate& gate, std::adopt_lock_t) : gate_(gate) {}
    Reading(const Reading&) = delete;
    ~Reading() { gate_.end_reading(); }

  private:
    Gate& gate_;
};

class Writing {
  public:
    explicit Writing(Gate& gate) : gate_(gate) { gate_.begin_writing(); }
    Writing(const Writing&) = delete;
    ~Writing() { gate_.end_writing(); }

  private:
    Gate& gate_;
};

// A writer that steps aside for as long as this lives.
class Aside {
  public:
    explicit Aside(Gate& gate) : gate_(gate) { gate_.end_writing(); }
    Aside(const Aside&) = delete;
    ~Aside() { gate_.begin_writing(); }

  private:
    Gate& gate_;
};

}  // namespace glassnet
