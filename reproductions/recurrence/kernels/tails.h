// The last one to four columns of a matrix, behind whole vectors of them: hidden 100 is 6 vectors of 16 and four columns.
//
// A vector of their own would be filled to a quarter. So one vector holds them for four rows, its lane 4 * g + r column g of row r: a
// tail. A product multiplies the matrix's columns, each four times over, with the elements of the four rows, the four over and over.
//
// For that the rows are also kept "turned", so that the four rows' elements k lie side by side, at 64 * (k / 16) + 16 * (k % 4) +
// 4 * (k / 4 % 4): a vector of each of four rows becomes four vectors in which no element has left its quarter.
#pragma once

#include "vectors.h"

namespace {

constexpr int64_t TAIL = 4;  // columns, and rows

inline constexpr int fours_of(int rows) { return (rows + TAIL - 1) / TAIL; }

// Where element k of four turned rows begins.
inline int64_t turned_at(int64_t k) { return k / 16 * 64 + k % 4 * 16 + k / 4 % 4 * 4; }

// Floats from four turned rows of n floats to the next four.
inline int64_t turned_size(int64_t n) { return TAIL * padded(n); }

#if VECTOR_BYTES == 64

constexpr bool TAILS = true;

// Whether a matrix of so many columns ends in a tail.
inline bool has_tail(int64_t columns) { return columns > LANES && columns % LANES > 0 && columns % LANES <= TAIL; }

// Rows (4, 4) to columns and back.
inline Vector transposed(Vector tail) {
    return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), tail);
}

// Four columns of `rows` rows, at most four, that begin `row` floats apart; a tail's lanes of other rows are 0.
inline Vector load_tail(const float* from, int64_t row, int rows) {
    Vector lines = _mm512_zextps128_ps512(_mm_loadu_ps(from));
    if (rows > 1) lines = _mm512_insertf32x4(lines, _mm_loadu_ps(from + row), 1);
    if (rows > 2) lines = _mm512_insertf32x4(lines, _mm_loadu_ps(from + 2 * row), 2);
    if (rows > 3) lines = _mm512_insertf32x4(lines, _mm_loadu_ps(from + 3 * row), 3);
    return transposed(lines);
}

// body(i, four columns) for each of `rows` rows.
template <class Body>
inline ALWAYS_INLINE void each_row_of_tail(Vector tail, int rows, Body body) {
    const Vector lines = transposed(tail);
    body(0, _mm512_castps512_ps128(lines));
    if (rows > 1) body(1, _mm512_extractf32x4_ps(lines, 1));
    if (rows > 2) body(2, _mm512_extractf32x4_ps(lines, 2));
    if (rows > 3) body(3, _mm512_extractf32x4_ps(lines, 3));
}

// To the ends of rows `row` floats apart, each a vector whose other lanes are 0.
inline void store_tail(float* to, int64_t row, Vector tail, int rows) {
    each_row_of_tail(tail, rows, [&](int i, __m128 four) { store(to + i * row, _mm512_zextps128_ps512(four)); });
}

inline void add_tail(float* to, int64_t row, Vector tail, int rows) {
    each_row_of_tail(tail, rows, [&](int i, __m128 four) { _mm_storeu_ps(to + i * row, _mm_add_ps(_mm_loadu_ps(to + i * row), four)); });
}

// Each row's four columns, every one four times over, as a matrix's columns are packed.
inline void store_spread(float* to, Vector tail, int rows) {
    store(to, _mm512_permute_ps(tail, 0x00));
    if (rows > 1) store(to + LANES, _mm512_permute_ps(tail, 0x55));
    if (rows > 2) store(to + 2 * LANES, _mm512_permute_ps(tail, 0xAA));
    if (rows > 3) store(to + 3 * LANES, _mm512_permute_ps(tail, 0xFF));
}

// A vector of each of four rows, turned.
inline void store_turned(float* to, Vector a, Vector b, Vector c, Vector d) {
    const __m512d ab = (__m512d)_mm512_unpacklo_ps(a, b), cd = (__m512d)_mm512_unpacklo_ps(c, d);
    const __m512d AB = (__m512d)_mm512_unpackhi_ps(a, b), CD = (__m512d)_mm512_unpackhi_ps(c, d);
    store(to, (Vector)_mm512_unpacklo_pd(ab, cd)), store(to + LANES, (Vector)_mm512_unpackhi_pd(ab, cd));
    store(to + 2 * LANES, (Vector)_mm512_unpacklo_pd(AB, CD)), store(to + 3 * LANES, (Vector)_mm512_unpackhi_pd(AB, CD));
}

// A tail as the last columns of turned rows.
inline void store_turned(float* to, Vector tail) {
    _mm_storeu_ps(to, _mm512_castps512_ps128(tail));
    _mm_storeu_ps(to + LANES, _mm512_extractf32x4_ps(tail, 1));
    _mm_storeu_ps(to + 2 * LANES, _mm512_extractf32x4_ps(tail, 2));
    _mm_storeu_ps(to + 3 * LANES, _mm512_extractf32x4_ps(tail, 3));
}

#else  // narrower vectors have no tails, and nothing of this runs

constexpr bool TAILS = false;
inline bool has_tail(int64_t) { return false; }
inline Vector load_tail(const float*, int64_t, int) { return Vector{}; }
inline void store_tail(float*, int64_t, Vector, int) {}
inline void add_tail(float*, int64_t, Vector, int) {}
inline void store_spread(float*, Vector, int) {}
inline void store_turned(float*, Vector, Vector, Vector, Vector) {}
inline void store_turned(float*, Vector) {}

#endif

// The sums of ROWS rows with WIDTH whole vectors, and with a tail behind them if TAILED.
template <int ROWS, int WIDTH, bool TAILED>
struct Sums {
    static constexpr int COUNT = ROWS * WIDTH + (TAILED ? fours_of(ROWS) : 0);
    Vector whole[ROWS][WIDTH] = {};
    Vector tail[fours_of(ROWS)] = {};

    // body(vector, its number) for each, written out.
    template <class Body>
    ALWAYS_INLINE void each(Body body) {
        each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE { body(whole[i][v], i * WIDTH + v); });
        if constexpr (TAILED) unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { body(tail[i], ROWS * WIDTH + i); });
    }
};

// Rows of the i-th four of ROWS.
template <int ROWS>
inline constexpr int rows_in(int i) { return ROWS - i * TAIL < TAIL ? ROWS - i * TAIL : TAIL; }

// The tails of rows that begin `row` floats apart, each a vector whose other lanes are 0.
template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void store_tails(float* to, int64_t row, const Sums<ROWS, WIDTH, true>& sum) {
    unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { store_tail(to + i * TAIL * row, row, sum.tail[i], rows_in<ROWS>(i)); });
}

template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void load_tails(Sums<ROWS, WIDTH, true>& sum, const float* from, int64_t row) {
    unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { sum.tail[i] = load_tail(from + i * TAIL * row, row, rows_in<ROWS>(i)); });
}

template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void add_tails(float* to, int64_t row, const Sums<ROWS, WIDTH, true>& sum) {
    unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { add_tail(to + i * TAIL * row, row, sum.tail[i], rows_in<ROWS>(i)); });
}

// The tail of each of ROWS rows, every column four times over, a vector a row.
template <int ROWS, int WIDTH>
inline ALWAYS_INLINE void spread_tails(float* to, const Sums<ROWS, WIDTH, true>& sum) {
    unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { store_spread(to + i * TAIL * LANES, sum.tail[i], rows_in<ROWS>(i)); });
}

// A panel's columns, to their place in turned rows of which four take `size` floats.
template <int ROWS, int WIDTH, bool TAILED>
inline ALWAYS_INLINE void turn(float* to, int64_t size, const Sums<ROWS, WIDTH, TAILED>& sum) {
    each_vector<fours_of(ROWS), WIDTH>([&](int i, int v) ALWAYS_INLINE {
        const auto line = [&](int64_t of) ALWAYS_INLINE { return i * TAIL + of < ROWS ? sum.whole[(i * TAIL + of) % ROWS][v] : Vector{}; };
        store_turned(to + i * size + v * TAIL * LANES, line(0), line(1), line(2), line(3));
    });
    float* last = to + WIDTH * TAIL * LANES;
    if constexpr (TAILED) unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { store_turned(last + i * size, sum.tail[i]); });
}

// `rows` (ROWS, columns) that begin `row` floats apart, turned.
template <int ROWS>
inline void turn(float* to, const float* rows, int64_t row, int64_t columns) {
    const int64_t whole = columns / LANES * LANES;
    for (int i = 0; i < ROWS; i += TAIL, to += turned_size(columns), rows += TAIL * row) {
        for (int64_t k = 0; k < whole; k += LANES) {
            const auto line = [&](int of) { return i + of < ROWS ? load(rows + of * row + k) : Vector{}; };
            store_turned(to + TAIL * k, line(0), line(1), line(2), line(3));
        }
        for (int64_t k = whole; k < columns; ++k)
            for (int of = 0; of < TAIL; ++of) to[turned_at(k) + of] = i + of < ROWS ? rows[of * row + k] : 0.0f;
    }
}

}  // namespace
