// What Python says of an operation, and the checks of it: every tensor lies inside its vector,
// every setting is known, and residual blocks and members end inside the innermost that has begun.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <vector>

#include "tables.hpp"

namespace glassnet {

// `tensors`: where each begins, in the order of the layer's `specs`; numbers and names: the
// settings, as the fields of the layer's dataclass.
struct OperationArguments {
    std::string kind;
    std::size_t n_in = 0, n_out = 0;
    std::uint64_t number = 0;  // of the layer: the key of its random numbers
    std::vector<std::size_t> tensors = {};
    std::map<std::string, std::vector<double>> numbers = {};
    std::map<std::string, std::string> names = {};
};

// A residual block or members: where they begin, and where the block or each member ends.
struct Span {
    std::string kind;
    std::size_t begin, n_in, width;
    std::vector<std::size_t> ends;
};

using OpenSpans = std::vector<std::shared_ptr<Span>>;

// Hands the arguments of one operation out, each once, and refuses those that do not fit.
class Specification {
  public:
    Specification(const OperationArguments& arguments, std::size_t place, std::size_t n_parameters,
                  std::size_t n_statistics, OpenSpans& open)
        : n_in(arguments.n_in),
          n_out(arguments.n_out),
          index(place),
          number(arguments.number),
          given_(arguments),
          n_parameters_(n_parameters),
          n_statistics_(n_statistics),
          open_(open) {}

    const std::size_t n_in, n_out, index;
    const std::uint64_t number;

    void check(bool holds, const std::string& what) const {
        require(holds, (what + " in an operation of kind " + given_.kind).c_str());
    }
    void keep_width() { check(n_in == n_out, "another width of the output than of the input"); }

    // Where the next tensor begins, in theta or in the statistics, which must hold all of its
    // shape.
    std::size_t parameters(std::initializer_list<std::size_t> shape) {
        return tensor(shape, n_parameters_);
    }
    std::size_t statistics(std::initializer_list<std::size_t> shape) {
        return tensor(shape, n_statistics_);
    }

    double value(const char* name) { return only(take(given_.numbers, name), name); }

    // Numbers of units, columns or levels: each at least 1, and no more than there are parameters.
    std::vector<std::size_t> counts(const char* name) {
        std::vector<std::size_t> counts;
        for (const double n : take(given_.numbers, name)) {
            check(n >= 1 && n <= static_cast<double>(n_parameters_) && n == std::floor(n),
                  std::string("no count for the setting ") + name);
            counts.push_back(static_cast<std::size_t>(n));
        }
        check(!counts.empty(), std::string("no number for the setting ") + name);
        return counts;
    }

    std::size_t count(const char* name) { return only(counts(name), name); }

    std::string name(const char* setting) { return take(given_.names, setting); }

    std::shared_ptr<const Span> open_span(const char* kind) {
        keep_width();
        open_.push_back(std::make_shared<Span>(Span{kind, index, n_in, 0, {}}));
        return open_.back();
    }

    // The innermost span, which gets an end here.
    std::shared_ptr<const Span> end_span(const char* kind, bool last) {
        check(!open_.empty() && open_.back()->kind == kind, "an end of what did not begin");
        const std::shared_ptr<Span> span = open_.back();
        check(span->ends.empty() || span->width == n_in, "members of different widths");
        span->width = n_in;
        span->ends.push_back(index);
        if (last) open_.pop_back();
        return span;
    }

    void finish() const {
        check(next_ == given_.tensors.size(), "more tensors than are known");
        check(given_.numbers.empty() && given_.names.empty(), "a setting that is not known");
    }

  private:
    template <class Value>
    Value take(std::map<std::string, Value>& settings, const char* name) {
        const auto found = settings.extract(name);
        check(!found.empty(), std::string("no setting ") + name);
        return found.mapped();
    }

    template <class Value>
    Value only(const std::vector<Value>& values, const char* name) const {
        check(values.size() == 1, std::string("several numbers for the setting ") + name);
        return values[0];
    }

    std::size_t tensor(std::initializer_list<std::size_t> shape, std::size_t n) {
        check(next_ < given_.tensors.size(), "fewer tensors than are needed");
        const std::size_t start = given_.tensors[next_++];
        std::size_t room = start <= n ? n - start : 0, size = 1;
        for (const std::size_t length : shape) {
            check(start <= n && length <= room / size, "a tensor outside its vector");
            size *= length;
        }
        return start;
    }

    OperationArguments given_;
    std::size_t next_ = 0;
    const std::size_t n_parameters_, n_statistics_;
    OpenSpans& open_;
};

}  // namespace glassnet
