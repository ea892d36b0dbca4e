// Products of a few rows with a matrix, in tiles of ROWS x WIDTH vectors that stay in registers.
#pragma once

#include <type_traits>

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

// What runs through a tile: the first of its vectors, and whether only the lower half of its last vector is needed.
struct Panel {
    int64_t first;
    bool half;
};

// Half a vector: on CPUs that make one 512-bit operation of two 256-bit ones it costs half as much. Hidden 100 is 6.25 vectors.
#if VECTOR_BYTES == 64
typedef float Half __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef float LooseHalf __attribute__((vector_size(VECTOR_BYTES / 2), aligned(4), may_alias));
constexpr bool HALVES = true;
#else
typedef Vector Half;
typedef LooseVector LooseHalf;
constexpr bool HALVES = false;
#endif

// sum[i][v] += over k < depth of a[i * a_row + k * a_step] * m[k * m_step + v * LANES].
// Each lane's additions are in the order of k, whatever ROWS is: a row's result does not depend on the rows beside it.
template <int ROWS, int WIDTH>
inline __attribute__((always_inline)) void accumulate_whole(Vector (&sum)[ROWS][WIDTH], const float* a, int64_t a_row, int64_t a_step,
                                                            const float* m, int64_t m_step, int64_t depth) {
    for (int64_t k = 0; k < depth; ++k) {
        Vector column[WIDTH];
#pragma GCC unroll 8
        for (int v = 0; v < WIDTH; ++v) column[v] = load(m + k * m_step + v * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i) {
            const float element = a[i * a_row + k * a_step];
#pragma GCC unroll 8
            for (int v = 0; v < WIDTH; ++v) sum[i][v] += element * column[v];
        }
    }
}

// The same with the lower half of the last vector only; its upper half is left as it is.
template <int ROWS, int WIDTH>
inline __attribute__((always_inline)) void accumulate_half(Vector (&sum)[ROWS][WIDTH], const float* a, int64_t a_row, int64_t a_step,
                                                           const float* m, int64_t m_step, int64_t depth) {
    Half tail[ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) std::memcpy(&tail[i], &sum[i][WIDTH - 1], sizeof(Half));
    for (int64_t k = 0; k < depth; ++k) {
        Vector column[WIDTH];
#pragma GCC unroll 8
        for (int v = 0; v < WIDTH - 1; ++v) column[v] = load(m + k * m_step + v * LANES);
        const Half last = *reinterpret_cast<const LooseHalf*>(m + k * m_step + (WIDTH - 1) * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; ++i) {
            const float element = a[i * a_row + k * a_step];
#pragma GCC unroll 8
            for (int v = 0; v < WIDTH - 1; ++v) sum[i][v] += element * column[v];
            tail[i] += element * last;
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) std::memcpy(&sum[i][WIDTH - 1], &tail[i], sizeof(Half));
}

template <int ROWS, int WIDTH>
inline __attribute__((always_inline)) void accumulate(Vector (&sum)[ROWS][WIDTH], Panel panel, const float* a, int64_t a_row,
                                                      int64_t a_step, const float* m, int64_t m_step, int64_t depth) {
    if (HALVES && panel.half) accumulate_half<ROWS, WIDTH>(sum, a, a_row, a_step, m, m_step, depth);
    else accumulate_whole<ROWS, WIDTH>(sum, a, a_row, a_step, m, m_step, depth);
}

// Calls body(Number<width>, panel) for panels of at most TILE_WIDTH vectors, of nearly equal widths, that cover `columns` floats.
template <class Body>
inline __attribute__((always_inline)) void each_panel(int64_t columns, Body body) {
    const int64_t vectors = padded(columns) / LANES, panels = (vectors + TILE_WIDTH - 1) / TILE_WIDTH, used = columns % LANES;
    for (int64_t index = 0, first = 0; index < panels; ++index) {
        const int64_t width = vectors / panels + (index < vectors % panels);
        const Panel panel{first, index == panels - 1 && used > 0 && used <= LANES / 2};
        switch (width) {
            case 1: body(Number<1>{}, panel); break;
            case 2: body(Number<2>{}, panel); break;
            case 3: body(Number<3>{}, panel); break;
        }
        first += width;
    }
}

// Calls body(Number<rows>, first) for blocks of TILE_ROWS rows and then smaller ones that make up `rows` rows.
template <class Body>
inline __attribute__((always_inline)) void each_block(int64_t rows, Body body) {
    int64_t first = 0;
    for (; first + TILE_ROWS <= rows; first += TILE_ROWS) body(Number<TILE_ROWS>{}, first);
    if (TILE_ROWS > 4)
        for (; first + 4 <= rows; first += 4) body(Number<4>{}, first);
    for (; first + 2 <= rows; first += 2) body(Number<2>{}, first);
    for (; first < rows; ++first) body(Number<1>{}, first);
}

// A (depth, columns) matrix laid out panel by panel, its rows padded with zeros: panel p holds depth rows of its vectors.
// Element (k, j) is from[k * k_stride + j * j_stride]. Needs depth * padded(columns) floats at `to`.
inline void pack(float* to, const float* from, int64_t k_stride, int64_t j_stride, int64_t depth, int64_t columns) {
    each_panel(columns, [&](auto width, Panel panel) {
        constexpr int64_t lanes = decltype(width)::value * LANES;
        const int64_t first = panel.first * LANES, used = columns - first < lanes ? columns - first : lanes;
        float* rows = to + first * depth;
        if (used < lanes) std::memset(rows, 0, depth * lanes * sizeof(float));
        if (k_stride == 1) {  // the longer run of neighbours goes innermost
            for (int64_t j = 0; j < used; ++j)
                for (int64_t k = 0; k < depth; ++k) rows[k * lanes + j] = from[k + (first + j) * j_stride];
        } else {
            for (int64_t k = 0; k < depth; ++k)
                for (int64_t j = 0; j < used; ++j) rows[k * lanes + j] = from[k * k_stride + (first + j) * j_stride];
        }
    });
}

// to (columns, rows), dense, is the transpose of from (rows, columns), whose rows begin `row` floats apart. A vector's columns at a time.
inline void transpose(float* to, const float* from, int64_t row, int64_t rows, int64_t columns) {
    for (int64_t first = 0; first < columns; first += LANES)
        for (int64_t k = 0; k < rows; ++k)
            for (int64_t j = first; j < columns && j < first + LANES; ++j) to[j * rows + k] = from[k * row + j];
}

}  // namespace
