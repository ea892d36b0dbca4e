// Vectors of floats as wide as the instruction set at hand has them, and the one product that every recurrence is made of.
//
// GCC's and Clang's vector extensions: + - * / and comparisons work lane by lane, a comparison gives all ones or all zeros.
#pragma once

#include <cstdint>
#include <cstring>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif

namespace {

typedef float Vector __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t IntVector __attribute__((vector_size(VECTOR_BYTES)));
typedef float LooseVector __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));  // at any address of a float

constexpr int LANES = VECTOR_BYTES / 4;

inline Vector load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<LooseVector*>(to) = value; }
inline Vector splat(float value) { return value - Vector{}; }  // value + 0 would turn -0 into 0
inline Vector select(IntVector mask, Vector yes, Vector no) { return (Vector)((mask & (IntVector)yes) | (~mask & (IntVector)no)); }

// n rounded up to a multiple of the vector width, so that a row of n floats is a whole number of vectors.
inline int64_t padded(int64_t n) { return (n + LANES - 1) / LANES * LANES; }

}  // namespace
