// Faults on demand: the n-th allocation from now fails, in whichever thread it is made; and, on
// Linux, from the n-th on threads do not start.
#pragma once

#if defined(__linux__)
#include <dlfcn.h>
#include <pthread.h>
#endif

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace faults {

#if defined(__linux__)
constexpr bool in_threads = true;
#else
constexpr bool in_threads = false;
#endif

constexpr long never = -1;
inline std::atomic<long> allocations_left{
    never};  // before one fails; then none does until this is set anew
inline std::atomic<int> threads_left{1 << 30};  // that can still be started

inline void* allocate(std::size_t size, std::size_t alignment) {
    if (allocations_left.load() != never && allocations_left.fetch_sub(1) == 0)
        throw std::bad_alloc();
#if defined(_WIN32)
    void* room = _aligned_malloc(size ? size : 1, alignment);
#else
    void* room = nullptr;
    if (posix_memalign(&room, alignment, size ? size : 1) != 0) room = nullptr;
#endif
    if (!room) throw std::bad_alloc();
    return room;
}

inline void release(void* room) {
#if defined(_WIN32)
    _aligned_free(room);
#else
    std::free(room);
#endif
}

}  // namespace faults

[[gnu::noinline]] void* operator new(std::size_t size) {
    return faults::allocate(size, 2 * sizeof(void*));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return faults::allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* room) noexcept { faults::release(room); }
[[gnu::noinline]] void operator delete(void* room, std::size_t) noexcept { faults::release(room); }
[[gnu::noinline]] void operator delete(void* room, std::align_val_t) noexcept { faults::release(room); }
[[gnu::noinline]] void operator delete(void* room, std::size_t, std::align_val_t) noexcept {
    faults::release(room);
}

#if defined(__linux__)
// Before the sanitizer's own, which is the next of that name.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*start)(void*), void* argument) noexcept {
    using Start = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto create = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "pthread_create"));
    if (faults::threads_left.fetch_sub(1) <= 0) return EAGAIN;
    return create(thread, attributes, start, argument);
}
#endif
