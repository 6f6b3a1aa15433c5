/* The steps of model/persona/lstm.py, and the choice of characters, in vectors of the processor and for one thread.

   Reading the weights limits the speed of a step, so each block of rows reads them once, in the order in which they lie
   in memory. They lie in panels: the weights of LANES units for all four gates (i, f, o, candidate: LANES numbers
   each), input by input. So a panel's sums stay in registers until the new states are computed, and no gate is ever
   written to memory.

   Dimensions: B rows (replies), S steps, V known characters, E numbers of an embedding, H units, N characters of the
   longest n-gram. */

#include <stdint.h>
#include <string.h>

/* ROWS: as many rows at a time as the registers have room for, at four vectors of sums a row. */
#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 6 };
#elif defined(__AVX__)
enum { LANES = 8, ROWS = 2 };
#elif defined(__aarch64__)
enum { LANES = 4, ROWS = 6 };
#else
enum { LANES = 4, ROWS = 2 };
#endif
enum { PANEL = 4 * LANES, MOST_LAYERS = 8 };

typedef float vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(4 * LANES)));

/* units is a multiple of LANES, logits of PANEL. */
struct network {
    int32_t layers, units, known, logits, embedding, ngram;
    uint64_t ngram_rows, spread;
    const uint64_t *powers;              /* (N,) */
    const uint16_t *ngrams;              /* (ngram_rows, E) in half precision; E is 0 without n-grams */
    const float *rows;                   /* (V + 1, 4H): the first layer's gates for each id, bias included */
    const float *biases[MOST_LAYERS];    /* (4H,) each; the first layer's is not read */
    const float *kernels[MOST_LAYERS];   /* panels (E + H or H + H, PANEL): n-grams or the layer below, then h */
    const float *dense, *dense_bias;     /* panels (H, PANEL); (logits,) */
    float min_p;                         /* a character less likely than this share of the likeliest is left out */
};

int32_t lanes(void) { return LANES; }

static inline vector smaller(vector a, vector b) {
    integers is = a < b;
    return (vector)((is & (integers)a) | (~is & (integers)b));
}

static inline vector larger(vector a, vector b) { return -smaller(-a, -b); }

/* e^x to a relative error of about 1e-7: 2^n by the exponent's bits, times e^r, |r| <= ln(2) / 2, by Taylor's series. */
static inline vector exponential(vector x) {
    const vector limit = (vector){} + 80.0f;
    x = larger(smaller(x, limit), -limit);
    vector shifted = x * 1.44269504f + 12582912.0f; /* adding 1.5 * 2^23 rounds to a whole number */
    vector n = shifted - 12582912.0f;
    vector r = x - n * 0.693359375f + n * 2.12194440e-4f; /* ln(2) in two parts; n times the first is exact */
    vector sum = r * (1.0f / 720) + 1.0f / 120;
    sum = sum * r + 1.0f / 24;
    sum = sum * r + 1.0f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    integers power = (__builtin_convertvector(n, integers) + 127) << 23;
    return sum * (vector)power;
}

static inline vector sigmoid(vector x) { return 1.0f / (1.0f + exponential(-x)); }
static inline vector tanh_of(vector x) { return 1.0f - 2.0f / (1.0f + exponential(2.0f * x)); }

/* Add x (rows, length) times a panel (length, PANEL) to the sums. */
static inline __attribute__((always_inline)) void multiply(
    vector sums[ROWS][4], const float *x, int stride, const int rows, int length, const float *panel) {
    for (int k = 0; k < length; k++, panel += PANEL)
        for (int row = 0; row < rows; row++)
            for (int part = 0; part < 4; part++)
                sums[row][part] += x[row * stride + k] * *(const vector *)(panel + part * LANES);
}

/* Compute the next states h and c of one panel's units for `rows` rows, from the inputs x. */
static inline __attribute__((always_inline)) void units_of_panel(
    const float *const *start, const float *x, int stride, const int rows, int length, const float *panel, float *h,
    float *c, int row_width) {
    vector sums[ROWS][4];
    for (int row = 0; row < rows; row++)
        for (int part = 0; part < 4; part++) sums[row][part] = *(const vector *)(start[row] + part * LANES);
    multiply(sums, x, stride, rows, length, panel);
    for (int row = 0; row < rows; row++) {
        vector *cell = (vector *)(c + row * row_width), *hidden = (vector *)(h + row * row_width);
        *cell = sigmoid(sums[row][1]) * *cell + sigmoid(sums[row][0]) * tanh_of(sums[row][3]);
        *hidden = sigmoid(sums[row][2]) * tanh_of(*cell);
    }
}

static inline __attribute__((always_inline)) void logits_of_panel(
    const float *bias, const float *h, int row_width, const int rows, int length, const float *panel, float *logits,
    int width) {
    vector sums[ROWS][4];
    for (int row = 0; row < rows; row++)
        for (int part = 0; part < 4; part++) sums[row][part] = *(const vector *)(bias + part * LANES);
    multiply(sums, h, row_width, rows, length, panel);
    for (int row = 0; row < rows; row++)
        for (int part = 0; part < 4; part++) *(vector *)(logits + row * width + part * LANES) = sums[row][part];
}

/* The number of rows has to be a constant for the compiler to keep the sums in registers. */
#define FOR_ROWS(count, call)                        \
    switch (count) {                                 \
        case 1: { enum { R = 1 }; call; } break;     \
        case 2: { enum { R = 2 }; call; } break;     \
        case 3: { enum { R = ROWS < 3 ? ROWS : 3 }; call; } break; \
        case 4: { enum { R = ROWS < 4 ? ROWS : 4 }; call; } break; \
        case 5: { enum { R = ROWS < 5 ? ROWS : 5 }; call; } break; \
        default: { enum { R = ROWS }; call; }        \
    }

/* Set to 0 all weights but the largest ones that together reach a share of their sum; return the sum of these. */
static float keep_likeliest(float *weights, int known, float share, float total) {
    float kept = 0;
    while (kept < share * total) {
        int likeliest = 0;
        for (int v = 1; v < known; v++) likeliest = weights[v] > weights[likeliest] ? v : likeliest;
        if (weights[likeliest] <= 0) break; /* rounding: all are kept */
        kept += weights[likeliest];
        weights[likeliest] = -weights[likeliest];
    }
    for (int v = 0; v < known; v++) weights[v] = weights[v] < 0 ? -weights[v] : 0;
    return kept;
}

/* Draw from softmax(logits * sharpness) by its cumulative distribution; uniform is in [0, 1). */
static int choose(const struct network *network, float *logits, float sharpness, float top_p, float uniform) {
    vector best = *(vector *)logits, sums = {};
    for (int v = LANES; v < network->logits; v += LANES) best = larger(best, *(vector *)(logits + v));
    float highest = best[0], total = 0;
    for (int lane = 1; lane < LANES; lane++) highest = best[lane] > highest ? best[lane] : highest;
    for (int v = 0; v < network->logits; v += LANES) {
        vector weights = exponential((*(vector *)(logits + v) - highest) * sharpness);
        weights = (vector)((integers)weights & (weights >= network->min_p));
        sums += weights;
        *(vector *)(logits + v) = weights;
    }
    for (int lane = 0; lane < LANES; lane++) total += sums[lane];
    if (top_p < 1) total = keep_likeliest(logits, network->known, top_p, total);
    float left = uniform * total;
    for (int v = 0; v < network->known; v++) {
        left -= logits[v];
        if (left < 0) return v;
    }
    /* Rounding left a little over: take the likeliest character, whose weight is e^0 = 1. */
    int v = 0;
    while (logits[v] < 1) v++;
    return v;
}

/* Convert from half precision: with its bits moved, the exponent is 112 too small. Wrong for infinities alone. */
static inline float single(uint16_t half) {
    union { uint32_t bits; float number; } moved = {(uint32_t)(half & 0x7fff) << 13 | (uint32_t)(half & 0x8000) << 16};
    return moved.number * 0x1p112f;
}

/* Sum the embeddings of the n-grams that a row's latest characters end. */
static void embed_ngrams(const struct network *network, const int64_t *latest, float *x) {
    uint64_t hash = (uint64_t)latest[0] * network->powers[0];
    memset(x, 0, sizeof(float) * network->embedding);
    for (int place = 1; place < network->ngram; place++) {
        hash += (uint64_t)latest[place] * network->powers[place];
        const uint16_t *row = network->ngrams + (hash * network->spread >> 32) % network->ngram_rows * network->embedding;
        for (int e = 0; e < network->embedding; e++) x[e] += single(row[e]);
    }
}

/* Read or draw S characters in each row.

   h, c (B, layers, H) and latest (B, N) are the state, changed in place. given (B, S) holds the ids to read; a negative
   one is drawn with uniforms (B, S), sharpness (B,) and top_p (B,). ids (B, S) receives the ids that were read or
   drawn. Room for intermediate results: x (B, widest input), logits (B, logits). */
void advance(const struct network *network, int batch, int steps, float *h, float *c, int64_t *latest,
             const int32_t *given, const float *uniforms, const float *sharpness, const float *top_p, int32_t *ids, float *x,
             float *logits) {
    const int units = network->units, row_width = network->layers * units, gates = 4 * units, width = network->logits;
    const int blocks = (batch + ROWS - 1) / ROWS; /* blocks of nearly equal size: a small one is slow for its size */
    const int widest = units + (units > network->embedding ? units : network->embedding);
    for (int step = 0; step < steps; step++) {
        for (int block = 0; block < blocks; block++) {
            const int first = batch * block / blocks, rows = batch * (block + 1) / blocks - first;
            int drawn = 0;
            for (int row = first; row < first + rows; row++) drawn |= given[row * steps + step] < 0;
            if (!drawn) continue;
            const float *last = h + first * row_width + (network->layers - 1) * units;
            for (int v = 0; v < width; v += PANEL)
                FOR_ROWS(rows, logits_of_panel(network->dense_bias + v, last, row_width, R, units,
                                               network->dense + v * units, logits + first * width + v, width))
        }
        for (int row = 0; row < batch; row++) {
            int32_t id = given[row * steps + step];
            if (id < 0) id = choose(network, logits + row * width, sharpness[row], top_p[row], uniforms[row * steps + step]);
            ids[row * steps + step] = id;
            int64_t *own = latest + row * network->ngram;
            memmove(own + 1, own, sizeof(int64_t) * (network->ngram - 1));
            own[0] = id + 1;
        }
        for (int layer = 0; layer < network->layers; layer++) {
            const int below = layer ? units : network->embedding, length = below + units;
            for (int row = 0; row < batch; row++) {
                float *own = x + row * widest;
                if (layer) memcpy(own, h + row * row_width + (layer - 1) * units, sizeof(float) * units);
                else if (below) embed_ngrams(network, latest + row * network->ngram, own);
                memcpy(own + below, h + row * row_width + layer * units, sizeof(float) * units);
            }
            for (int unit = 0; unit < units; unit += LANES)
                for (int block = 0; block < blocks; block++) {
                    const int first = batch * block / blocks, rows = batch * (block + 1) / blocks - first;
                    const float *start[ROWS];
                    for (int row = 0; row < rows; row++)
                        start[row] = 4 * unit + (layer ? network->biases[layer]
                                                       : network->rows + (int64_t)ids[(first + row) * steps + step] * gates);
                    const int64_t place = (int64_t)first * row_width + layer * units + unit;
                    FOR_ROWS(rows, units_of_panel(start, x + first * widest, widest, R, length,
                                                  network->kernels[layer] + (int64_t)4 * unit * length, h + place,
                                                  c + place, row_width))
                }
        }
    }
}
