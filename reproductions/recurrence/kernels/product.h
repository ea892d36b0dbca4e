// Products of a few rows with a matrix, in tiles of ROWS x WIDTH vectors that stay in registers.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "tails.h"
#include "transpose.h"
#include "vectors.h"

namespace {

// The tile: as many sums as registers allow, beside WIDTH vectors of the matrix and one broadcast element.
constexpr int TILE_WIDTH = 3;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int TILE_ROWS = 8;  // of 32 registers
#else
constexpr int TILE_ROWS = 4;  // of 16
#endif

template <int N>
using Number = std::integral_constant<int, N>;

// What runs through a tile: the first of its whole vectors, and whether only the lower half of its last one is needed.
struct Panel {
    int64_t first;
    bool half;
};

// Half a vector: on CPUs that make one 512-bit operation of two 256-bit ones it costs half as much. Hidden 200 is 12.5 vectors.
#if VECTOR_BYTES == 64
typedef float Half __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef float LooseHalf __attribute__((vector_size(VECTOR_BYTES / 2), aligned(4), may_alias));
constexpr bool HALVES = true;
#else
typedef Vector Half;
typedef LooseVector LooseHalf;
constexpr bool HALVES = false;
#endif

// sum[i][v] += a[i * a_row] * m[v * LANES]
template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void accumulate_once(Vector (&sum)[ROWS][WIDTH], const float* a, int64_t a_row, const float* m) {
    Vector column[WIDTH];
    unrolled<WIDTH>([&](int v) ALWAYS_INLINE { column[v] = load(m + v * LANES); });
    unrolled<ROWS>([&](int i) ALWAYS_INLINE {
        const float element = a[i * a_row];
        unrolled<WIDTH>([&](int v) ALWAYS_INLINE { sum[i][v] += element * column[v]; });
    });
}

// Does nothing while a product runs.
struct Nothing {
    void operator()(int64_t) const {}
};

// Draws memory near that is needed later, while a product leaves the way to it idle: `stride` bytes an element of its depth.
struct Ahead {
    const char* from;
    int64_t stride;
    void operator()(int64_t k) const { __builtin_prefetch(from + k * stride); }
};

// sum[i][v] += over k < depth of a[i * a_row + k * a_step] * m[k * m_step + v * LANES].
// Each lane's additions are in the order of k, whatever ROWS is: a row's result does not depend on the rows beside it.
template <int ROWS, int WIDTH, class Beside>
inline ALWAYS_INLINE void accumulate_whole(Vector (&sum)[ROWS][WIDTH], const float* a, int64_t a_row, int64_t a_step, const float* m,
                                           int64_t m_step, int64_t depth, Beside beside) {
    for (int64_t k = 0; k < depth; ++k) beside(k), accumulate_once(sum, a + k * a_step, a_row, m + k * m_step);
}

// The same with the lower half of the last vector only; its upper half is left as it is.
template <int ROWS, int WIDTH, class Beside>
inline ALWAYS_INLINE void accumulate_half(Vector (&sum)[ROWS][WIDTH], const float* a, int64_t a_row, int64_t a_step, const float* m,
                                          int64_t m_step, int64_t depth, Beside beside) {
    Half lower[ROWS];
    unrolled<ROWS>([&](int i) ALWAYS_INLINE { std::memcpy(&lower[i], &sum[i][WIDTH - 1], sizeof(Half)); });
    for (int64_t k = 0; k < depth; ++k) {
        beside(k);
        Vector column[WIDTH];
        unrolled<WIDTH - 1>([&](int v) ALWAYS_INLINE { column[v] = load(m + k * m_step + v * LANES); });
        const Half last = *reinterpret_cast<const LooseHalf*>(m + k * m_step + (WIDTH - 1) * LANES);
        unrolled<ROWS>([&](int i) ALWAYS_INLINE {
            const float element = a[i * a_row + k * a_step];
            unrolled<WIDTH - 1>([&](int v) ALWAYS_INLINE { sum[i][v] += element * column[v]; });
            lower[i] += element * last;
        });
    }
    unrolled<ROWS>([&](int i) ALWAYS_INLINE { std::memcpy(&sum[i][WIDTH - 1], &lower[i], sizeof(Half)); });
}

// One k of a panel with a tail: four rows' elements over and over at f, the next four's f_step further.
template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void accumulate_once(Sums<ROWS, WIDTH, true>& sum, const float* a, int64_t a_row, const float* m, const float* tail,
                                          const float* f, int64_t f_step) {
    accumulate_once(sum.whole, a, a_row, m);
    unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { sum.tail[i] += repeated(f + i * f_step) * load(tail); });
}

// Rows of values, `row` floats apart, and the same turned, or null if no tail is multiplied with them.
struct Rows {
    const float* data;
    int64_t row;
    const float* turned;
};

// Adds to the sums of a panel the product of (ROWS, depth) with a packed matrix.
template <int ROWS, int WIDTH, bool TAILED, class Beside = Nothing>
inline ALWAYS_INLINE void accumulate(Sums<ROWS, WIDTH, TAILED>& sum, Panel panel, Rows rows, const float* packed, int64_t depth,
                                     Beside beside = {}) {
    const float *m = packed + panel.first * LANES * depth, *a = rows.data;
    if constexpr (TAILED) {
        constexpr int64_t m_step = (WIDTH + 1) * LANES;
        const int64_t size = turned_size(depth);
        for (int64_t k = 0; k < depth; ++k) {
            beside(k);
            accumulate_once(sum, a + k, rows.row, m + k * m_step, m + k * m_step + WIDTH * LANES, rows.turned + turned_at(k), size);
        }
    } else if (HALVES && panel.half) {
        accumulate_half(sum.whole, a, rows.row, 1, m, WIDTH * LANES, depth, beside);
    } else {
        accumulate_whole(sum.whole, a, rows.row, 1, m, WIDTH * LANES, depth, beside);
    }
}

// Adds to the sums of a panel the product of `a` transposed, (depth, ROWS), with rows m that have their tails, spread, elsewhere.
template <int ROWS, int WIDTH, bool TAILED>
inline ALWAYS_INLINE void accumulate_outer(Sums<ROWS, WIDTH, TAILED>& sum, Panel panel, const float* a, int64_t a_step, const float* m,
                                           int64_t m_step, const float* tails, int64_t depth) {
    if constexpr (TAILED) {
        for (int64_t k = 0; k < depth; ++k)
            accumulate_once(sum, a + k * a_step, 1, m + k * m_step, tails + k * LANES, a + k * a_step, TAIL);
    } else if (HALVES && panel.half) {
        accumulate_half(sum.whole, a, 1, a_step, m, m_step, depth, Nothing{});
    } else {
        accumulate_whole(sum.whole, a, 1, a_step, m, m_step, depth, Nothing{});
    }
}

// Calls body(Number<width>, with a tail or not as a type, panel) for panels of at most TILE_WIDTH vectors, of nearly equal widths, that
// cover `columns` floats. Only the last may have a tail.
template <class Body>
inline ALWAYS_INLINE void each_panel(int64_t columns, Body body) {
    const bool tailed = has_tail(columns);
    const int64_t vectors = tailed ? columns / LANES : padded(columns) / LANES, panels = (vectors + TILE_WIDTH - 1) / TILE_WIDTH;
    for (int64_t index = 0, first = 0; index < panels; ++index) {
        const int64_t width = vectors / panels + (index < vectors % panels), used = columns - (first + width - 1) * LANES;
        const Panel panel{first, used <= LANES / 2};
        const auto with = [&](auto tail) ALWAYS_INLINE {
            switch (width) {
                case 1: body(Number<1>{}, tail, panel); break;
                case 2: body(Number<2>{}, tail, panel); break;
                case 3: body(Number<3>{}, tail, panel); break;
            }
        };
        if (TAILS && tailed && index == panels - 1) with(std::integral_constant<bool, TAILS>{});
        else with(std::false_type{});
        first += width;
    }
}

// Calls body(Number<rows>, first) for blocks of TILE_ROWS rows and then smaller ones that make up `rows` rows.
template <class Body>
inline ALWAYS_INLINE void each_block(int64_t rows, Body body) {
    int64_t first = 0;
    for (; first + TILE_ROWS <= rows; first += TILE_ROWS) body(Number<TILE_ROWS>{}, first);
    if (TILE_ROWS > 4)
        for (; first + 4 <= rows; first += 4) body(Number<4>{}, first);
    for (; first + 2 <= rows; first += 2) body(Number<2>{}, first);
    for (; first < rows; ++first) body(Number<1>{}, first);
}

// A (depth, columns) matrix laid out panel by panel, its rows padded with zeros: panel p holds depth rows of its vectors. In a tail
// every column is there four times. Element (k, j) is from[k * k_stride + j * j_stride], where one stride is 1. Needs
// depth * padded(columns) floats at `to`.
inline void pack(float* to, const float* from, int64_t k_stride, int64_t j_stride, int64_t depth, int64_t columns) {
    each_panel(columns, [&](auto width, auto tailed, Panel panel) {
        constexpr int64_t whole = decltype(width)::value * LANES, lanes = whole + (decltype(tailed)::value ? LANES : 0);
        const int64_t first = panel.first * LANES, used = std::min(columns - first, lanes), there = std::min(used, whole);
        float* rows = to + first * depth;
        if (used < lanes) std::memset(rows, 0, depth * lanes * sizeof(float));
        if (k_stride == 1) transpose(from + first * j_stride, j_stride, there, depth, rows, lanes);
        else
            for (int64_t k = 0; k < depth; ++k) std::memcpy(rows + k * lanes, from + k * k_stride + first, there * sizeof(float));
        for (int64_t k = 0; k < depth; ++k)
            for (int64_t j = whole; j < used; ++j)
                for (int64_t again = 0; again < TAIL; ++again)
                    rows[k * lanes + whole + TAIL * (j - whole) + again] = from[k * k_stride + (first + j) * j_stride];
    });
}

}  // namespace
