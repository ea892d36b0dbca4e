// Vectors of floats as wide as the instruction set at hand has them, and the one product that every recurrence is made of.
//
// GCC's and Clang's vector extensions: + - * / and comparisons work lane by lane, a comparison gives all ones or all zeros.
#pragma once

#include <cstdint>
#include <cstring>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif

#if defined(__AVX__)
#include <immintrin.h>
#endif

#define ALWAYS_INLINE __attribute__((always_inline))

namespace {

typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t IntVector __attribute__((vector_size(VECTOR_BYTES)));
typedef float LooseVector __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));  // at any address of a float

constexpr int LANES = VECTOR_BYTES / 4;

inline Vector load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<LooseVector*>(to) = value; }
inline Vector splat(float value) { return value - Vector{}; }  // value + 0 would turn -0 into 0
inline Vector select(IntVector mask, Vector yes, Vector no) { return (Vector)((mask & (IntVector)yes) | (~mask & (IntVector)no)); }

// body(0), body(1), ... body(N - 1), written out, so that what they index can stay in registers.
template <int N, class Body>
inline ALWAYS_INLINE void unrolled(Body body) {
    if constexpr (N > 0) unrolled<N - 1>(body), body(N - 1);
}

// body(i, v) for a tile's rows and vectors, written out.
template <int ROWS, int WIDTH, class Body>
inline ALWAYS_INLINE void each_vector(Body body) {
    unrolled<ROWS * WIDTH>([&](int at) ALWAYS_INLINE { body(at / WIDTH, at % WIDTH); });
}

// Four floats over and over.
#if VECTOR_BYTES == 64
inline Vector repeated(const float* four) { return _mm512_broadcast_f32x4(_mm_loadu_ps(four)); }
#elif VECTOR_BYTES == 32
inline Vector repeated(const float* four) { return _mm256_broadcast_ps(reinterpret_cast<const __m128*>(four)); }
#else
inline Vector repeated(const float* four) { return load(four); }
#endif

// n rounded up to a multiple of the vector width, so that a row of n floats is a whole number of vectors.
inline int64_t padded(int64_t n) { return (n + LANES - 1) / LANES * LANES; }

}  // namespace
