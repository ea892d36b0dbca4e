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
constexpr int64_t TURNED = fours_of(TILE_ROWS);  // fours of rows that are turned together, at most

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

// A function of its own, or a product's sums would not stay in registers.
__attribute__((noinline)) void hyperbolic_tangents(Vector* x, int count) {
    for (int i = 0; i < count; ++i) x[i] = hyperbolic_tangent(x[i]);
}

template <int ROWS, int WIDTH, bool TAILED>
inline ALWAYS_INLINE void activate(Sums<ROWS, WIDTH, TAILED>& sum, bool tanh) {
    if (tanh) {
        constexpr int COUNT = Sums<ROWS, WIDTH, TAILED>::COUNT;
        Vector all[COUNT];
        sum.each([&](Vector& x, int number) ALWAYS_INLINE { all[number] = x; });
        hyperbolic_tangents(all, COUNT);
        sum.each([&](Vector& x, int number) ALWAYS_INLINE { x = all[number]; });
    } else {
        sum.each([](Vector& x, int) ALWAYS_INLINE { x = select(x < 0.0f, Vector{}, x); });  // NaN is not below 0 and stays
    }
}

// delta times f' at the state h = f(.)
inline Vector times_slope(Vector delta, Vector h, bool tanh) {
    return tanh ? delta * (1.0f - h * h) : select(h <= 0.0f, Vector{}, delta);
}

// A panel's part of ROWS rows of states, which lie far from those before, drawn near while the panel's product with R runs.
template <int ROWS, int WIDTH, bool TAILED>
inline Ahead near(const Sums<ROWS, WIDTH, TAILED>&, const float* rows, Panel panel, int64_t hidden) {
    const int64_t bytes = ROWS * (WIDTH + TAILED) * VECTOR_BYTES;
    return {reinterpret_cast<const char*>(rows + ROWS * panel.first * LANES), bytes / hidden + 1};
}

// One panel of h_n = f(b + W x + R h_{n-1}); no `before` counts as 0.
// A function of its own because in the middle of all of forward_block's variables the compiler runs out of registers for addresses.
template <int ROWS, int WIDTH, bool TAILED>
__attribute__((noinline)) void state_panel(Panel panel, const float* b, const float* W, Rows x, int64_t width, const float* R, Rows before,
                                           int64_t hidden, float* after, float* turned, int64_t ahead, bool tanh) {
    const int64_t row = padded(hidden), first = panel.first * LANES, last = first + WIDTH * LANES;
    Sums<ROWS, WIDTH, TAILED> sum;
    each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE { sum.whole[i][v] = load(b + first + v * LANES); });
    if constexpr (TAILED) unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE { sum.tail[i] = load(b + last); });
    accumulate(sum, panel, x, W, width);
    const Ahead next = near(sum, after + ahead, panel, hidden);
    if (before.data != nullptr) accumulate(sum, panel, before, R, hidden, next);
    activate(sum, tanh);
    each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE { store(after + i * row + first + v * LANES, sum.whole[i][v]); });
    if constexpr (TAILED) store_tails(after + last, row, sum);
    if (turned != nullptr) turn(turned + first * TAIL, turned_size(hidden), sum);
}

template <int ROWS>
void forward_block(Shape s, Sequence x, const float* Wp, const float* Rp, const float* bp, float* states, int64_t slots, float* scratch,
                   int64_t first, bool tanh) {
    const int64_t row = s.row(), slot = s.batch * row;
    const bool tailed = has_tail(s.hidden);
    float* turned_x = scratch;                                 // of this transition
    float* turned = turned_x + TURNED * turned_size(s.width);  // of two transitions
    const auto turned_of = [&](int64_t n) { return tailed ? turned + n % 2 * TURNED * turned_size(s.hidden) : nullptr; };
    for (int64_t n = 0; n < s.transitions(); ++n) {
        const int64_t stage = n % s.stages, read = stage == 0 ? s.width : 0;
        const Rows x_t{x.at(n / s.stages, first), x.row, turned_x};
        const Rows before{n == 0 ? nullptr : states + ((n + slots - 1) % slots) * slot + first * row, row, turned_of(n + 1)};
        const float *R = Rp + stage * s.hidden * row, *b = bp + stage * row;
        float* after = states + (n % slots) * slot + first * row;
        const int64_t ahead = n + 1 < slots ? slot : 0;
        if (tailed) turn<ROWS>(turned_x, x_t.data, x.row, read);
        each_panel(s.hidden, [&](auto number, auto with_tail, Panel panel) {
            state_panel<ROWS, decltype(number)::value, decltype(with_tail)::value>(panel, b, Wp, x_t, read, R, before, s.hidden, after,
                                                                                   turned_of(n), ahead, tanh);
        });
    }
}

// Adds, for every column k < columns of `a`, sum over the rows of a[., k] times delta[.] to row k of G.
// Rows come in `count` groups of `rows`: group c begins at a + c * a_group and at row c * delta_group of delta, and of its spread tails.
void add_outer(float* G, int64_t hidden, int64_t columns, const float* a, int64_t a_group, int64_t a_row, const float* delta,
               const float* tails, int64_t delta_group, int64_t count, int64_t rows) {
    const int64_t row = padded(hidden);
    each_block(columns, [&](auto tall, int64_t k) ALWAYS_INLINE {
        constexpr int TALL = decltype(tall)::value;
        each_panel(hidden, [&](auto number, auto with_tail, Panel panel) ALWAYS_INLINE {
            constexpr int WIDTH = decltype(number)::value;
            constexpr bool TAILED = decltype(with_tail)::value;
            const int64_t vector = panel.first;
            Sums<TALL, WIDTH, TAILED> sum;
            for (int64_t c = 0; c < count; ++c) {
                const float *left = a + c * a_group + k, *right = delta + c * delta_group * row + vector * LANES;
                accumulate_outer(sum, panel, left, a_row, right, row, tails + c * delta_group * LANES, rows);
            }
            each_vector<TALL, WIDTH>([&](int i, int v) ALWAYS_INLINE {
                float* to = G + (k + i) * row + (vector + v) * LANES;
                store(to, load(to) + sum.whole[i][v]);
            });
            if constexpr (TAILED) add_tails(G + k * row + (vector + WIDTH) * LANES, row, sum);
        });
    });
}

struct Gradients {
    Sequence to_states;     // d loss / d h_t from outside, or no data
    const float* to_last;   // the same for h_T alone (batch, hidden), or null
    float* to_inputs;       // (steps, batch, padded(width)), or null
    float* G;               // (stages, hidden + width + 1, row): gradients of R transposed, b and W transposed
};

// Deltas of a transition, (ROWS, row); the same turned, or null; their tails, spread.
struct Deltas {
    float *rows, *turned, *tails;
};

// One panel of delta_n = (outside + delta_{n+1} R) f'(h_n); no `outside` or `later` counts as 0. Rows are padded(hidden) apart.
// A function of its own because in the middle of all of backward_block's variables the compiler runs out of registers for addresses.
template <int ROWS, int WIDTH, bool TAILED>
__attribute__((noinline)) void delta_panel(Panel panel, const float* outside, Rows later, const float* Rb, const float* h, int64_t ahead,
                                           Deltas delta, int64_t hidden, bool tanh) {
    const int64_t row = padded(hidden), first = panel.first * LANES, last = first + WIDTH * LANES;
    Sums<ROWS, WIDTH, TAILED> sum;
    if (outside != nullptr) {
        each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE { sum.whole[i][v] = load(outside + i * row + first + v * LANES); });
        if constexpr (TAILED) load_tails(sum, outside + last, row);
    }
    const Ahead next = near(sum, h - ahead, panel, hidden);
    if (later.data != nullptr) accumulate(sum, panel, later, Rb, hidden, next);
    each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE {
        const int64_t at = i * row + first + v * LANES;
        store(delta.rows + at, sum.whole[i][v] = times_slope(sum.whole[i][v], load(h + at), tanh));
    });
    if constexpr (TAILED) {
        unrolled<fours_of(ROWS)>([&](int i) ALWAYS_INLINE {
            sum.tail[i] = times_slope(sum.tail[i], load_tail(h + i * TAIL * row + last, row, rows_in<ROWS>(i)), tanh);
        });
        store_tails(delta.rows + last, row, sum);
        spread_tails(delta.tails, sum);
    }
    if (delta.turned != nullptr) turn(delta.turned + first * TAIL, turned_size(hidden), sum);
}

template <int ROWS>
void backward_block(Shape s, Sequence x, const float* Wb, const float* Rb, const float* states, Gradients g, float* scratch, int64_t first,
                    bool tanh) {
    const int64_t row = s.row(), slot = s.batch * row, chunk = CHUNK_ROWS / ROWS, extra = s.width + 1, input_row = padded(s.width);
    const bool turned = has_tail(s.hidden) || (g.to_inputs != nullptr && has_tail(s.width));
    float* outside = scratch;                                            // (ROWS, row)
    float* deltas = outside + ROWS * row;                                // (chunk, ROWS, row)
    float* tails = deltas + CHUNK_ROWS * row;                            // (chunk, ROWS, LANES)
    float* turned_deltas = tails + CHUNK_ROWS * LANES;                   // of two transitions
    float* inputs = turned_deltas + 2 * TURNED * turned_size(s.hidden);  // (chunk, ROWS, 1 + width): 1 and x_t
    const auto deltas_of = [&](int64_t n) -> Deltas {
        float* own = turned ? turned_deltas + n % 2 * TURNED * turned_size(s.hidden) : nullptr;
        return {deltas + n % chunk * ROWS * row, own, tails + n % chunk * ROWS * LANES};
    };
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
        const Deltas delta = deltas_of(n), after = deltas_of(n + 1);
        const Rows later{n + 1 < s.transitions() ? after.rows : nullptr, row, after.turned};
        const float* R = Rb + (n + 1) % s.stages * s.hidden * row;  // that of the later transition
        const float* h = states + n * slot + first * row;
        const int64_t ahead = n >= 2 ? 2 * slot : 0;
        each_panel(s.hidden, [&](auto number, auto tailed, Panel panel) {
            delta_panel<ROWS, decltype(number)::value, decltype(tailed)::value>(panel, given ? outside : nullptr, later, R, h, ahead, delta,
                                                                                s.hidden, tanh);
        });
        if (g.to_inputs != nullptr && stage == 0) each_panel(s.width, [&](auto number, auto tailed, Panel panel) ALWAYS_INLINE {
            constexpr int WIDTH = decltype(number)::value;
            constexpr bool TAILED = decltype(tailed)::value;
            Sums<ROWS, WIDTH, TAILED> sum;
            accumulate(sum, panel, {delta.rows, row, delta.turned}, Wb, s.hidden);
            float* to = g.to_inputs + (t * s.batch + first) * input_row + panel.first * LANES;
            each_vector<ROWS, WIDTH>([&](int i, int v) ALWAYS_INLINE { store(to + i * input_row + v * LANES, sum.whole[i][v]); });
            if constexpr (TAILED) store_tails(to + WIDTH * LANES, input_row, sum);
        });
        if (n % chunk == 0) {  // which a step begins, too
            const int64_t count = s.transitions() - n < chunk ? s.transitions() - n : chunk;
            for (int64_t stage = 0; stage < s.stages; ++stage) {
                float* G = g.G + stage * (s.hidden + extra) * row;
                const int64_t skipped = n + stage == 0 ? s.stages : 0;  // h_0 = 0 adds nothing
                const int64_t begin = stage + skipped, read = stage == 0 ? extra : 1, group = s.stages * ROWS;
                const auto groups = [&](int64_t from) { return from < count ? (count - from + s.stages - 1) / s.stages : 0; };
                const auto add = [&](float* to, int64_t columns, const float* a, int64_t a_group, int64_t a_row, int64_t from) {
                    add_outer(to, s.hidden, columns, a, a_group, a_row, deltas + from * ROWS * row, tails + from * ROWS * LANES, group,
                              groups(from), ROWS);
                };
                add(G, s.hidden, states + (n + begin - 1) * slot + first * row, s.stages * slot, row, begin);
                add(G + s.hidden * row, read, inputs + stage * ROWS * extra, group * extra, extra, stage);
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
    const int64_t row = padded(hidden), weights = stages * (hidden + width + 1) * row, turned = 2 * TURNED * turned_size(hidden);
    if (!backward) return weights + turned + TURNED * turned_size(width);
    const int64_t chunk = CHUNK_ROWS * (row + LANES + width + 1) + TAIL;  // a tail of columns is read whole
    return stages * hidden * row + hidden * padded(width) + weights + TILE_ROWS * row + chunk + turned;
}

// inputs: see Sequence, elements of a row adjacent. W (hidden, width), R (stages, hidden, hidden), b (stages, hidden), all contiguous.
// states (slots, batch, row): the result of every transition where slots = steps * stages; with slots = 2, that of n is at n % 2.
void plain_forward(const float* inputs, int64_t input_step, int64_t input_row, const float* W, const float* R, const float* b,
                   float* states, int64_t slots, float* scratch, int64_t steps, int64_t stages, int64_t batch, int64_t width,
                   int64_t hidden, int64_t tanh) {
    const Shape s{steps, stages, batch, width, hidden};
    const int64_t row = s.row();
    float *Rp = scratch, *Wp = Rp + stages * hidden * row, *bp = Wp + width * row, *turned = bp + stages * row;
    for (int64_t stage = 0; stage < stages; ++stage) {
        pack(Rp + stage * hidden * row, R + stage * hidden * hidden, 1, hidden, hidden, hidden);
        pack(bp + stage * row, b + stage * hidden, 0, 1, 1, hidden);
    }
    pack(Wp, W, 1, width, width, hidden);
    each_block(batch, [&](auto rows, int64_t first) {
        forward_block<decltype(rows)::value>(s, {inputs, input_step, input_row}, Wp, Rp, bp, states, slots, turned, first, tanh);
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
        transpose(G + stage * stage_size, row, hidden, hidden, to_R + stage * hidden * hidden, hidden);
        std::memcpy(to_b + stage * hidden, G + stage * stage_size + hidden * row, hidden * sizeof(float));
    }
    transpose(G + (hidden + 1) * row, row, width, hidden, to_W, width);
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
