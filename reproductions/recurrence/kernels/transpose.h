// Matrices turned on their side, by fours.
#pragma once

#include <cstdint>
#include <cstring>

namespace {

// The elements of a and b together by their numbers. GCC has Clang's way of saying it from version 12 on.
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLED(a, b, ...) __builtin_shuffle(a, b, decltype((a) < (b)){__VA_ARGS__})
#endif

typedef float Four __attribute__((vector_size(16)));

inline Four load_four(const float* from) {
    Four four;
    std::memcpy(&four, from, sizeof four);
    return four;
}

inline void store_four(float* to, Four four) { std::memcpy(to, &four, sizeof four); }

// Transposes (4, 4) floats: rows `from_stride` apart to rows `to_stride` apart.
inline void transpose_four(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
    Four a = load_four(from), b = load_four(from + from_stride);
    Four c = load_four(from + 2 * from_stride), d = load_four(from + 3 * from_stride);
    Four ac = SHUFFLED(a, c, 0, 4, 1, 5), bd = SHUFFLED(b, d, 0, 4, 1, 5);
    Four ac_right = SHUFFLED(a, c, 2, 6, 3, 7), bd_right = SHUFFLED(b, d, 2, 6, 3, 7);
    store_four(to, SHUFFLED(ac, bd, 0, 4, 1, 5));
    store_four(to + to_stride, SHUFFLED(ac, bd, 2, 6, 3, 7));
    store_four(to + 2 * to_stride, SHUFFLED(ac_right, bd_right, 0, 4, 1, 5));
    store_four(to + 3 * to_stride, SHUFFLED(ac_right, bd_right, 2, 6, 3, 7));
}

// Transposes (rows, columns): by fours as far as they go.
inline void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
    int64_t even_rows = rows / 4 * 4, even_columns = columns / 4 * 4;
    for (int64_t row = 0; row < even_rows; row += 4)
        for (int64_t column = 0; column < even_columns; column += 4)
            transpose_four(from + row * from_stride + column, from_stride, to + column * to_stride + row, to_stride);
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = row < even_rows ? even_columns : 0; column < columns; ++column)
            to[column * to_stride + row] = from[row * from_stride + column];
}

}  // namespace
