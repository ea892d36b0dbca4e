// The LSTM over a whole sequence, forward and backward, from h_0 = c_0 = 0.
//
//   i, f, o = logistic(.), g = tanh(.) of W x_t + U h_{t-1} + b;  c_t = f c_{t-1} + i g;  h_t = o tanh(c_t)
//
// A block of BLOCK sequences goes through all its steps before the next one begins: its state stays in the first cache, and a step reads
// U from the second once for all its rows. What the backward pass needs of a step is kept as five arrays (rows, H): i, f, g, o, c.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "lstm_gates.h"
#include "lstm_packing.h"
#include "lstm_products.h"

namespace {

constexpr int64_t BLOCK = 32;          // sequences that go together
constexpr int64_t GRADIENT_ROWS = 64;  // rows of deltas that enter a weight gradient together; 5 vectors of each are 20 KB
constexpr int64_t SLACK = 4 * LANES;   // the element-wise loops may run over the end of an array by less than this

struct Shape {
    int64_t steps, batch, inputs, hidden;
    int64_t units() const { return rounded(hidden, QUAD); }
    int64_t wide() const { return 4 * units(); }
    int64_t rows(int64_t first) const { return std::min(BLOCK, batch - first); }
    int64_t row(int64_t t, int64_t first) const { return t * batch + first; }
    int64_t count(int64_t rows) const { return rounded(rows * units(), LANES); }  // units of a block, up to a whole vector
    // Where the block that begins with sequence `first` keeps its steps.
    int64_t kept(int64_t first) const { return first / BLOCK * steps * 5 * count(BLOCK) + steps * 5 * count(first % BLOCK); }
};

struct Free {
    void operator()(float* p) const { std::free(p); }
};

// Floats from the start of a cache line; zeros, unless they are written before they matter.
class Buffer {
public:
    explicit Buffer(int64_t count, bool zeros = true)
        : bytes_(rounded(count * (int64_t)sizeof(float), 64)), floats_(static_cast<float*>(std::aligned_alloc(64, bytes_))) {
        if (!floats_) throw std::bad_alloc();
        if (zeros) clear();
    }
    void clear() { std::memset(floats_.get(), 0, bytes_); }
    operator float*() const { return floats_.get(); }

private:
    int64_t bytes_;
    std::unique_ptr<float[], Free> floats_;
};

// Subnormal numbers are zero while this lives: a gradient that vanishes passes through them, and some processors take a hundred times
// as long over each.
class NoSubnormals {
public:
#if defined(__SSE2__)
    NoSubnormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }  // flush to zero, denormals are zero
    ~NoSubnormals() { _mm_setcsr(before_); }

private:
    unsigned before_;
#else
    NoSubnormals() {}
#endif
};

void copy_rows(float* to, int64_t to_stride, const float* from, int64_t from_stride, int64_t width, int64_t rows) {
    for (int64_t row = 0; row < rows; ++row) std::memcpy(to + row * to_stride, from + row * from_stride, width * sizeof(float));
}

// The units that fill up the last quad of a row: W x_t is not zero there if x_t is infinite.
void clear_padding(float* z, int64_t hidden, int64_t wide, int64_t rows) {
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t gate = 0; gate < 4; ++gate)
            for (int64_t unit = hidden; unit < wide / 4; ++unit) z[row * wide + quad_position(gate, unit)] = 0.0f;
}

// count is a multiple of LANES.
bool all_finite(const float* values, int64_t count) {
    Vector zero = {};
    for (int64_t k = 0; k < count; k += LANES) zero += 0.0f * load(values + k);
    bool all = true;
    for (int lane = 0; lane < LANES; ++lane) all &= zero[lane] == 0.0f;
    return all;
}

// One step of `count` units: pre-activations in quads to the new c and h; gates and c go to `kept` unless it is null.
void forward_gates(const float* z, int64_t count, float* c, float* h, float* kept) {
    for (int64_t at = 0; at < count; at += LANES) {
        auto [i, f, g, o] = activate(load_quads(z + 4 * at));
        Vector state = f * load(c + at) + i * g;
        store(c + at, state);
        store(h + at, o);
        if (kept) {
            float* to = kept + at;
            store(to, i), store(to + count, f), store(to + 2 * count, g), store(to + 3 * count, o), store(to + 4 * count, state);
        }
    }
    for (int64_t at = 0; at < count; at += 4 * LANES) {
        Vector state[4];
        for (int v = 0; v < 4; ++v) state[v] = load(c + at + v * LANES);
        squash(state);
        for (int v = 0; v < 4; ++v) store(h + at + v * LANES, load(h + at + v * LANES) * state[v]);
    }
}

// tanh(c) and o tanh(c) of `count` units of a kept step.
void outputs_again(const float* kept, int64_t count, float* tanh_c, float* h) {
    const float *o = kept + 3 * count, *c = kept + 4 * count;
    for (int64_t at = 0; at < count; at += 4 * LANES) {
        Vector state[4];
        for (int v = 0; v < 4; ++v) state[v] = load(c + at + v * LANES);
        squash(state);
        for (int v = 0; v < 4; ++v) {
            store(tanh_c + at + v * LANES, state[v]);
            store(h + at + v * LANES, state[v] * load(o + at + v * LANES));
        }
    }
}

// One step back of `count` units. In: dh, the gradient of h_t; dc, that of c_t by way of c_{t+1}; tanh(c_t); c_before = c_{t-1}.
// Out: the gradient of the pre-activations, in quads; dc of the step before. False if all of it is zero.
bool backward_gates(const float* kept, const float* c_before, int64_t count, const float* dh, const float* tanh_c, float* dc,
                    float* deltas) {
    IntVector some = {};
    for (int64_t at = 0; at < count; at += LANES) {
        const float* from = kept + at;
        Vector i = load(from), f = load(from + count), g = load(from + 2 * count), o = load(from + 3 * count);
        Vector tanh_state = load(tanh_c + at), to_h = load(dh + at) * o;
        Vector to_c = load(dc + at) + (to_h - to_h * tanh_state * tanh_state);
        Vector to_f = to_c * load(c_before + at) * (f - f * f);
        store_quads(deltas + 4 * at, {to_c * g * (i - i * i), to_f, to_c * (i - i * g * g), to_h * tanh_state * (1.0f - o)});
        store(dc + at, to_c * f);
        some |= (IntVector)((to_h != 0.0f) | (to_c != 0.0f));
    }
    bool any = false;
    for (int lane = 0; lane < LANES; ++lane) any |= some[lane] != 0;
    return any;
}

}  // namespace

extern "C" {

// Floats that lstm_forward keeps for lstm_backward.
int64_t lstm_kept(int64_t steps, int64_t batch, int64_t inputs, int64_t hidden) {
    return Shape{steps, batch, inputs, hidden}.kept(batch) + SLACK;
}

// x (T, B, D), W (4H, D), U (4H, H), b (4H), gates in the order i, f, g, o. Writes every h_t to outputs (T, B, H), h_T to last (B, H) and
// what backward needs to kept, each unless null.
void lstm_forward(const float* x, const float* W, const float* U, const float* b, float* outputs, float* last, float* kept, int64_t steps,
                  int64_t batch, int64_t inputs, int64_t hidden) {
    NoSubnormals guard;
    Shape s{steps, batch, inputs, hidden};
    int64_t units = s.units(), wide = s.wide();
    const bool fill = units != hidden;  // packing leaves out the units that fill up the last quad
    Buffer packed_W(wide * inputs, fill), packed_U(wide * units, fill), bias(wide, fill);
    pack_for_gates(W, hidden, inputs, inputs, packed_W);
    pack_for_gates(U, hidden, hidden, units, packed_U);
    pack_for_gates(b, hidden, 1, 1, bias);
    int64_t first_depth = all_finite(packed_U, wide * units) ? 0 : units;  // U h_0 is zero, unless U is infinite
    Buffer z(BLOCK * wide + SLACK), h(BLOCK * units + SLACK), c(BLOCK * units + SLACK), read(BLOCK * inputs);
    for (int64_t first = 0; first < batch; first += BLOCK) {
        int64_t rows = s.rows(first), count = s.count(rows);
        h.clear(), c.clear();
        for (int64_t t = 0; t < steps; ++t) {
            std::memcpy(read, x + s.row(t, first) * inputs, rows * inputs * sizeof(float));
            const Factor factors[2] = {{read, inputs, inputs, packed_W}, {h, units, t ? units : first_depth, packed_U}};
            float* keep = kept ? kept + s.kept(first) + t * 5 * count : nullptr;
            product(factors, rounded(rows, HALF), wide / LANES, bias, z, wide, keep, 5 * count);
            if (fill) clear_padding(z, hidden, wide, rows);
            forward_gates(z, count, c, h, keep);
            if (outputs) copy_rows(outputs + s.row(t, first) * hidden, hidden, h, units, hidden, rows);
        }
        if (last) copy_rows(last + first * hidden, hidden, h, units, hidden, rows);
    }
}

// The gradients dx (T, B, D), dW, dU and db of a loss with gradients d_outputs (T, B, H) and d_last (B, H), null where it reads none;
// dx may be null.
void lstm_backward(const float* x, const float* W, const float* U, const float* kept, const float* d_outputs, const float* d_last,
                   float* dx, float* dW, float* dU, float* db, int64_t steps, int64_t batch, int64_t inputs, int64_t hidden) {
    NoSubnormals guard;
    Shape s{steps, batch, inputs, hidden};
    int64_t units = s.units(), wide = s.wide(), dx_width = rounded(inputs, QUAD), read_width = inputs + 1;
    const bool fill = units != hidden;
    Buffer packed_U(wide * units, fill), packed_W(dx ? wide * dx_width : 1), dx_rows(dx ? BLOCK * dx_width : 1);
    pack_for_columns(U, hidden, hidden, packed_U);
    if (dx) pack_for_columns(W, hidden, inputs, packed_W);
    const int64_t state = BLOCK * units + SLACK, ring = GRADIENT_ROWS + BLOCK;
    Buffer dh(state), dc(state), tanh_c(state), tanh_before(state), void_state(state);
    // Rows that wait for the weight gradients: deltas at t, h_{t-1}, and x_t with a 1 behind it for the bias.
    Buffer deltas(ring * wide + 4 * SLACK, false), states(ring * units + SLACK, false), read(ring * read_width, false);
    Buffer total_U(wide * units), total_W(wide * read_width);
    auto add = [&](int64_t with_state, int64_t all) {
        add_gradient(states, units, units, deltas, wide, wide / LANES, with_state, total_U);
        add_gradient(read, read_width, read_width, deltas, wide, wide / LANES, all, total_W);
    };
    for (int64_t first = 0; first < batch; first += BLOCK) {
        int64_t rows = s.rows(first), even = rounded(rows, HALF), count = s.count(rows), waiting = 0, t = steps - 1;
        const float* of_block = kept + s.kept(first);
        dh.clear(), dc.clear();
        if (d_last) copy_rows(dh, units, d_last + first * hidden, hidden, hidden, rows);
        outputs_again(of_block + t * 5 * count, count, tanh_c, states);
        for (; t >= 0; --t) {
            const float* of_step = of_block + t * 5 * count;
            float* delta = deltas + waiting * wide;
            if (d_outputs)
                for (int64_t row = 0; row < rows; ++row)
                    for (int64_t k = 0; k < hidden; ++k) dh[row * units + k] += d_outputs[(s.row(t, first) + row) * hidden + k];
            if (t) outputs_again(of_step - 5 * count, count, tanh_before, states + waiting * units);
            bool any = backward_gates(of_step, t ? of_step - count : (const float*)void_state, count, dh, tanh_c, dc, delta);
            if (!any && !d_outputs) break;  // nothing reaches the steps before: their gradients are zero
            std::memcpy(tanh_c, tanh_before, count * sizeof(float));
            copy_rows(read + waiting * read_width, read_width, x + s.row(t, first) * inputs, inputs, inputs, rows);
            for (int64_t row = 0; row < rows; ++row) read[(waiting + row) * read_width + inputs] = 1.0f;
            if (dx) {
                product_of_quads(delta, wide, wide, even, packed_W, dx_width, dx_rows, nullptr, 0);
                copy_rows(dx + s.row(t, first) * inputs, inputs, dx_rows, dx_width, inputs, rows);
            }
            const float* next = of_step - (t > 1 ? 6 : 5) * count;  // c_{t-2} lies before the gates of t-1
            if (t) product_of_quads(delta, wide, wide, even, packed_U, units, dh, next, 5 * count);
            waiting += rows;
            if (t && waiting >= GRADIENT_ROWS) add(waiting, waiting), waiting = 0;
        }
        add(t < 0 ? waiting - rows : waiting, waiting);  // at the first step h_{t-1} is zero
        for (; dx && t >= 0; --t) std::memset(dx + s.row(t, first) * inputs, 0, rows * inputs * sizeof(float));
    }
    unpack_gradient(total_U, hidden, units, 0, hidden, dU);
    unpack_gradient(total_W, hidden, read_width, 0, inputs, dW);
    unpack_gradient(total_W, hidden, read_width, inputs, 1, db);
}
}
