// The matrix products of the LSTM: tiles of the result that stay in registers while the inner dimension passes.
#pragma once

#include <algorithm>

#include "vectors.h"

namespace {

// AVX-512 and NEON have 32 vector registers, AVX2 and SSE 16. A tile's sums, and the vectors and the value it multiplies, must fit.
#if VECTOR_BYTES == 64 || defined(__aarch64__)
constexpr int ROWS = 8, STRIP = 3;             // 24 sums, 3 vectors of weights
constexpr int GRADIENT_STRIP = 5, COLUMNS = 5; // 25 sums, 5 vectors of deltas
#else
constexpr int ROWS = 4, STRIP = 3;             // 12 sums
constexpr int GRADIENT_STRIP = 2, COLUMNS = 6; // 12 sums
#endif
constexpr int HALF = ROWS / 2;

inline int64_t rounded(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// The number of vectors in the next strip when `left` are left: STRIP at most, and no lone vector behind a full strip.
inline int64_t strip_width(int64_t left) { return left == STRIP + 1 ? STRIP - 1 : std::min<int64_t>(left, STRIP); }

// Memory that the next element-wise loop will read or write, drawn into the second cache while a product leaves the way to memory
// idle: `stride` bytes a row of weights.
struct Ahead {
    const char* at = nullptr;
    int64_t stride = 0;
};

// sum[r][v] += a[r, k] * w[k, v] over k < count; row r of a starts at a + r * stride, row k of w at w + k * V * LANES.
template <int R, int V>
inline ALWAYS_INLINE void accumulate(Vector (&sum)[R][V], const float* a, int64_t stride, int64_t count, const float* w,
                                                      Ahead& ahead) {
    const char* next = ahead.at;
    const int64_t by = ahead.stride;
    for (int64_t k = 0; k < count; ++k) {
        __builtin_prefetch(next, 0, 2);
        next += by;
        Vector weights[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) weights[v] = load(w + (k * V + v) * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            Vector factor = splat(a[r * stride + k]);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[r][v] += factor * weights[v];
        }
    }
    ahead.at = next;
}

// One factor pair of a product: rows of values against packed weights.
struct Factor {
    const float* rows;
    int64_t stride;
    int64_t count;
    const float* weights;  // strips one after another, each (count, V, LANES)
};

// out[r, v] = start[v] + the sum over the factors. Row r of out starts at out + r * out_stride.
template <int R, int V, int F>
void tile(const Factor (&factors)[F], int64_t row, int64_t vector, const float* start, float* out, int64_t out_stride, Ahead& ahead) {
    Vector sum[R][V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
        Vector first = start ? load(start + (vector + v) * LANES) : Vector{};
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sum[r][v] = first;
    }
    for (const Factor& f : factors)
        accumulate<R, V>(sum, f.rows + row * f.stride, f.stride, f.count, f.weights + vector * LANES * f.count, ahead);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) store(out + (row + r) * out_stride + (vector + v) * LANES, sum[r][v]);
}

template <int V, int F>
void strip(const Factor (&factors)[F], int64_t rows, int64_t vector, const float* start, float* out, int64_t out_stride, Ahead& ahead) {
    int64_t row = 0;
    for (; row + ROWS <= rows; row += ROWS) tile<ROWS, V>(factors, row, vector, start, out, out_stride, ahead);
    for (; row < rows; row += HALF) tile<HALF, V>(factors, row, vector, start, out, out_stride, ahead);
}

// out (rows, vectors * LANES) = start + the sum over the factors; rows is a multiple of HALF. Meanwhile it draws near the floats
// from `ahead_from` on, unless that is null.
template <int F>
void product(const Factor (&factors)[F], int64_t rows, int64_t vectors, const float* start, float* out, int64_t out_stride,
             const float* ahead_from, int64_t ahead_count) {
    int64_t depth = 0;
    for (const Factor& f : factors) depth += f.count;
    Ahead ahead{reinterpret_cast<const char*>(out), 0};
    int64_t passes = depth * ((rows + ROWS - 1) / ROWS) * ((vectors + STRIP - 1) / STRIP);
    if (ahead_from && passes) {
        ahead = {reinterpret_cast<const char*>(ahead_from), 1 + ahead_count * (int64_t)sizeof(float) / passes};
    }
    int64_t width = 0;
    for (int64_t vector = 0; vector < vectors; vector += width) {
        width = strip_width(vectors - vector);
        if (width == 3) strip<3>(factors, rows, vector, start, out, out_stride, ahead);
        else if (width == 2) strip<2>(factors, rows, vector, start, out, out_stride, ahead);
        else strip<1>(factors, rows, vector, start, out, out_stride, ahead);
    }
}

// out (R, 4) = a (R, count) times four columns that do not fill a vector: a lane multiplies every fourth row of one column.
// w is (count / 4, 4 columns, 4 rows).
template <int R>
void quad_tile(const float* a, int64_t stride, int64_t count, const float* w, float* out, int64_t out_stride) {
    constexpr int V = 16 / LANES;
    Vector sum[R][V] = {};
    for (int64_t k = 0; k < count; k += 4) {
        Vector weights[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) weights[v] = load(w + 4 * k + v * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            Vector factors = repeated(a + r * stride + k);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[r][v] += factors * weights[v];
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
        float lanes[16];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) store(lanes + v * LANES, sum[r][v]);
        for (int column = 0; column < 4; ++column) {
            const float* part = lanes + 4 * column;
            out[r * out_stride + column] = (part[0] + part[1]) + (part[2] + part[3]);
        }
    }
}

// out (rows, columns) = a (rows, count) w, columns a multiple of four: whole vectors by strips, then quads of columns.
inline void product_of_quads(const float* a, int64_t stride, int64_t count, int64_t rows, const float* w, int64_t columns, float* out,
                             const float* ahead, int64_t ahead_count) {
    int64_t vectors = columns / LANES;
    const Factor factor[1] = {{a, stride, count, w}};
    product(factor, rows, vectors, nullptr, out, columns, ahead, ahead_count);
    for (int64_t column = vectors * LANES; column < columns; column += 4) {
        const float* quad = w + column * count;
        int64_t row = 0;
        float* to = out + column;
        for (; row + ROWS <= rows; row += ROWS) quad_tile<ROWS>(a + row * stride, stride, count, quad, to + row * columns, columns);
        for (; row < rows; row += HALF) quad_tile<HALF>(a + row * stride, stride, count, quad, to + row * columns, columns);
    }
}

// total[c, v] += sum over rows of a[row, c] * d[row, v], the tile of a weight gradient.
template <int C, int V>
void gradient_tile(const float* a, int64_t a_stride, const float* d, int64_t d_stride, int64_t rows, float* total) {
    Vector sum[C][V] = {};
    for (int64_t row = 0; row < rows; ++row) {
        Vector delta[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) delta[v] = load(d + row * d_stride + v * LANES);
#pragma GCC unroll 8
        for (int c = 0; c < C; ++c) {
            Vector factor = splat(a[row * a_stride + c]);
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[c][v] += factor * delta[v];
        }
    }
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
            float* at = total + (c * V + v) * LANES;
            store(at, load(at) + sum[c][v]);
        }
}

template <int C>
void gradient_columns(int width, const float* a, int64_t a_stride, const float* d, int64_t d_stride, int64_t rows, float* total) {
    switch (width) {
        case 1: return gradient_tile<C, 1>(a, a_stride, d, d_stride, rows, total);
        case 2: return gradient_tile<C, 2>(a, a_stride, d, d_stride, rows, total);
#if VECTOR_BYTES == 64 || defined(__aarch64__)
        case 3: return gradient_tile<C, 3>(a, a_stride, d, d_stride, rows, total);
        case 4: return gradient_tile<C, 4>(a, a_stride, d, d_stride, rows, total);
        case 5: return gradient_tile<C, 5>(a, a_stride, d, d_stride, rows, total);
#endif
    }
}

// total += a^T d over `rows` rows: a (rows, columns), d (rows, vectors * LANES). total is a sequence of strips of
// GRADIENT_STRIP vectors, each (columns, V, LANES).
inline void add_gradient(const float* a, int64_t a_stride, int64_t columns, const float* d, int64_t d_stride, int64_t vectors,
                         int64_t rows, float* total) {
    for (int64_t vector = 0; vector < vectors; vector += GRADIENT_STRIP) {
        int width = (int)std::min<int64_t>(GRADIENT_STRIP, vectors - vector);
        for (int64_t column = 0; column < columns; column += COLUMNS) {
            float* at = total + vector * LANES * columns + column * width * LANES;
            const float* from = a + column;
            const float* deltas = d + vector * LANES;
            switch (std::min<int64_t>(COLUMNS, columns - column)) {
                case 1: gradient_columns<1>(width, from, a_stride, deltas, d_stride, rows, at); break;
                case 2: gradient_columns<2>(width, from, a_stride, deltas, d_stride, rows, at); break;
                case 3: gradient_columns<3>(width, from, a_stride, deltas, d_stride, rows, at); break;
                case 4: gradient_columns<4>(width, from, a_stride, deltas, d_stride, rows, at); break;
                case 5: gradient_columns<5>(width, from, a_stride, deltas, d_stride, rows, at); break;
                default: gradient_columns<COLUMNS>(width, from, a_stride, deltas, d_stride, rows, at);
            }
        }
    }
}

}  // namespace
