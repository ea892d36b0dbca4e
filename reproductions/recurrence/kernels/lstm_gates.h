// The element-wise part of the LSTM on LANES hidden units at a time, and the order in which gates lie in memory.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "transpose.h"
#include "vectors.h"

namespace {

// Four units by four gates, gate by gate, make a quad: i0..i3 f0..f3 g0..g3 o0..o3. Rows of pre-activations are quads, so that 4H is a
// whole number of vectors for every H that is a multiple of four, whatever the vector width.
constexpr int64_t QUAD = 4;

inline int64_t quad_position(int64_t gate, int64_t unit) { return unit / QUAD * 16 + gate * QUAD + unit % QUAD; }

struct Gates {
    Vector i, f, g, o;
};

// Four consecutive vectors of quads to one vector a gate (collect) and back (spread).
#if VECTOR_BYTES == 64
inline Gates collect(Gates q) {
    Vector a = SHUFFLED(q.i, q.f, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    Vector b = SHUFFLED(q.i, q.f, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    Vector c = SHUFFLED(q.g, q.o, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    Vector d = SHUFFLED(q.g, q.o, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    return {SHUFFLED(a, c, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
            SHUFFLED(a, c, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31),
            SHUFFLED(b, d, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
            SHUFFLED(b, d, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)};
}
inline Gates spread(Gates gates) { return collect(gates); }
#elif VECTOR_BYTES == 32
inline Vector low_halves(Vector a, Vector b) { return SHUFFLED(a, b, 0, 1, 2, 3, 8, 9, 10, 11); }
inline Vector high_halves(Vector a, Vector b) { return SHUFFLED(a, b, 4, 5, 6, 7, 12, 13, 14, 15); }
inline Gates collect(Gates q) { return {low_halves(q.i, q.g), high_halves(q.i, q.g), low_halves(q.f, q.o), high_halves(q.f, q.o)}; }
inline Gates spread(Gates s) { return {low_halves(s.i, s.f), low_halves(s.g, s.o), high_halves(s.i, s.f), high_halves(s.g, s.o)}; }
#else
inline Gates collect(Gates q) { return q; }
inline Gates spread(Gates gates) { return gates; }
#endif

inline Gates load_quads(const float* from) {
    return collect({load(from), load(from + LANES), load(from + 2 * LANES), load(from + 3 * LANES)});
}

inline void store_quads(float* to, Gates gates) {
    Gates q = spread(gates);
    store(to, q.i), store(to + LANES, q.f), store(to + 2 * LANES, q.g), store(to + 3 * LANES, q.o);
}

constexpr float FAR = 88.0f;  // e^88 is still finite in float32, and 1 / (1 + e^88) below its normal numbers: zero

// x held within +-FAR. The processor's minimum and maximum return their second operand where one is NaN, so NaN stays NaN.
inline Vector held(Vector x) {
    const Vector high = splat(FAR), low = splat(-FAR);
#if VECTOR_BYTES == 64
    return _mm512_max_ps(low, _mm512_min_ps(high, x));
#elif VECTOR_BYTES == 32
    return _mm256_max_ps(low, _mm256_min_ps(high, x));
#elif defined(__SSE2__)
    return _mm_max_ps(low, _mm_min_ps(high, x));
#else
    x = x > high ? high : x;
    return x < low ? low : x;
#endif
}

// expm1(r) and the power of two by which e^x = scale (1 + expm1(r)), for x held within +-FAR; NaN stays NaN.
struct Exponential {
    Vector expm1, scale;
};

#define EACH _Pragma("GCC unroll 8") for (int k = 0; k < N; ++k)

// N of them at once, operation by operation: the processor then finds N independent ones side by side.
//
// x = n ln(2) + r with whole n and |r| <= h = ln(2) / 2, ln(2) in two parts of which the first times n is exact. expm1(r) is
// r + r^2 q(r), q Taylor's 1/2! + r/3! + ... + r^5/7! with r^5 replaced by the cubic nearest to it on +-h, (20 h^2 r^3 - 5 h^4 r) / 16
// (Chebyshev's economisation): it is off by less than 2e-8 of r.
template <int N>
inline void exponentials(const Vector (&given)[N], Exponential (&e)[N]) {
    const float shift = 12582912.0f + 127.0f;  // 1.5 * 2^23: the sum's last bits are the nearest whole number, plus the exponent bias
    constexpr double h2 = 0.34657359027997264 * 0.34657359027997264;
    constexpr float third = 1.0 / 6 - 5 * h2 * h2 / 16 / 5040, fifth = 1.0 / 120 + 20 * h2 / 16 / 5040;
    Vector x[N], n[N], r[N], p[N];
    EACH x[k] = held(given[k]);
    EACH n[k] = x[k] * 1.44269504088896341f + shift;
    EACH e[k].scale = (Vector)((IntVector)n[k] << 23);
    EACH n[k] = n[k] - shift;
    EACH r[k] = x[k] - n[k] * 0.693359375f;
    EACH r[k] = r[k] - n[k] * -2.12194440054690583e-4f;
    EACH p[k] = r[k] * (1.0f / 720) + fifth;
    EACH p[k] = p[k] * r[k] + 1.0f / 24;
    EACH p[k] = p[k] * r[k] + third;
    EACH p[k] = p[k] * r[k] + 0.5f;
    EACH e[k].expm1 = p[k] * (r[k] * r[k]) + r[k];
}

inline Vector e_plus_1(Exponential e) { return e.expm1 * e.scale + (e.scale + 1.0f); }
inline Vector e_minus_1(Exponential e) { return e.expm1 * e.scale + (e.scale - 1.0f); }

// The gates of pre-activations: logistic for i, f and o, tanh for g.
// Logistic is 1 / (1 + e^-x), tanh -m / (m + 2) with m = expm1(-2x), where nothing cancels for either sign.
inline Gates activate(Gates z) {
    Exponential e[4];
    exponentials<4>({-z.i, -z.f, -2.0f * z.g, -z.o}, e);
    Vector m = e_minus_1(e[2]);
    return {1.0f / e_plus_1(e[0]), 1.0f / e_plus_1(e[1]), -m / (m + 2.0f), 1.0f / e_plus_1(e[3])};
}

// tanh of each.
template <int N>
inline void squash(Vector (&x)[N]) {
    Exponential e[N];
    Vector m[N];
    EACH m[k] = -2.0f * x[k];
    exponentials<N>(m, e);
    EACH m[k] = e_minus_1(e[k]);
    EACH x[k] = -m[k] / (m[k] + 2.0f);
}
#undef EACH

}  // namespace
