/*
 * The kernels of ffmpeg's scale_cuda filter, by their names: `Subsample_<algorithm>_<from>_<to>`, with `_uv` for the
 * chroma. The PTX that ffmpeg loads is not run; every algorithm is bilinear here. Other kernels are not found.
 */
#include <ffnvcodec/dynlink_cuda.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cuda-context.h"

#define EXPORT __attribute__((visibility("default")))

enum { MAX_PLANES = 4 };

static const struct pixel_format {
    const char *name;
    int bytes;
    /* Unused bits at the low end of a sample. */
    int empty_bits;
    /* Chroma lies in one plane, U and V by turns. */
    bool interleaved;
} formats[] = {
    {"nv12", 1, 0, true},     {"yuv420p", 1, 0, false}, {"yuv444p", 1, 0, false},
    {"p010le", 2, 6, true},   {"p016le", 2, 0, true},   {"yuv444p16le", 2, 0, false},
};

struct CUfunc_st {
    const struct pixel_format *from, *to;
    bool chroma;
};

static const struct pixel_format *find_format(const char *name, size_t length)
{
    for (size_t at = 0; at < sizeof formats / sizeof *formats; at++)
        if (strlen(formats[at].name) == length && !strncmp(formats[at].name, name, length))
            return &formats[at];
    return NULL;
}

/* False for a name that is none of scale_cuda's. */
static bool read_name(const char *name, struct CUfunc_st *out)
{
    const char *from = strncmp(name, "Subsample_", 10) ? NULL : strchr(name + 10, '_');
    const char *to = from ? strchr(from + 1, '_') : NULL;
    if (!to)
        return false;
    size_t length = strcspn(to + 1, "_");
    out->from = find_format(from + 1, (size_t)(to - from - 1));
    out->to = find_format(to + 1, length);
    out->chroma = !strcmp(to + 1 + length, "_uv");
    return out->from && out->to && (out->chroma || to[1 + length] == 0);
}

EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    (void)image;
    *module = malloc(1);
    return *module ? CUDA_SUCCESS : (CUresult)VG_CUDA_OUT_OF_MEMORY;
}

EXPORT CUresult cuModuleUnload(CUmodule module)
{
    free(module);
    return CUDA_SUCCESS;
}

/* Functions live as long as the process, as few as they are: their module does not know them. */
EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    (void)module;
    struct CUfunc_st read;
    if (!read_name(name, &read))
        return (CUresult)VG_CUDA_NOT_FOUND;
    *function = malloc(sizeof read);
    if (!*function)
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    **function = read;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuTexObjectCreate(CUtexObject *texture, const CUDA_RESOURCE_DESC *resource,
                                  const CUDA_TEXTURE_DESC *description, const CUDA_RESOURCE_VIEW_DESC *view)
{
    (void)description, (void)view;
    if (resource->resType != CU_RESOURCE_TYPE_PITCH2D)
        return (CUresult)VG_CUDA_NOT_SUPPORTED;
    CUDA_RESOURCE_DESC *copy = malloc(sizeof *copy);
    if (!copy)
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    *copy = *resource;
    *texture = (CUtexObject)(uintptr_t)copy;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuTexObjectDestroy(CUtexObject texture)
{
    free((void *)(uintptr_t)texture);
    return CUDA_SUCCESS;
}

/* A sample in sixteen bits. */
static int sample(const CUDA_RESOURCE_DESC *texture, int x, int y, int channel)
{
    int width = (int)texture->res.pitch2D.width, height = (int)texture->res.pitch2D.height;
    x = x < 0 ? 0 : x >= width ? width - 1 : x;
    y = y < 0 ? 0 : y >= height ? height - 1 : y;
    const uint8_t *row =
        (const uint8_t *)(uintptr_t)texture->res.pitch2D.devPtr + (size_t)y * texture->res.pitch2D.pitchInBytes;
    size_t at = (size_t)x * texture->res.pitch2D.numChannels + (size_t)channel;
    if (texture->res.pitch2D.format == CU_AD_FORMAT_UNSIGNED_INT8)
        return row[at] << 8;
    uint16_t word;
    memcpy(&word, row + 2 * at, sizeof word);
    return word;
}

static int interpolate(const CUDA_RESOURCE_DESC *texture, float x, float y, int channel)
{
    int left = (int)x - (x < 0), top = (int)y - (y < 0);
    float right = x - (float)left, below = y - (float)top;
    float upper = (float)sample(texture, left, top, channel) * (1 - right) +
                  (float)sample(texture, left + 1, top, channel) * right;
    float lower = (float)sample(texture, left, top + 1, channel) * (1 - right) +
                  (float)sample(texture, left + 1, top + 1, channel) * right;
    return (int)(upper * (1 - below) + lower * below + 0.5f);
}

struct target {
    uint8_t *data;
    int width, height, pitch;
    /* Samples from one pixel to the next, and the first one's place. */
    int step, first;
};

static void resize(const CUDA_RESOURCE_DESC *from, int channel, const struct target *to,
                   const struct pixel_format *format)
{
    float across = (float)from->res.pitch2D.width / (float)to->width;
    float down = (float)from->res.pitch2D.height / (float)to->height;
    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x++) {
            int value =
                interpolate(from, ((float)x + 0.5f) * across - 0.5f, ((float)y + 0.5f) * down - 0.5f, channel);
            uint8_t *place =
                to->data + (size_t)y * (size_t)to->pitch + (size_t)(x * to->step + to->first) * (size_t)format->bytes;
            uint16_t word = (uint16_t)(value >> format->empty_bits << format->empty_bits);
            if (format->bytes == 1)
                *place = (uint8_t)(value >> 8);
            else
                memcpy(place, &word, sizeof word);
        }
}

/* Arguments of scale_cuda's kernels in ffmpeg 5.1: four textures, four planes, target width, height, pitch, … */
EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned int gridX, unsigned int gridY, unsigned int gridZ,
                               unsigned int blockX, unsigned int blockY, unsigned int blockZ, unsigned int shared,
                               CUstream stream, void **arguments, void **extra)
{
    (void)gridX, (void)gridY, (void)gridZ, (void)blockX, (void)blockY, (void)blockZ;
    (void)shared, (void)stream, (void)extra;
    const CUDA_RESOURCE_DESC *textures[MAX_PLANES];
    uint8_t *planes[MAX_PLANES];
    for (int at = 0; at < MAX_PLANES; at++) {
        textures[at] = (const CUDA_RESOURCE_DESC *)(uintptr_t) * (CUtexObject *)arguments[at];
        planes[at] = (uint8_t *)(uintptr_t) * (CUdeviceptr *)arguments[MAX_PLANES + at];
    }
    struct target to = {.width = *(int *)arguments[8], .height = *(int *)arguments[9], .pitch = *(int *)arguments[10]};
    to.step = function->chroma && function->to->interleaved ? 2 : 1;
    for (int part = 0; part < (function->chroma ? 2 : 1); part++) {
        int from = !function->chroma ? 0 : function->from->interleaved ? 1 : 1 + part;
        int into = !function->chroma ? 0 : function->to->interleaved ? 1 : 1 + part;
        to.data = planes[into];
        to.first = to.step == 2 ? part : 0;
        if (!textures[from] || !to.data)
            return (CUresult)VG_CUDA_INVALID_VALUE;
        resize(textures[from], function->from->interleaved && function->chroma ? part : 0, &to, function->to);
    }
    return CUDA_SUCCESS;
}
