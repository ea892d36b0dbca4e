// The element-wise part of an optimiser's step, in the roundings of torch's operations: where torch multiplies and adds at once, so does
// this. Between the averages and the descent the caller takes the square root, whose rounding is that of torch's own library.
#include <cmath>
#include <cstdint>

extern "C" {

// mean <- mean + part (g - mean), square <- decay square + rest g^2
void adam_averages(const float* gradient, float* mean, float* square, int64_t count, float part, float decay, float rest) {
    for (int64_t k = 0; k < count; ++k) {
        const float g = gradient[k];
        mean[k] = std::fma(part, g - mean[k], mean[k]);
        square[k] = std::fma(rest * g, g, decay * square[k]);
    }
}

// square <- decay square + rest g^2
void rmsprop_average(const float* gradient, float* square, int64_t count, float decay, float rest) {
    for (int64_t k = 0; k < count; ++k) square[k] = std::fma(rest * gradient[k], gradient[k], decay * square[k]);
}

// p <- p - rate direction / (root + epsilon)
void descend(float* values, const float* direction, const float* root, int64_t count, float epsilon, float rate) {
    for (int64_t k = 0; k < count; ++k) values[k] += -rate * direction[k] / (root[k] + epsilon);
}

}  // extern "C"
