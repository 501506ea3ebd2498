// The operations that come from Python are checked here: their tensors lie inside their vectors, and each takes what the one before gives.
#pragma once

#include <nanobind/nanobind.h>

#include <utility>
#include <vector>

#include "piecewise.hpp"

namespace glassnet {

inline void require(bool holds, const char* what) {
    if (!holds) throw nanobind::value_error(what);
}

inline bool inside(std::size_t start, std::size_t size, std::size_t n) {
    return start <= n && size <= n - start;
}

inline void check_periodic(const Operation& op, std::size_t n_parameters) {
    const std::size_t p = op.n_numeric, m = op.n_frequencies, k = op.n_embedded;
    require(p > 0 && p <= op.n_in && m > 0 && k > 0 && p <= n_parameters, "a periodic embedding has not the columns that it takes");
    require(m <= n_parameters / p && k <= n_parameters / (p * m), "a periodic embedding is larger than theta");
    require(op.n_out == op.n_in + p * k, "a periodic embedding has not the width that it makes");
    require(inside(op.first, p * m, n_parameters) && inside(op.second, p * m, n_parameters) && inside(op.third, p * m * k, n_parameters) &&
                inside(op.fourth, p * k, n_parameters),
            "a tensor of a periodic embedding lies outside theta");
}

inline void check_categories(const Operation& op, std::size_t n_parameters) {
    const std::size_t q = op.levels.size(), k = op.n_embedded;
    require(q > 0 && q <= op.n_in && op.tables.size() == q && k > 0 && k <= n_parameters, "a category embedding has not the columns that it takes");
    require(op.n_out == op.n_in - q + q * k, "a category embedding has not the width that it makes");
    for (std::size_t j = 0; j < q; ++j)
        require(op.levels[j] > 0 && op.levels[j] <= n_parameters / k && inside(op.tables[j], op.levels[j] * k, n_parameters),
                "a table of a category embedding lies outside theta");
}

// Residual blocks and members end inside the innermost that has begun, and all members are of one width.
class Nesting {
  public:
    explicit Nesting(const std::vector<Operation>& operations) : operations_(operations) {}

    void check(std::size_t i) {
        const Operation& op = operations_[i];
        const bool end = op.kind == Kind::members_end || op.kind == Kind::member_end;
        if (op.kind == Kind::residual_begin || op.kind == Kind::members_begin) open_.push_back({i, 0});
        if (op.kind == Kind::residual_end) {
            require(innermost(op, Kind::residual_begin) && operations_[op.partner].n_in == op.n_out,
                    "a residual block ends where none of its width began");
            open_.pop_back();
        }
        if (end) {
            require(innermost(op, Kind::members_begin), "a member ends where none began");
            auto& [begin, width] = open_.back();
            require(width == 0 || width == op.n_in, "members are not of the same width");
            width = op.n_in;
            require(op.n_out == (op.kind == Kind::members_end ? op.n_in : operations_[begin].n_in), "a member takes another signal than the first");
            if (op.kind == Kind::members_end) open_.pop_back();
        }
    }

    bool closed() const { return open_.empty(); }

  private:
    bool innermost(const Operation& end, Kind begin) const {
        return !open_.empty() && open_.back().first == end.partner && operations_[end.partner].kind == begin;
    }

    const std::vector<Operation>& operations_;
    std::vector<std::pair<std::size_t, std::size_t>> open_;  // where a block began, and the width of its members once one has ended
};

// The tensors of an operation must lie inside their vectors, and only those that can do it change the width.
inline void check_places(const Operation& op, std::size_t n_parameters, std::size_t n_statistics) {
    const auto keeps_width = [&op] {
        require(op.n_in == op.n_out, "only dense operations, embeddings, members and their ends change the width");
    };
    switch (op.kind) {
        case Kind::dense:
            require(inside(op.first, op.n_in * op.n_out, n_parameters) && inside(op.second, op.n_out, n_parameters), "W or b lies outside theta");
            break;
        case Kind::batch_norm:
        case Kind::layer_norm:
            keeps_width();
            require(inside(op.first, op.n_out, n_parameters) && inside(op.second, op.n_out, n_parameters), "gamma or beta lies outside theta");
            require(op.kind == Kind::layer_norm || (inside(op.mean, op.n_out, n_statistics) && inside(op.variance, op.n_out, n_statistics)),
                    "a running statistic lies outside");
            break;
        case Kind::scale:
        case Kind::mixed_activation:
            keeps_width();
            require(inside(op.first, op.n_out, n_parameters), "a scale or a mix lies outside theta");
            break;
        case Kind::periodic_embedding: check_periodic(op, n_parameters); break;
        case Kind::category_embedding: check_categories(op, n_parameters); break;
        case Kind::piecewise_embedding:
            if (const char* fault = piecewise_fault(op, n_parameters, n_statistics)) require(false, fault);
            break;
        case Kind::member_end: break;
        case Kind::activation:
        case Kind::dropout:
        case Kind::residual_begin:
        case Kind::residual_end:
        case Kind::members_begin:
        case Kind::members_end: keeps_width(); break;
    }
}

// Each operation by itself, its input as wide as the output before it, and blocks and members inside each other.
inline void check(const std::vector<Operation>& operations, std::size_t n_parameters, std::size_t n_statistics) {
    require(!operations.empty(), "a network needs at least one operation");
    std::size_t width = operations.front().n_in;
    Nesting nesting(operations);
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const Operation& op = operations[i];
        require(op.n_in == width && op.n_in > 0 && op.n_out > 0, "an operation's input is not as wide as the output before it");
        check_places(op, n_parameters, n_statistics);
        nesting.check(i);
        width = op.n_out;
    }
    require(nesting.closed(), "a residual block or a member does not end");
}

}  // namespace glassnet
