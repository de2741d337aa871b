#include "encoder.h"

#include <stdlib.h>
#include <string.h>
#include <x265.h>

struct vg_encoder {
    const x265_api *api;
    x265_encoder *x265;
    x265_param *param;
    uint8_t *kept;
    size_t kept_size;
};

static void choose_effort(x265_param *param, int preset)
{
    param->subpelRefine = preset <= 3 ? 0 : 1;
    param->maxNumReferences = 1;
    param->rdLevel = 2;
    /* Small blocks cost little at small sizes; the big ones need a picture that holds them. */
    param->maxCUSize = 32;
}

/* As with x264: a fixed delay, a fixed pattern, no key frame that was not asked for. */
static void fix_structure(x265_param *param, const struct vg_encoder_params *wanted)
{
    param->frameNumThreads = 1;
    param->bEnableWavefront = 0;
    param->bDistributeModeAnalysis = 0;
    param->bDistributeMotionEstimation = 0;
    param->lookaheadSlices = 0;
    param->lookaheadThreads = 0;
    param->numaPools = "none";
    param->bframes = wanted->b_frames;
    param->bFrameAdaptive = 0;
    param->bBPyramid = wanted->b_pyramid && wanted->b_frames > 1;
    param->lookaheadDepth = wanted->b_frames ? wanted->b_frames + 1 : 0;
    param->rc.cuTree = 0;
    param->scenecutThreshold = 0;
    param->bHistBasedSceneCut = 0;
    param->bOpenGOP = 0;
    param->keyframeMax = -1;
    param->keyframeMin = 1 << 24;
}

static void set_rate(x265_param *param, const struct vg_encoder_params *wanted)
{
    param->rc.vbvMaxBitrate = wanted->max_rate / 1000;
    param->rc.vbvBufferSize = wanted->buffer / 1000;
    if (param->rc.vbvMaxBitrate > 0 && param->rc.vbvBufferSize == 0)
        param->rc.vbvBufferSize = param->rc.vbvMaxBitrate;
    if (param->rc.vbvMaxBitrate == 0)
        param->rc.vbvBufferSize = 0;
    switch (wanted->rate_control) {
    case VG_CONSTANT_QP:
        param->rc.rateControlMode = X265_RC_CQP;
        param->rc.qp = wanted->qp_p;
        param->rc.ipFactor = 1;
        param->rc.pbFactor = 1;
        param->rc.vbvMaxBitrate = param->rc.vbvBufferSize = 0;
        param->bLossless = wanted->lossless;
        if (wanted->level) {
            /* x265 takes no constant QP together with a level, but a quality with nowhere to go. */
            param->rc.rateControlMode = X265_RC_CRF;
            param->rc.rfConstant = param->rc.qpMin = param->rc.qpMax = wanted->qp_p;
        }
        break;
    case VG_CONSTANT_QUALITY:
        param->rc.rateControlMode = X265_RC_CRF;
        param->rc.rfConstant = wanted->quality;
        break;
    case VG_AVERAGE_BIT_RATE:
    case VG_CONSTANT_BIT_RATE:
        param->rc.rateControlMode = X265_RC_ABR;
        param->rc.bitrate = wanted->bit_rate / 1000 > 0 ? wanted->bit_rate / 1000 : 1;
        if (wanted->rate_control == VG_CONSTANT_BIT_RATE) {
            param->rc.vbvMaxBitrate = param->rc.bitrate;
            if (param->rc.vbvBufferSize == 0)
                param->rc.vbvBufferSize = param->rc.bitrate;
        } else if (param->rc.vbvMaxBitrate < param->rc.bitrate) {
            param->rc.vbvMaxBitrate = param->rc.vbvBufferSize = 0;
        }
        break;
    }
}

static void set_stream(x265_param *param, const struct vg_encoder_params *wanted)
{
    param->sourceWidth = wanted->width;
    param->sourceHeight = wanted->height;
    param->internalCsp = wanted->yuv444 ? X265_CSP_I444 : X265_CSP_I420;
    param->sourceBitDepth = wanted->ten_bit ? 10 : 8;
    param->fpsNum = (uint32_t)wanted->rate_num;
    param->fpsDenom = (uint32_t)wanted->rate_den;
    param->vui.aspectRatioIdc = X265_EXTENDED_SAR;
    param->vui.sarWidth = wanted->aspect_width;
    param->vui.sarHeight = wanted->aspect_height;
    param->bAnnexB = 1;
    param->bRepeatHeaders = wanted->headers_in_stream;
    param->bEnableAccessUnitDelimiters = wanted->access_unit_delimiters;
    param->bEmitInfoSEI = 0;
    param->levelIdc = wanted->level / 3;
    param->bHighTier = wanted->high_tier;
    param->bAllowNonConformance = 1;
    if (wanted->colour_described) {
        param->vui.bEnableVideoSignalTypePresentFlag = 1;
        param->vui.bEnableVideoFullRangeFlag = wanted->full_range;
        param->vui.bEnableColorDescriptionPresentFlag = 1;
        param->vui.colorPrimaries = wanted->primaries;
        param->vui.transferCharacteristics = wanted->transfer;
        param->vui.matrixCoeffs = wanted->matrix;
    }
}

static void close_encoder(struct vg_encoder *encoder)
{
    if (encoder->x265)
        encoder->api->encoder_close(encoder->x265);
    if (encoder->param)
        encoder->api->param_free(encoder->param);
    free(encoder->kept);
    free(encoder);
}

static struct vg_encoder *open_encoder(const struct vg_encoder_params *wanted)
{
    struct vg_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return NULL;
    encoder->api = x265_api_get(wanted->ten_bit ? 10 : 8);
    encoder->param = encoder->api ? encoder->api->param_alloc() : NULL;
    if (encoder->param && encoder->api->param_default_preset(encoder->param, "ultrafast", NULL) == 0) {
        encoder->param->logLevel = X265_LOG_NONE;
        choose_effort(encoder->param, wanted->preset);
        fix_structure(encoder->param, wanted);
        set_rate(encoder->param, wanted);
        set_stream(encoder->param, wanted);
        const char *profile = wanted->yuv444   ? wanted->ten_bit ? "main444-10" : "main444-8"
                              : wanted->ten_bit ? "main10"
                                                : "main";
        if (encoder->api->param_apply_profile(encoder->param, profile) == 0)
            encoder->x265 = encoder->api->encoder_open(encoder->param);
    }
    if (encoder->x265)
        return encoder;
    close_encoder(encoder);
    return NULL;
}

static size_t write_headers(struct vg_encoder *encoder, uint8_t *into, size_t size)
{
    x265_nal *nals;
    uint32_t count;
    size_t used = 0;
    if (encoder->api->encoder_headers(encoder->x265, &nals, &count) < 0)
        return 0;
    for (uint32_t at = 0; at < count; at++) {
        if (used + nals[at].sizeBytes > size)
            return 0;
        memcpy(into + used, nals[at].payload, nals[at].sizeBytes);
        used += nals[at].sizeBytes;
    }
    return used;
}

static bool keep(struct vg_encoder *encoder, const x265_nal *nals, uint32_t count, size_t *size)
{
    size_t used = 0, needed = 0;
    for (uint32_t at = 0; at < count; at++)
        needed += nals[at].sizeBytes;
    if (needed > encoder->kept_size) {
        uint8_t *grown = realloc(encoder->kept, needed);
        if (!grown)
            return false;
        encoder->kept = grown;
        encoder->kept_size = needed;
    }
    for (uint32_t at = 0; at < count; at++) {
        memcpy(encoder->kept + used, nals[at].payload, nals[at].sizeBytes);
        used += nals[at].sizeBytes;
    }
    *size = used;
    return true;
}

static int encode_picture(struct vg_encoder *encoder, const struct vg_picture *picture, int64_t number,
                       enum vg_picture_type type, struct vg_packet *out)
{
    x265_picture in, coded;
    x265_nal *nals;
    uint32_t count = 0;
    encoder->api->picture_init(encoder->param, &coded);
    if (picture) {
        encoder->api->picture_init(encoder->param, &in);
        for (int plane = 0; plane < 3; plane++) {
            in.planes[plane] = (void *)(uintptr_t)picture->plane[plane];
            in.stride[plane] = picture->stride[plane];
        }
        in.pts = number;
        in.sliceType = type == VG_PICTURE_IDR ? X265_TYPE_IDR : type == VG_PICTURE_I ? X265_TYPE_I : X265_TYPE_AUTO;
    }
    int frames = encoder->api->encoder_encode(encoder->x265, &nals, &count, picture ? &in : NULL, &coded);
    if (frames < 0)
        return -1;
    if (frames == 0 || count == 0)
        return 0;
    if (!keep(encoder, nals, count, &out->size))
        return -1;
    out->data = encoder->kept;
    out->number = coded.pts;
    out->qp = (int)coded.frameData.qp;
    out->type = coded.sliceType == X265_TYPE_IDR                                      ? VG_PICTURE_IDR
                : coded.sliceType == X265_TYPE_I                                      ? VG_PICTURE_I
                : coded.sliceType == X265_TYPE_B || coded.sliceType == X265_TYPE_BREF ? VG_PICTURE_B
                                                                                      : VG_PICTURE_P;
    return 1;
}

const struct vg_encoder_class vg_x265 = {open_encoder, write_headers, encode_picture, close_encoder};
