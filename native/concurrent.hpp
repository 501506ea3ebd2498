// An engine and a predictor on the same vectors that any threads may call at once: calls that
// change something one after the other, predictions side by side but never beside a step. Engines
// on the same parameters share one gate.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine.hpp"
#include "gate.hpp"
#include "predictor.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace glassnet {

// How many forks lie between this process and the one that loaded the module. A lock that another
// thread held at a fork is never released in the child, where that thread does not exist: what was
// made before the last fork is not used any more.
inline std::atomic<unsigned>& n_forks() {
    static std::atomic<unsigned> n{0};
    return n;
}

inline void count_forks() {
#if defined(__unix__) || defined(__APPLE__)
    static const int once =
        pthread_atfork(nullptr, nullptr, [] { n_forks().fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(once);
#endif
}

// The gate of the parameters that begin at this address, the same for all engines that live at the
// same time in this process.
inline std::shared_ptr<Gate> gate_of(const void* theta) {
    using Key = std::pair<const void*, unsigned>;
    // Never destroyed: engines may outlive the static objects. Calls from Python hold the GIL, and
    // so does who forks.
    static std::mutex& mutex = *new std::mutex;
    static auto& gates = *new std::map<Key, std::weak_ptr<Gate>>;
    const Key key{theta, n_forks().load(std::memory_order_relaxed)};
    const std::lock_guard<std::mutex> lock(mutex);
    std::weak_ptr<Gate>& known = gates[key];
    if (auto gate = known.lock()) return gate;
    std::shared_ptr<Gate> gate(new Gate, [key](Gate* last) {
        delete last;
        const std::lock_guard<std::mutex> lock(mutex);
        const auto at = gates.find(key);
        if (at != gates.end() && at->second.expired()) gates.erase(at);
    });
    known = gate;
    return gate;
}

template <class T>
class ConcurrentEngine {
  public:
    ConcurrentEngine(const Operations<T>& operations, const std::vector<Segment>& segments,
                     const Settings& settings, Tensors<T> tensors, std::size_t n_statistics,
                     T* first, T* second)
        : gate_(gate_of(tensors.theta)),
          predictor_(operations, tensors),
          engine_(operations, segments, settings, tensors, n_statistics, first, second) {}

    void predict(const Rows<T>& X, T* Z) {
        const std::shared_lock<Gate> reading(*gate_);
        predictor_.predict(X, Z, engine_.n_threads());
    }

    // For answers to one row, which wait for the gate in their own way.
    Gate& gate() { return *gate_; }
    const Predictor<T>& predictor() const { return predictor_; }

    // A call of the engine that changes something, alone.
    template <class Call>
    auto change(Call call) {
        const Turn turn(*this);
        const std::lock_guard<Gate> writing(*gate_);
        return call(engine_);
    }

    // Between steps predictions are let in, and while `stop` is asked too, which may run anything,
    // predictions included.
    Steps run(const Rows<T>& X, const Target<T>& y, const double* weight, const Batches& batches,
              std::uint64_t first_step, const Rates* rates, double& t,
              const std::function<bool()>& stop) {
        const Turn turn(*this);
        std::unique_lock<Gate> writing(*gate_);
        const auto asked = [&] {
            writing.unlock();
            const bool stopped = stop();
            writing.lock();
            return stopped;
        };
        return engine_.run(X, y, weight, batches, first_step, rates, t, asked,
                           [&] { gate_->let_in(); });
    }

  private:
    // One call at a time; one from inside another, in the same thread, would wait for itself.
    class Turn {
      public:
        explicit Turn(ConcurrentEngine& engine) : engine_(engine) {
            if (engine.worker_.load(std::memory_order_relaxed) == std::this_thread::get_id())
                throw std::runtime_error(
                    "the engine is called from inside its own run, in the same thread: call it "
                    "when run has returned.");
            engine.working_.lock();
            engine.worker_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        }
        Turn(const Turn&) = delete;
        ~Turn() {
            engine_.worker_.store(std::thread::id(), std::memory_order_relaxed);
            engine_.working_.unlock();
        }

      private:
        ConcurrentEngine& engine_;
    };

    const std::shared_ptr<Gate> gate_;
    std::mutex working_;
    std::atomic<std::thread::id> worker_{std::thread::id()};
    Predictor<T> predictor_;
    Engine<T> engine_;
};

}  // namespace glassnet
