// Weights in the order in which the LSTM's products read them, and their gradients back in torch's order.
//
// torch stacks the gates: row gate * H + unit of (4H, columns). Here the 4H axis is in quads (lstm_gates.h), H rounded up to a multiple
// of four. What stands for units that are not there is left as it is: zero in a new buffer.
#pragma once

#include <algorithm>
#include <cstring>

#include "lstm_gates.h"
#include "lstm_products.h"
#include "transpose.h"

namespace {

// The gate of a position in quads (a multiple of four), its first unit, and how many of its four units are there.
struct Place {
    int64_t gate, unit, there;
    Place(int64_t position, int64_t hidden)
        : gate(position % 16 / QUAD), unit(position / 16 * QUAD), there(std::max<int64_t>(0, std::min(QUAD, hidden - unit))) {}
};

// weights (4H, columns) as the right side (depth, 4H in quads) of `product`; depth >= columns.
inline void pack_for_gates(const float* weights, int64_t hidden, int64_t columns, int64_t depth, float* packed) {
    int64_t vectors = 4 * rounded(hidden, QUAD) / LANES, width = 0;
    for (int64_t vector = 0; vector < vectors; vector += width) {
        width = strip_width(vectors - vector);
        float* strip = packed + vector * LANES * depth;
        for (int64_t lane = 0; lane < width * LANES; lane += QUAD) {
            Place at(vector * LANES + lane, hidden);
            transpose(weights + (at.gate * hidden + at.unit) * columns, columns, at.there, columns, strip + lane, width * LANES);
        }
    }
}

// weights (4H, columns) as the right side (4H in quads, columns rounded up to quads) of `product_of_quads`.
inline void pack_for_columns(const float* weights, int64_t hidden, int64_t columns, float* packed) {
    int64_t depth = 4 * rounded(hidden, QUAD), vectors = rounded(columns, QUAD) / LANES, width = 0;
    for (int64_t position = 0; position < depth; position += QUAD) {
        Place at(position, hidden);
        const float* from = weights + (at.gate * hidden + at.unit) * columns;
        for (int64_t row = 0; row < at.there; ++row)
            for (int64_t vector = 0; vector < vectors; vector += width) {
                width = strip_width(vectors - vector);
                int64_t column = vector * LANES, count = std::min(width * LANES, columns - column);
                float* to = packed + column * depth + (position + row) * width * LANES;
                std::memcpy(to, from + row * columns + column, count * sizeof(float));
            }
        for (int64_t column = vectors * LANES; column < columns; column += QUAD)
            transpose(from + column, columns, at.there, std::min(QUAD, columns - column), packed + column * depth + position * 4, 4);
    }
}

// The gradient (4H, columns) from `add_gradient`'s total: its columns from `first` on, of `all`.
inline void unpack_gradient(const float* total, int64_t hidden, int64_t all, int64_t first, int64_t columns, float* gradient) {
    int64_t vectors = 4 * rounded(hidden, QUAD) / LANES;
    for (int64_t vector = 0; vector < vectors; vector += GRADIENT_STRIP) {
        int64_t width = std::min<int64_t>(GRADIENT_STRIP, vectors - vector);
        const float* strip = total + (vector * all + first * width) * LANES;
        for (int64_t lane = 0; lane < width * LANES; lane += QUAD) {
            Place at(vector * LANES + lane, hidden);
            transpose(strip + lane, width * LANES, columns, at.there, gradient + (at.gate * hidden + at.unit) * columns, columns);
        }
    }
}

}  // namespace
