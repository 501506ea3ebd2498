// Members side by side, as in glassnet/layers/members.py: all take the signal before their first mark, the last mark averages.
#pragma once

#include <vector>

#include "layers.hpp"

namespace glassnet {

// Where each member of a layer ends, in their order; kept for the mark at which they begin, and empty for any other operation.
inline std::vector<std::vector<std::size_t>> ends_of_members(const std::vector<Operation>& operations) {
    std::vector<std::vector<std::size_t>> ends(operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i)
        if (operations[i].kind == Kind::member_end || operations[i].kind == Kind::members_end) ends[operations[i].partner].push_back(i);
    return ends;
}

// C = A / M, element by element over a block; C may be A.
template <class T>
void divide(const T* A, std::size_t n_members, T* C, std::size_t step, const Block& block) {
    const T M = static_cast<T>(n_members);
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = i * step + block.left; j < i * step + block.right; ++j) C[j] = A[j] / M;
    }
}

// Y = (Y_1 + ... + Y_M) / M: what goes into the marks at the members' ends.
template <class T>
void members_forward(const std::vector<std::size_t>& ends, std::vector<Work<T>>& works, const Block& block) {
    Work<T>& last = works[ends.back()];
    const T* sum = works[ends.front()].input;
    for (std::size_t m = 1; m < ends.size(); ++m) {
        add(sum, works[ends[m]].input, last.main.data(), last.step, block);
        sum = last.main.data();
    }
    divide(sum, ends.size(), last.main.data(), last.step, block);
}

// dY becomes dY / M, which is kept for the members before the last.
template <class T>
void members_backward(const std::vector<std::size_t>& ends, std::vector<Work<T>>& works, T* dY, const Block& block) {
    Work<T>& last = works[ends.back()];
    divide(dY, ends.size(), dY, last.step, block);
    copy(dY, last.extra.data(), last.step, block);
}

}  // namespace glassnet
