// Letting go of Python's lock (the GIL) while C++ works, and taking it back: never in a thread that
// outlives Python.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <thread>

namespace glassnet {

// A thread that asks for the GIL when Python has ended, or while it ends, does not get it. Before
// Python 3.14 it is unwound on the spot, through C++ that holds Python's objects, which would abort
// the program. It waits here for the end of the process instead, as it does since Python 3.14.
inline void take_gil(PyThreadState* state) noexcept {
    try {
        PyEval_RestoreThread(state);
    } catch (...) {  // the unwinding, which must not be ended by leaving this block
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
}

class GilReleased {
  public:
    GilReleased() : state_(PyEval_SaveThread()) {}
    GilReleased(const GilReleased&) = delete;
    ~GilReleased() { take_gil(state_); }

  private:
    friend class GilHeld;
    PyThreadState* state_;
};

// The GIL for a moment, while it is released otherwise.
class GilHeld {
  public:
    explicit GilHeld(GilReleased& released) : released_(released) { take_gil(released.state_); }
    GilHeld(const GilHeld&) = delete;
    ~GilHeld() { released_.state_ = PyEval_SaveThread(); }

  private:
    GilReleased& released_;
};

}  // namespace glassnet
