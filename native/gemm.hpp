// Matrix products, through the BLAS that SciPy brings: its function pointers are handed over at run time, so nothing is linked.
#pragma once

#include <cstddef>

namespace glassnet {

template <class T>
using Gemm = void (*)(char*, char*, int*, int*, int*, T*, T*, int*, T*, int*, T*, T*, int*);

// sgemm and dgemm of SciPy; set once, before the first engine is made.
template <class T>
inline Gemm<T> blas_gemm = nullptr;

// C (m, n) = op(A) op(B) + beta C, all row-major; op transposes where asked: A is then stored (k, m), B (n, k).
// BLAS thinks in columns, so it is asked for C^T = op(B)^T op(A)^T, which has the same bytes.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const T* A, const T* B, T beta, T* C) {
    char ta = transpose_a ? 'T' : 'N', tb = transpose_b ? 'T' : 'N';
    int im = static_cast<int>(m), in = static_cast<int>(n), ik = static_cast<int>(k);
    int lda = transpose_a ? im : ik, ldb = transpose_b ? ik : in;
    T one = 1;
    blas_gemm<T>(&tb, &ta, &in, &im, &ik, &one, const_cast<T*>(B), &ldb, const_cast<T*>(A), &lda, &beta, C, &in);
}

}  // namespace glassnet
