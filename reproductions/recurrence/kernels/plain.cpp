// The plain recurrence h_t = f(W x_t + R h_{t-1} + b), h_0 = 0, f = ReLU or tanh, and its gradients.
//
// A step makes one transition, or two (RIN with deep transitions): h_n = f([W x_t +] R_s h_{n-1} + b_s) where transition n is number
// s = n mod 2 of step t, and only the first of a step reads x_t. Below, n counts transitions, and "states" holds the result of each.
//
// A block of a few batch rows runs through all steps before the next block starts, so that the matrix and the block's states stay in
// cache. W x_t is part of the step's product. The weight gradients are products over chunks of steps whose deltas are still in cache.
#include "product.h"
#include "vector_math.h"

namespace {

// Deltas of a chunk, 28 kB of them at hidden 100, are read once for every few rows of the weight gradient.
constexpr int64_t CHUNK_ROWS = 64;

struct Shape {
    int64_t steps, stages, batch, width, hidden;  // stages: transitions a step
    int64_t transitions() const { return steps * stages; }
    int64_t row() const { return padded(hidden); }  // floats from one row of states to the next
};

// x_t of batch row b begins at data + t * step + b * row.
struct Sequence {
    const float* data;
    int64_t step, row;
    const float* at(int64_t t, int64_t b) const { return data + t * step + b * row; }
};

inline Vector activated(Vector x, bool tanh) {
    return tanh ? hyperbolic_tangent(x) : select(x < 0.0f, Vector{}, x);  // NaN is not below 0 and stays
}

// delta times f' at the state h = f(.)
inline Vector times_slope(Vector delta, Vector h, bool tanh) {
    return tanh ? delta * (1.0f - h * h) : select(h <= 0.0f, Vector{}, delta);
}

template <int ROWS>
void forward_block(Shape s, Sequence x, const float* Wp, const float* Rp, const float* bp, float* states, int64_t slots, int64_t first,
                   bool tanh) {
    const int64_t row = s.row(), slot = s.batch * row;
    for (int64_t n = 0; n < s.transitions(); ++n) {
        const int64_t stage = n % s.stages, read = stage == 0 ? s.width : 0;
        const float *x_t = x.at(n / s.stages, first), *R = Rp + stage * s.hidden * row, *b = bp + stage * row;
        const float* before = states + ((n + slots - 1) % slots) * slot + first * row;
        float* after = states + (n % slots) * slot + first * row;
        const int64_t ahead = n + 1 < slots ? slot : 0;
        each_panel(s.hidden, [&](auto number, Panel panel) __attribute__((always_inline)) {
            constexpr int WIDTH = decltype(number)::value;
            const int64_t vector = panel.first;
            Vector sum[ROWS][WIDTH];
            for (int i = 0; i < ROWS; ++i)
                for (int v = 0; v < WIDTH; ++v) sum[i][v] = load(b + (vector + v) * LANES);
            accumulate<ROWS, WIDTH>(sum, panel, x_t, x.row, 1, Wp + vector * LANES * s.width, WIDTH * LANES, read);
            if (n > 0) accumulate<ROWS, WIDTH>(sum, panel, before, row, 1, R + vector * LANES * s.hidden, WIDTH * LANES, s.hidden);
            for (int i = 0; i < ROWS; ++i)
                for (int v = 0; v < WIDTH; ++v) {
                    float* to = after + i * row + (vector + v) * LANES;
                    store(to, activated(sum[i][v], tanh));
                    __builtin_prefetch(to + ahead, 1);  // the next one's place is far from this one's
                }
        });
    }
}

// Adds, for every column k < columns of `a`, sum over the rows of a[., k] times delta[.] to row k of G.
// Rows come in `count` groups of `rows`: group c begins at a + c * a_group and delta + c * delta_group.
void add_outer(float* G, int64_t hidden, int64_t columns, const float* a, int64_t a_group, int64_t a_row, const float* delta,
               int64_t delta_group, int64_t count, int64_t rows) {
    const int64_t row = padded(hidden);
    each_block(columns, [&](auto tall, int64_t k) __attribute__((always_inline)) {
        constexpr int TALL = decltype(tall)::value;
        each_panel(hidden, [&](auto number, Panel panel) __attribute__((always_inline)) {
            constexpr int WIDTH = decltype(number)::value;
            const int64_t vector = panel.first;
            Vector sum[TALL][WIDTH] = {};
            for (int64_t c = 0; c < count; ++c)
                accumulate<TALL, WIDTH>(sum, panel, a + c * a_group + k, 1, a_row, delta + c * delta_group + vector * LANES, row, rows);
            for (int i = 0; i < TALL; ++i)
                for (int v = 0; v < WIDTH; ++v) {
                    float* to = G + (k + i) * row + (vector + v) * LANES;
                    store(to, load(to) + sum[i][v]);
                }
        });
    });
}

struct Gradients {
    Sequence to_states;     // d loss / d h_t from outside, or no data
    const float* to_last;   // the same for h_T alone (batch, hidden), or null
    float* to_inputs;       // (steps, batch, padded(width)), or null
    float* G;               // (stages, hidden + width + 1, row): gradients of R transposed, b and W transposed
};

// One panel of delta_n = (outside + delta_{n+1} R) f'(h_n); no `outside` or `later` counts as 0. Rows are padded(hidden) apart.
// A function of its own because in the middle of all of backward_block's variables the compiler runs out of registers for addresses.
template <int ROWS, int WIDTH>
__attribute__((noinline)) void delta_panel(Panel panel, const float* outside, const float* later, const float* Rb, const float* h,
                                           int64_t ahead, float* delta, int64_t hidden, bool tanh) {
    const int64_t row = padded(hidden), first = panel.first * LANES;
    Vector sum[ROWS][WIDTH] = {};
    if (outside != nullptr)
        for (int i = 0; i < ROWS; ++i)
            for (int v = 0; v < WIDTH; ++v) sum[i][v] = load(outside + i * row + first + v * LANES);
    if (later != nullptr) accumulate<ROWS, WIDTH>(sum, panel, later, row, 1, Rb + first * hidden, WIDTH * LANES, hidden);
    for (int i = 0; i < ROWS; ++i)
        for (int v = 0; v < WIDTH; ++v) {
            const int64_t at = i * row + first + v * LANES;
            store(delta + at, times_slope(sum[i][v], load(h + at), tanh));
            __builtin_prefetch(h + at - ahead);  // two before, which is far from here
        }
}

template <int ROWS>
void backward_block(Shape s, Sequence x, const float* Wb, const float* Rb, const float* states, Gradients g, float* scratch, int64_t first,
                    bool tanh) {
    const int64_t row = s.row(), slot = s.batch * row, chunk = CHUNK_ROWS / ROWS, extra = s.width + 1, input_row = padded(s.width);
    float* outside = scratch;                    // (ROWS, row)
    float* deltas = outside + ROWS * row;        // (chunk, ROWS, row)
    float* inputs = deltas + CHUNK_ROWS * row;   // (chunk, ROWS, 1 + width): 1 and x_t
    std::memset(outside, 0, ROWS * row * sizeof(float));
    for (int64_t n = s.transitions() - 1; n >= 0; --n) {
        const int64_t t = n / s.stages, stage = n % s.stages;
        const bool last = g.to_last != nullptr && n == s.transitions() - 1;
        const bool given = last || (g.to_states.data != nullptr && stage == s.stages - 1);
        for (int i = 0; i < ROWS; ++i) {
            if (given) {
                const float* from = last ? g.to_last + (first + i) * s.hidden : g.to_states.at(t, first + i);
                std::memcpy(outside + i * row, from, s.hidden * sizeof(float));
            }
            const float* from = x.at(t, first + i);
            float* to = inputs + ((n % chunk) * ROWS + i) * extra;
            to[0] = 1.0f;
            for (int64_t d = 0; d < s.width; ++d) to[1 + d] = from[d];
        }
        float* delta = deltas + (n % chunk) * ROWS * row;
        const float* later = n + 1 < s.transitions() ? deltas + ((n + 1) % chunk) * ROWS * row : nullptr;
        const float* R = Rb + (n + 1) % s.stages * s.hidden * row;  // that of the later transition
        const float* h = states + n * slot + first * row;
        const int64_t ahead = n >= 2 ? 2 * slot : 0;
        each_panel(s.hidden, [&](auto number, Panel panel) {
            delta_panel<ROWS, decltype(number)::value>(panel, given ? outside : nullptr, later, R, h, ahead, delta, s.hidden, tanh);
        });
        if (g.to_inputs != nullptr && stage == 0) each_panel(s.width, [&](auto number, Panel panel) __attribute__((always_inline)) {
            constexpr int WIDTH = decltype(number)::value;
            const int64_t vector = panel.first;
            Vector sum[ROWS][WIDTH] = {};
            accumulate<ROWS, WIDTH>(sum, panel, delta, row, 1, Wb + vector * LANES * s.hidden, WIDTH * LANES, s.hidden);
            for (int i = 0; i < ROWS; ++i)
                for (int v = 0; v < WIDTH; ++v) store(g.to_inputs + (t * s.batch + first + i) * input_row + (vector + v) * LANES, sum[i][v]);
        });
        if (n % chunk == 0) {  // which a step begins, too
            const int64_t count = s.transitions() - n < chunk ? s.transitions() - n : chunk;
            for (int64_t stage = 0; stage < s.stages; ++stage) {
                float* G = g.G + stage * (s.hidden + extra) * row;
                const int64_t skipped = n + stage == 0 ? s.stages : 0;  // h_0 = 0 adds nothing
                const int64_t begin = stage + skipped, read = stage == 0 ? extra : 1, group = s.stages * ROWS;
                const auto groups = [&](int64_t from) { return from < count ? (count - from + s.stages - 1) / s.stages : 0; };
                add_outer(G, s.hidden, s.hidden, states + (n + begin - 1) * slot + first * row, s.stages * slot, row,
                          deltas + begin * ROWS * row, group * row, groups(begin), ROWS);
                add_outer(G + s.hidden * row, s.hidden, read, inputs + stage * ROWS * extra, group * extra, extra,
                          deltas + stage * ROWS * row, group * row, groups(stage), ROWS);
            }
        }
    }
}

}  // namespace

extern "C" {

// Floats from one row of a padded buffer to the next, for rows of n floats.
int64_t plain_row(int64_t n) { return padded(n); }

// Floats of scratch that forward (backward = 0) and backward need.
int64_t plain_scratch(int64_t stages, int64_t width, int64_t hidden, int64_t backward) {
    const int64_t row = padded(hidden), weights = stages * (hidden + width + 1) * row;
    if (!backward) return weights;
    return stages * hidden * row + hidden * padded(width) + weights + (TILE_ROWS + CHUNK_ROWS) * row + CHUNK_ROWS * (width + 1);
}

// inputs: see Sequence, elements of a row adjacent. W (hidden, width), R (stages, hidden, hidden), b (stages, hidden), all contiguous.
// states (slots, batch, row): the result of every transition where slots = steps * stages; with slots = 2, that of n is at n % 2.
void plain_forward(const float* inputs, int64_t input_step, int64_t input_row, const float* W, const float* R, const float* b,
                   float* states, int64_t slots, float* scratch, int64_t steps, int64_t stages, int64_t batch, int64_t width,
                   int64_t hidden, int64_t tanh) {
    const Shape s{steps, stages, batch, width, hidden};
    const int64_t row = s.row();
    float *Rp = scratch, *Wp = Rp + stages * hidden * row, *bp = Wp + width * row;
    for (int64_t stage = 0; stage < stages; ++stage) {
        pack(Rp + stage * hidden * row, R + stage * hidden * hidden, 1, hidden, hidden, hidden);
        pack(bp + stage * row, b + stage * hidden, 0, 1, 1, hidden);
    }
    pack(Wp, W, 1, width, width, hidden);
    each_block(batch, [&](auto rows, int64_t first) {
        forward_block<decltype(rows)::value>(s, {inputs, input_step, input_row}, Wp, Rp, bp, states, slots, first, tanh);
    });
}

// to_states: d loss / d h_t after each step, like inputs, or null; to_last (batch, hidden): the same for h_T alone, or null.
// to_inputs (steps, batch, plain_row(width)) or null, to_W, to_R, to_b: the gradients, written.
void plain_backward(const float* inputs, int64_t input_step, int64_t input_row, const float* W, const float* R, const float* states,
                    const float* to_states, int64_t to_states_step, int64_t to_states_row, const float* to_last, float* to_inputs,
                    float* to_W, float* to_R, float* to_b, float* scratch, int64_t steps, int64_t stages, int64_t batch, int64_t width,
                    int64_t hidden, int64_t tanh) {
    const Shape s{steps, stages, batch, width, hidden};
    const int64_t row = s.row(), stage_size = (hidden + 1 + width) * row;
    float *Rb = scratch, *Wb = Rb + stages * hidden * row, *G = Wb + hidden * padded(width), *rest = G + stages * stage_size;
    for (int64_t stage = 0; stage < stages; ++stage)
        pack(Rb + stage * hidden * row, R + stage * hidden * hidden, hidden, 1, hidden, hidden);
    if (to_inputs != nullptr) pack(Wb, W, width, 1, hidden, width);
    std::memset(G, 0, stages * stage_size * sizeof(float));
    const Gradients g{{to_states, to_states_step, to_states_row}, to_last, to_inputs, G};
    each_block(batch, [&](auto rows, int64_t first) {
        backward_block<decltype(rows)::value>(s, {inputs, input_step, input_row}, Wb, Rb, states, g, rest, first, tanh);
    });
    for (int64_t stage = 0; stage < stages; ++stage) {
        transpose(to_R + stage * hidden * hidden, G + stage * stage_size, row, hidden, hidden);
        std::memcpy(to_b + stage * hidden, G + stage * stage_size + hidden * row, hidden * sizeof(float));
    }
    transpose(to_W, G + (hidden + 1) * row, row, width, hidden);
}

// Floating-point operations of `loops` rounds of independent multiply-adds that never leave the registers: the core's peak, when timed.
double plain_peak(int64_t loops) {
    constexpr int SUMS = 12;  // enough to hide a multiply-add's latency on two units
    Vector sum[SUMS];
    for (int i = 0; i < SUMS; ++i) sum[i] = splat(loops & (1 << i));  // unknown, or the compiler does equal ones once
    const Vector factor = splat(0.999f), term = splat(1e-3f);
    for (int64_t loop = 0; loop < loops; ++loop)
        for (int i = 0; i < SUMS; ++i) sum[i] = sum[i] * factor + term;
    for (int i = 1; i < SUMS; ++i) sum[0] += sum[i];
    volatile float kept = sum[0][0];  // so that the loop is not removed
    (void)kept;
    return 2.0 * LANES * SUMS * loops;
}

}  // extern "C"
