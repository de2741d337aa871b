#include "picture-input.h"

#include <stdlib.h>
#include <string.h>

bool vg_format_is_10bit(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT || format == NV_ENC_BUFFER_FORMAT_YUV444_10BIT;
}

bool vg_format_is_444(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_YUV444 || format == NV_ENC_BUFFER_FORMAT_YUV444_10BIT;
}

static bool is_rgb(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_ARGB || format == NV_ENC_BUFFER_FORMAT_ABGR;
}

bool vg_format_is_known(NV_ENC_BUFFER_FORMAT format)
{
    return format == NV_ENC_BUFFER_FORMAT_NV12 || format == NV_ENC_BUFFER_FORMAT_YV12 ||
           format == NV_ENC_BUFFER_FORMAT_IYUV || vg_format_is_10bit(format) || vg_format_is_444(format) ||
           is_rgb(format);
}

int vg_format_pitch(NV_ENC_BUFFER_FORMAT format, int width)
{
    int bytes = is_rgb(format) ? width * 4 : vg_format_is_10bit(format) ? width * 2 : width;
    return (bytes + 255) & ~255;
}

size_t vg_format_size(NV_ENC_BUFFER_FORMAT format, int pitch, int height)
{
    size_t plane = (size_t)pitch * (size_t)height;
    size_t half = (size_t)pitch * (size_t)((height + 1) / 2);
    return is_rgb(format) ? plane : vg_format_is_444(format) ? 3 * plane : plane + half;
}

static bool grow(struct vg_plane_store *store, size_t size)
{
    if (store->size >= size)
        return true;
    uint8_t *memory = realloc(store->memory, size);
    if (!memory)
        return false;
    store->memory = memory;
    store->size = size;
    return true;
}

static void split_chroma_8(const struct vg_input *input, int width, int height, uint8_t *u, uint8_t *v)
{
    const uint8_t *from = input->data + (size_t)input->pitch * (size_t)input->height;
    for (int y = 0; y < height; y++, from += input->pitch)
        for (int x = 0; x < width; x++) {
            *u++ = from[2 * x];
            *v++ = from[2 * x + 1];
        }
}

/* P010 keeps its ten bits in the upper part of a word. */
static void lower_words(const uint8_t *from, int pitch, int words, int step, int height, uint16_t *to)
{
    for (int y = 0; y < height; y++, from += pitch) {
        const uint16_t *row = (const uint16_t *)(const void *)from;
        for (int x = 0; x < words; x++)
            *to++ = row[x * step] >> 6;
    }
}

static bool read_words(const struct vg_input *input, int width, int height, struct vg_plane_store *store,
                       struct vg_picture *out)
{
    bool full = vg_format_is_444(input->format);
    int chroma_width = full ? width : width / 2, chroma_height = full ? height : height / 2;
    size_t luma = (size_t)width * (size_t)height, chroma = (size_t)chroma_width * (size_t)chroma_height;
    if (!grow(store, (luma + 2 * chroma) * 2))
        return false;
    uint16_t *to = (uint16_t *)(void *)store->memory;
    size_t plane = (size_t)input->pitch * (size_t)input->height;
    const uint8_t *from = input->data;
    lower_words(from, input->pitch, width, 1, height, to);
    if (full) {
        lower_words(from + plane, input->pitch, width, 1, height, to + luma);
        lower_words(from + 2 * plane, input->pitch, width, 1, height, to + luma + chroma);
    } else {
        lower_words(from + plane, input->pitch, chroma_width, 2, chroma_height, to + luma);
        lower_words(from + plane + 2, input->pitch, chroma_width, 2, chroma_height, to + luma + chroma);
    }
    *out = (struct vg_picture){
        {store->memory, store->memory + luma * 2, store->memory + (luma + chroma) * 2},
        {width * 2, chroma_width * 2, chroma_width * 2},
    };
    return true;
}

/* BT.601, limited range, as the hardware converts; a sample of chroma is the mean of four pixels. */
static bool read_rgb(const struct vg_input *input, int width, int height, struct vg_plane_store *store,
                     struct vg_picture *out)
{
    int red = input->format == NV_ENC_BUFFER_FORMAT_ARGB ? 2 : 0;
    size_t luma = (size_t)width * (size_t)height;
    if (!grow(store, luma * 3 / 2))
        return false;
    uint8_t *planes[3] = {store->memory, store->memory + luma, store->memory + luma + luma / 4};
    for (int y = 0; y < height; y += 2)
        for (int x = 0; x < width; x += 2) {
            int r = 0, g = 0, b = 0;
            for (int part = 0; part < 4; part++) {
                int column = x + part % 2, line = y + part / 2;
                const uint8_t *pixel = input->data + (size_t)line * (size_t)input->pitch + 4 * column;
                int r1 = pixel[red], g1 = pixel[1], b1 = pixel[2 - red];
                planes[0][line * width + column] = (uint8_t)(((66 * r1 + 129 * g1 + 25 * b1 + 128) >> 8) + 16);
                r += r1, g += g1, b += b1;
            }
            int at = y / 2 * (width / 2) + x / 2;
            planes[1][at] = (uint8_t)(((-38 * r - 74 * g + 112 * b + 512) >> 10) + 128);
            planes[2][at] = (uint8_t)(((112 * r - 94 * g - 18 * b + 512) >> 10) + 128);
        }
    *out = (struct vg_picture){{planes[0], planes[1], planes[2]}, {width, width / 2, width / 2}};
    return true;
}

bool vg_read_picture(const struct vg_input *input, int width, int height, struct vg_plane_store *store,
                     struct vg_picture *out)
{
    size_t plane = (size_t)input->pitch * (size_t)input->height;
    uint8_t *second = input->data + plane;
    if (vg_format_is_10bit(input->format))
        return read_words(input, width, height, store, out);
    if (is_rgb(input->format))
        return read_rgb(input, width, height, store, out);
    if (input->format == NV_ENC_BUFFER_FORMAT_YUV444) {
        *out = (struct vg_picture){{input->data, second, second + plane}, {input->pitch, input->pitch, input->pitch}};
        return true;
    }
    if (input->format == NV_ENC_BUFFER_FORMAT_NV12) {
        size_t chroma = (size_t)(width / 2) * (size_t)(height / 2);
        if (!grow(store, 2 * chroma))
            return false;
        split_chroma_8(input, width / 2, height / 2, store->memory, store->memory + chroma);
        *out = (struct vg_picture){{input->data, store->memory, store->memory + chroma},
                                   {input->pitch, width / 2, width / 2}};
        return true;
    }
    /* V lies before U in YV12, after it in IYUV; both at half the pitch. */
    uint8_t *third = second + (size_t)(input->pitch / 2) * (size_t)((input->height + 1) / 2);
    bool v_first = input->format == NV_ENC_BUFFER_FORMAT_YV12;
    *out = (struct vg_picture){{input->data, v_first ? third : second, v_first ? second : third},
                               {input->pitch, input->pitch / 2, input->pitch / 2}};
    return true;
}
