/* The encoder underneath: x264 or x265 on the CPU, made to behave like NVENC's (fixed delay, IDR only where asked). */
#ifndef VIRTUAL_GPU_ENCODER_H
#define VIRTUAL_GPU_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum vg_rate_control { VG_CONSTANT_QP, VG_CONSTANT_QUALITY, VG_AVERAGE_BIT_RATE, VG_CONSTANT_BIT_RATE };
enum vg_picture_type { VG_PICTURE_P, VG_PICTURE_B, VG_PICTURE_I, VG_PICTURE_IDR };
enum vg_profile { VG_BASELINE, VG_MAIN, VG_HIGH, VG_MAIN10, VG_444 };

struct vg_encoder_params {
    enum vg_codec codec;
    int width, height;
    /* Shape of a sample. */
    int aspect_width, aspect_height;
    int rate_num, rate_den;
    bool ten_bit, yuv444, interlaced;
    enum vg_profile profile;
    /* As the standards number it (41, 123); 0: the encoder's choice. */
    int level;
    bool high_tier;
    /* 1 … 7: p1 … p7. */
    int preset;
    int b_frames;
    bool b_pyramid;
    enum vg_rate_control rate_control;
    int qp_i, qp_p, qp_b;
    double quality;
    bool lossless;
    /* Bits per second, and bits. */
    int bit_rate, max_rate, buffer;
    bool headers_in_stream, access_unit_delimiters;
    bool cavlc;
    bool colour_described;
    int full_range, primaries, transfer, matrix;
};

/* Planes in the encoder's own depth: bytes, or 16-bit words with the value in the low 10 bits. */
struct vg_picture {
    const uint8_t *plane[3];
    int stride[3];
};

struct vg_packet {
    const uint8_t *data;
    size_t size;
    /* Number of the picture in the order of submission. */
    int64_t number;
    enum vg_picture_type type;
    int qp;
};

struct vg_encoder;

struct vg_encoder_class {
    /* Null, when the encoder does not take the parameters. */
    struct vg_encoder *(*open)(const struct vg_encoder_params *params);
    /* Parameter sets as an Annex B stream; the size, or 0 when they do not fit. */
    size_t (*headers)(struct vg_encoder *encoder, uint8_t *into, size_t size);
    /*
     * Takes a picture (null: the stream has ended) and gives at most one packet, valid until the next call.
     * `type` is VG_PICTURE_I or VG_PICTURE_IDR to force one, else VG_PICTURE_P.
     * @returns 1 with a packet, 0 without, -1 after an error
     */
    int (*encode)(struct vg_encoder *encoder, const struct vg_picture *picture, int64_t number,
                  enum vg_picture_type type, struct vg_packet *out);
    void (*close)(struct vg_encoder *encoder);
};

extern const struct vg_encoder_class vg_x264, vg_x265;

#endif
