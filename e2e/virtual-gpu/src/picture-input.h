/* Pictures in NVENC's input formats, as planes for the encoder underneath. */
#ifndef VIRTUAL_GPU_PICTURE_INPUT_H
#define VIRTUAL_GPU_PICTURE_INPUT_H

#include <ffnvcodec/nvEncodeAPI.h>

#include "encoder.h"

/* Memory for planes that cannot be used where they lie; grown at need, freed by its owner. */
struct vg_plane_store {
    uint8_t *memory;
    size_t size;
};

/* Where the client put the picture. */
struct vg_input {
    uint8_t *data;
    int pitch, height;
    NV_ENC_BUFFER_FORMAT format;
};

bool vg_format_is_10bit(NV_ENC_BUFFER_FORMAT format);
bool vg_format_is_444(NV_ENC_BUFFER_FORMAT format);
bool vg_format_is_known(NV_ENC_BUFFER_FORMAT format);
/* Bytes of a row, and bytes of a picture with that pitch. */
int vg_format_pitch(NV_ENC_BUFFER_FORMAT format, int width);
size_t vg_format_size(NV_ENC_BUFFER_FORMAT format, int pitch, int height);

/* False when memory is short. The planes are valid while input and store are. */
bool vg_read_picture(const struct vg_input *input, int width, int height, struct vg_plane_store *store,
                     struct vg_picture *out);

#endif
