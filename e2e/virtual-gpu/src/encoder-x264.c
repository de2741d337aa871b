#include "encoder.h"

#include <stdlib.h>
#include <string.h>
#include <x264.h>

struct vg_encoder {
    x264_t *x264;
    x264_param_t param;
    uint8_t *kept;
    size_t kept_size;
};

/* The name of a speed only chooses how hard x264 looks: everything stays near its fastest. */
static void choose_effort(x264_param_t *param, int preset)
{
    x264_param_default_preset(param, "ultrafast", NULL);
    param->analyse.i_subpel_refine = preset <= 3 ? 0 : preset <= 5 ? 1 : 2;
    param->analyse.i_me_method = preset <= 4 ? X264_ME_DIA : X264_ME_HEX;
    param->b_deblocking_filter = 1;
}

/*
 * A delay of exactly the B-frames: no look-ahead, no threads, a fixed pattern. No IDR of its own: with an endless GOP and
 * a huge minimum a forced I stays an I.
 */
static void fix_structure(x264_param_t *param, const struct vg_encoder_params *wanted)
{
    param->i_threads = 1;
    param->i_lookahead_threads = 1;
    param->i_sync_lookahead = 0;
    param->rc.i_lookahead = 0;
    param->rc.b_mb_tree = 0;
    param->i_scenecut_threshold = 0;
    param->i_bframe = wanted->b_frames;
    param->i_bframe_adaptive = X264_B_ADAPT_NONE;
    param->i_bframe_pyramid = wanted->b_pyramid && wanted->b_frames > 1 ? X264_B_PYRAMID_NORMAL : X264_B_PYRAMID_NONE;
    param->i_frame_reference = wanted->b_frames > 1 ? 2 : 1;
    param->b_open_gop = 0;
    param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param->i_keyint_min = X264_KEYINT_MAX_INFINITE / 2;
}

static void set_rate(x264_param_t *param, const struct vg_encoder_params *wanted)
{
    param->rc.i_vbv_max_bitrate = wanted->max_rate / 1000;
    param->rc.i_vbv_buffer_size = wanted->buffer / 1000;
    if (param->rc.i_vbv_max_bitrate > 0 && param->rc.i_vbv_buffer_size == 0)
        param->rc.i_vbv_buffer_size = param->rc.i_vbv_max_bitrate;
    if (param->rc.i_vbv_max_bitrate == 0)
        param->rc.i_vbv_buffer_size = 0;
    switch (wanted->rate_control) {
    case VG_CONSTANT_QP:
        param->rc.i_rc_method = X264_RC_CQP;
        param->rc.i_qp_constant = wanted->lossless ? 0 : wanted->qp_p;
        param->rc.f_ip_factor = 1;
        param->rc.f_pb_factor = 1;
        param->rc.i_vbv_max_bitrate = param->rc.i_vbv_buffer_size = 0;
        break;
    case VG_CONSTANT_QUALITY:
        param->rc.i_rc_method = X264_RC_CRF;
        param->rc.f_rf_constant = (float)wanted->quality;
        break;
    case VG_AVERAGE_BIT_RATE:
    case VG_CONSTANT_BIT_RATE:
        param->rc.i_rc_method = X264_RC_ABR;
        param->rc.i_bitrate = wanted->bit_rate / 1000 > 0 ? wanted->bit_rate / 1000 : 1;
        if (wanted->rate_control == VG_CONSTANT_BIT_RATE) {
            param->rc.i_vbv_max_bitrate = param->rc.i_bitrate;
            if (param->rc.i_vbv_buffer_size == 0)
                param->rc.i_vbv_buffer_size = param->rc.i_bitrate;
        } else if (param->rc.i_vbv_max_bitrate < param->rc.i_bitrate) {
            param->rc.i_vbv_max_bitrate = param->rc.i_vbv_buffer_size = 0;
        }
        break;
    }
}

static void set_stream(x264_param_t *param, const struct vg_encoder_params *wanted)
{
    param->i_width = wanted->width;
    param->i_height = wanted->height;
    param->i_bitdepth = wanted->ten_bit ? 10 : 8;
    param->i_csp = (wanted->yuv444 ? X264_CSP_I444 : X264_CSP_I420) | (wanted->ten_bit ? X264_CSP_HIGH_DEPTH : 0);
    param->i_fps_num = (uint32_t)wanted->rate_num;
    param->i_fps_den = (uint32_t)wanted->rate_den;
    param->i_timebase_num = (uint32_t)wanted->rate_den;
    param->i_timebase_den = (uint32_t)wanted->rate_num;
    param->b_vfr_input = 0;
    param->vui.i_sar_width = wanted->aspect_width;
    param->vui.i_sar_height = wanted->aspect_height;
    param->b_interlaced = wanted->interlaced;
    param->b_annexb = 1;
    param->b_repeat_headers = wanted->headers_in_stream;
    param->b_aud = wanted->access_unit_delimiters;
    param->i_level_idc = wanted->level ? wanted->level : -1;
    if (wanted->colour_described) {
        param->vui.b_fullrange = wanted->full_range;
        param->vui.i_colorprim = wanted->primaries;
        param->vui.i_transfer = wanted->transfer;
        param->vui.i_colmatrix = wanted->matrix;
    }
    /* The fastest preset leaves out what makes a profile more than Baseline. */
    param->b_cabac = wanted->profile != VG_BASELINE && !wanted->cavlc;
    param->analyse.b_transform_8x8 = wanted->profile != VG_BASELINE && wanted->profile != VG_MAIN;
    param->analyse.intra |= X264_ANALYSE_I4x4 | (param->analyse.b_transform_8x8 ? X264_ANALYSE_I8x8 : 0);
}

static const char *profile_name(const struct vg_encoder_params *wanted)
{
    if (wanted->yuv444 || wanted->lossless)
        return "high444";
    if (wanted->ten_bit)
        return "high10";
    return wanted->profile == VG_BASELINE ? "baseline" : wanted->profile == VG_MAIN ? "main" : "high";
}

static void close_encoder(struct vg_encoder *encoder)
{
    if (encoder->x264)
        x264_encoder_close(encoder->x264);
    free(encoder->kept);
    free(encoder);
}

static struct vg_encoder *open_encoder(const struct vg_encoder_params *wanted)
{
    struct vg_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return NULL;
    x264_param_t *param = &encoder->param;
    choose_effort(param, wanted->preset);
    fix_structure(param, wanted);
    set_rate(param, wanted);
    set_stream(param, wanted);
    param->i_log_level = X264_LOG_NONE;
    if (x264_param_apply_profile(param, profile_name(wanted)) == 0)
        encoder->x264 = x264_encoder_open(param);
    if (encoder->x264)
        return encoder;
    close_encoder(encoder);
    return NULL;
}

/* x264 signs its streams with a message of its own: unregistered user data (5). */
static bool is_signature(const x264_nal_t *nal)
{
    int start = nal->b_long_startcode ? 4 : 3;
    return nal->i_type == NAL_SEI && nal->i_payload > start + 1 && nal->p_payload[start + 1] == 5;
}

static size_t write_headers(struct vg_encoder *encoder, uint8_t *into, size_t size)
{
    x264_nal_t *nals;
    int count;
    size_t used = 0;
    if (x264_encoder_headers(encoder->x264, &nals, &count) < 0)
        return 0;
    for (int at = 0; at < count; at++) {
        if (is_signature(&nals[at]))
            continue;
        if (used + (size_t)nals[at].i_payload > size)
            return 0;
        memcpy(into + used, nals[at].p_payload, (size_t)nals[at].i_payload);
        used += (size_t)nals[at].i_payload;
    }
    return used;
}

static bool keep(struct vg_encoder *encoder, const x264_nal_t *nals, int count, size_t *size)
{
    size_t used = 0, needed = 0;
    for (int at = 0; at < count; at++)
        needed += (size_t)nals[at].i_payload;
    if (needed > encoder->kept_size) {
        uint8_t *grown = realloc(encoder->kept, needed);
        if (!grown)
            return false;
        encoder->kept = grown;
        encoder->kept_size = needed;
    }
    for (int at = 0; at < count; at++) {
        if (is_signature(&nals[at]))
            continue;
        memcpy(encoder->kept + used, nals[at].p_payload, (size_t)nals[at].i_payload);
        used += (size_t)nals[at].i_payload;
    }
    *size = used;
    return true;
}

static int encode_picture(struct vg_encoder *encoder, const struct vg_picture *picture, int64_t number,
                       enum vg_picture_type type, struct vg_packet *out)
{
    x264_picture_t in, coded;
    x264_nal_t *nals;
    int count;
    if (picture) {
        x264_picture_init(&in);
        in.img.i_csp = encoder->param.i_csp;
        in.img.i_plane = 3;
        for (int plane = 0; plane < 3; plane++) {
            in.img.plane[plane] = (uint8_t *)(uintptr_t)picture->plane[plane];
            in.img.i_stride[plane] = picture->stride[plane];
        }
        in.i_pts = number;
        in.i_type = type == VG_PICTURE_IDR ? X264_TYPE_IDR : type == VG_PICTURE_I ? X264_TYPE_I : X264_TYPE_AUTO;
    } else if (x264_encoder_delayed_frames(encoder->x264) == 0) {
        return 0;
    }
    int size = x264_encoder_encode(encoder->x264, &nals, &count, picture ? &in : NULL, &coded);
    if (size < 0)
        return -1;
    if (size == 0)
        return 0;
    if (!keep(encoder, nals, count, &out->size))
        return -1;
    out->data = encoder->kept;
    out->number = coded.i_pts;
    out->qp = coded.i_qpplus1 - 1;
    out->type = coded.i_type == X264_TYPE_IDR                                      ? VG_PICTURE_IDR
                : coded.i_type == X264_TYPE_I                                      ? VG_PICTURE_I
                : coded.i_type == X264_TYPE_B || coded.i_type == X264_TYPE_BREF ? VG_PICTURE_B
                                                                                   : VG_PICTURE_P;
    return 1;
}

const struct vg_encoder_class vg_x264 = {open_encoder, write_headers, encode_picture, close_encoder};
