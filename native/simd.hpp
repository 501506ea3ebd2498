// Vectors as wide as the instruction set that this file is compiled for, and memory laid out in
// rows of whole vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace glassnet {

// How many rows of a product fit the registers beside two vectors of columns: 14 x 2 sums of 32
// registers, 6 x 2 of 16.
#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64, tile_rows = 14;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32, tile_rows = 6;
#elif defined(__aarch64__)
constexpr std::size_t vector_bytes = 16, tile_rows = 12;
#else
constexpr std::size_t vector_bytes = 16, tile_rows = 6;
#endif

// Tells the compiler that the iterations of the next loop do not touch each other: in place is
// allowed, overlap is not.
#if defined(__clang__)
#define GLASSNET_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define GLASSNET_INDEPENDENT _Pragma("GCC ivdep")
#endif

// A loop with a call in it becomes no vectors.
#define GLASSNET_INLINE [[gnu::always_inline]] inline

template <class T>
constexpr std::size_t lanes = vector_bytes / sizeof(T);

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes)));
};

template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
inline Vector<T> load(const T* from) {
    Vector<T> v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

template <class T>
inline void store(T* to, Vector<T> v) {
    std::memcpy(to, &v, sizeof v);
}

// The lanes of two vectors at these numbers; those of b are numbered after those of a.
template <class T, std::size_t... at>
inline Vector<T> lanes_at(Vector<T> a, Vector<T> b) {
#if __has_builtin(__builtin_shufflevector)
    return __builtin_shufflevector(a, b, at...);
#else  // g++ before version 12
    using Number = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    return __builtin_shuffle(a, b, Vector<Number>{static_cast<Number>(at)...});
#endif
}

// The lanes brought down to one by an operation of two vectors: halves first, then quarters.
template <class T, class F, std::size_t... l>
inline T reduce_lanes(Vector<T> v, F f, std::index_sequence<l...>) {
    constexpr std::size_t n = lanes<T>;
    if constexpr (n >= 16) v = f(v, lanes_at<T, (l + 8) % n...>(v, v));
    if constexpr (n >= 8) v = f(v, lanes_at<T, (l + 4) % n...>(v, v));
    if constexpr (n >= 4) v = f(v, lanes_at<T, (l + 2) % n...>(v, v));
    v = f(v, lanes_at<T, (l + 1) % n...>(v, v));
    return v[0];
}

template <class T>
inline T sum_of(Vector<T> v) {
    return reduce_lanes<T>(
        v, [](Vector<T> a, Vector<T> b) { return a + b; }, std::make_index_sequence<lanes<T>>());
}

template <class T>
inline T largest_of(Vector<T> v) {
    return reduce_lanes<T>(
        v, [](Vector<T> a, Vector<T> b) { return a < b ? b : a; },
        std::make_index_sequence<lanes<T>>());
}

template <class T>
constexpr std::size_t whole_vectors(std::size_t n) {
    return (n + lanes<T> - 1) / lanes<T> * lanes<T>;
}

// Elements from one row of a signal to the next: whole vectors, and never a multiple of a kilobyte,
// where the rows of a tile would fall on the same few lines of the first cache.
template <class T>
constexpr std::size_t stride(std::size_t width) {
    const std::size_t whole = whole_vectors<T>(width);
    return whole * sizeof(T) % 1024 == 0 ? whole + lanes<T> : whole;
}

// Memory on a vector's boundary that grows and never shrinks; new memory holds zeros.
template <class T>
class Buffer {
  public:
    T* resize(std::size_t n) {
        if (n > size_) {
            data_.reset(static_cast<T*>(::operator new(n * sizeof(T), alignment)));
            size_ = n;
            std::memset(static_cast<void*>(data_.get()), 0, n * sizeof(T));
        }
        return data_.get();
    }
    T* data() const { return data_.get(); }

  private:
    static constexpr std::align_val_t alignment{64};
    struct Delete {
        void operator()(T* p) const { ::operator delete(p, alignment); }
    };
    std::unique_ptr<T, Delete> data_;
    std::size_t size_ = 0;
};

// Rows [top, bottom) and columns [left, right) of a matrix.
struct Block {
    std::size_t top, bottom, left, right;
};

// f(place, column) for each number of a block of a signal whose rows are `step` apart, in any
// order.
template <class F>
GLASSNET_INLINE void for_each_number(const Block& block, std::size_t step, F f) {
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < block.right; ++j) f(i * step + j, j);
    }
}

// C = A B and C = A + B, number by number; C may be A or B.
template <class T>
void multiply(const T* A, const T* B, T* C, std::size_t step, const Block& block) {
    for_each_number(block, step, [=](std::size_t at, std::size_t) { C[at] = A[at] * B[at]; });
}

template <class T>
void add(const T* A, const T* B, T* C, std::size_t step, const Block& block) {
    for_each_number(block, step, [=](std::size_t at, std::size_t) { C[at] = A[at] + B[at]; });
}

template <class T>
void copy(const T* from, T* to, std::size_t step, const Block& block) {
    for (std::size_t i = block.top; i < block.bottom; ++i)
        std::memcpy(to + i * step + block.left, from + i * step + block.left,
                    (block.right - block.left) * sizeof(T));
}

}  // namespace glassnet
