// exp, tanh and the logistic function of a vector of floats, each within a few units in the last place; NaN stays NaN.
#pragma once

#include "vectors.h"

namespace {

// 2^n for whole n in [-126, 127], given as a float.
inline Vector power_of_two(Vector n) {
    IntVector bits = __builtin_convertvector(n, IntVector);
    return (Vector)((bits + 127) << 23);
}

// Rounded to the nearest whole number, for |x| < 2^22: adding 1.5 * 2^23 pushes the fraction out of the significand.
inline Vector nearest(Vector x) {
    const float shift = 12582912.0f;
    return (x + shift) - shift;
}

// expm1(r) for |r| <= ln(2) / 2: r + r^2 (1/2! + r/3! + ... + r^5/7!), Taylor's series; the next term is below 2^-26 of r.
inline Vector expm1_near_zero(Vector r) {
    Vector p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    return p * (r * r) + r;
}

// x = n ln(2) + r with whole n and |r| <= ln(2) / 2; ln(2) in two parts, the first with so few digits that n times it is exact.
inline Vector reduce(Vector x, Vector& n) {
    n = nearest(x * 1.44269504088896341f);
    return (x - n * 0.693359375f) - n * -2.12194440054690583e-4f;
}

inline Vector bounded(Vector x, float low, float high) {  // NaN passes both comparisons by
    x = select(x < low, splat(low), x);
    return select(x > high, splat(high), x);
}

// e^x; 0 below -87 and infinite above 88, within a factor e of where float32 is subnormal and overflows.
inline Vector exponential(Vector x) {
    Vector n;
    Vector r = reduce(bounded(x, -87.0f, 88.0f), n);
    Vector value = (expm1_near_zero(r) + 1.0f) * power_of_two(n);
    value = select(x < -87.0f, Vector{}, value);
    return select(x > 88.0f, splat(__builtin_inff()), value);
}

// 1 / (1 + e^-x), from e^-|x| so that nothing overflows and small values keep their digits.
inline Vector logistic(Vector x) {
    Vector magnitude = select(x < 0.0f, -x, x);
    Vector e = exponential(-magnitude);
    Vector right = 1.0f / (1.0f + e);
    return select(x < 0.0f, e * right, right);
}

// tanh x = sign(x) * -m / (m + 2) with m = expm1(-2|x|): no cancellation anywhere, and tanh x ~ x near 0.
inline Vector hyperbolic_tangent(Vector x) {
    Vector magnitude = select(x < 0.0f, -x, x);
    Vector n;
    Vector r = reduce(bounded(-2.0f * magnitude, -40.0f, 0.0f), n);  // tanh is 1 in float32 from 9.1 on
    Vector scale = power_of_two(n);
    Vector m = expm1_near_zero(r) * scale + (scale - 1.0f);
    Vector value = (0.0f - m) / (m + 2.0f);  // -m would make tanh 0 a -0
    return select(x < 0.0f, -value, value);
}

}  // namespace
