/* Setting a session up: what the client asks for, checked as the driver checks it and handed to x264 or x265. */
#include <string.h>

#include "nvenc.h"

struct level {
    int number;
    int64_t picture, rate;
};

/* Rec. H.264 table A-1: macroblocks of a picture, and per second. */
static const struct level h264_levels[] = {
    {9, 99, 1485},        {10, 99, 1485},       {11, 396, 3000},      {12, 396, 6000},      {13, 396, 11880},
    {20, 396, 11880},     {21, 792, 19800},     {22, 1620, 20250},    {30, 1620, 40500},    {31, 3600, 108000},
    {32, 5120, 216000},   {40, 8192, 245760},   {41, 8192, 245760},   {42, 8704, 522240},   {50, 22080, 589824},
    {51, 36864, 983040},  {52, 36864, 2073600}, {60, 139264, 4177920}, {61, 139264, 8355840}, {62, 139264, 16711680},
};

/* Rec. H.265 tables A.8 and A.9: luma samples of a picture, and per second. */
static const struct level hevc_levels[] = {
    {30, 36864, 552960},          {60, 122880, 3686400},         {63, 245760, 7372800},
    {90, 552960, 16588800},       {93, 983040, 33177600},        {120, 2228224, 66846720},
    {123, 2228224, 133693440},    {150, 8912896, 267386880},     {153, 8912896, 534773760},
    {156, 8912896, 1069547520},   {180, 35651584, 1069547520},   {183, 35651584, 2139095040},
    {186, 35651584, 4278190080},
};

static bool level_holds(const struct vg_encoder_params *params)
{
    bool h264 = params->codec == VG_H264;
    int64_t picture = h264 ? (int64_t)((params->width + 15) / 16) * ((params->height + 15) / 16)
                           : (int64_t)params->width * params->height;
    int64_t rate = picture * params->rate_num / params->rate_den;
    const struct level *levels = h264 ? h264_levels : hevc_levels;
    size_t count = h264 ? sizeof h264_levels / sizeof *levels : sizeof hevc_levels / sizeof *levels;
    for (size_t at = 0; at < count; at++)
        if (levels[at].number == params->level)
            return picture <= levels[at].picture && rate <= levels[at].rate;
    return false;
}

static enum vg_profile profile_of(GUID guid, const struct vg_encoder_params *params)
{
    if (params->yuv444)
        return VG_444;
    if (params->codec == VG_HEVC)
        return params->ten_bit ? VG_MAIN10 : VG_MAIN;
    if (vg_same_guid(guid, NV_ENC_H264_PROFILE_BASELINE_GUID))
        return VG_BASELINE;
    return vg_same_guid(guid, NV_ENC_H264_PROFILE_MAIN_GUID) ? VG_MAIN : VG_HIGH;
}

static void read_rate(struct vg_encoder_params *to, const NV_ENC_RC_PARAMS *from, bool lossless)
{
    to->qp_i = (int)from->constQP.qpIntra;
    to->qp_p = (int)from->constQP.qpInterP;
    to->qp_b = (int)from->constQP.qpInterB;
    to->quality = from->targetQuality + from->targetQualityLSB / 256.0;
    to->bit_rate = (int)from->averageBitRate;
    to->max_rate = (int)from->maxBitRate;
    to->buffer = (int)from->vbvBufferSize;
    to->lossless = lossless;
    if (from->rateControlMode == NV_ENC_PARAMS_RC_CONSTQP)
        to->rate_control = VG_CONSTANT_QP;
    else if (from->rateControlMode == NV_ENC_PARAMS_RC_VBR || from->rateControlMode == NV_ENC_PARAMS_RC_VBR_HQ)
        to->rate_control = to->quality > 0 || to->bit_rate == 0 ? VG_CONSTANT_QUALITY : VG_AVERAGE_BIT_RATE;
    else
        to->rate_control = VG_CONSTANT_BIT_RATE;
    if (to->rate_control == VG_CONSTANT_QUALITY && to->quality <= 0)
        to->quality = 23;
    if (to->rate_control == VG_CONSTANT_BIT_RATE && to->bit_rate == 0)
        to->bit_rate = to->max_rate ? to->max_rate : 2000000;
}

static void read_colour(struct vg_encoder_params *to, const NV_ENC_CONFIG_H264_VUI_PARAMETERS *from)
{
    to->colour_described = from->videoSignalTypePresentFlag && from->colourDescriptionPresentFlag;
    to->full_range = (int)from->videoFullRangeFlag;
    to->primaries = (int)from->colourPrimaries;
    to->transfer = (int)from->transferCharacteristics;
    to->matrix = (int)from->colourMatrix;
}

static void read_codec(struct vg_encoder_params *to, const NV_ENC_CONFIG *config)
{
    if (to->codec == VG_H264) {
        const NV_ENC_CONFIG_H264 *from = &config->encodeCodecConfig.h264Config;
        to->level = (int)from->level;
        to->yuv444 = from->chromaFormatIDC == 3;
        to->headers_in_stream = !from->disableSPSPPS;
        to->access_unit_delimiters = from->outputAUD;
        to->cavlc = from->entropyCodingMode == NV_ENC_H264_ENTROPY_CODING_MODE_CAVLC;
        to->b_pyramid = from->useBFramesAsRef != NV_ENC_BFRAME_REF_MODE_DISABLED;
        to->interlaced = config->frameFieldMode != NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
        read_colour(to, &from->h264VUIParameters);
    } else {
        const NV_ENC_CONFIG_HEVC *from = &config->encodeCodecConfig.hevcConfig;
        to->level = (int)from->level;
        to->high_tier = from->tier == NV_ENC_TIER_HEVC_HIGH;
        to->yuv444 = from->chromaFormatIDC == 3;
        to->ten_bit = from->pixelBitDepthMinus8 == 2;
        to->headers_in_stream = !from->disableSPSPPS;
        to->access_unit_delimiters = from->outputAUD;
        to->b_pyramid = from->useBFramesAsRef != NV_ENC_BFRAME_REF_MODE_DISABLED;
        read_colour(to, &from->hevcVUIParameters);
    }
}

/* A sample's shape out of the picture's, in small numbers. */
static void read_aspect(struct vg_encoder_params *to, const NV_ENC_INITIALIZE_PARAMS *from)
{
    int64_t width = (int64_t)from->darWidth * to->height, height = (int64_t)from->darHeight * to->width;
    to->aspect_width = to->aspect_height = 1;
    if (width <= 0 || height <= 0)
        return;
    int64_t divisor = width;
    for (int64_t rest = height; rest;) {
        int64_t next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    if (width / divisor < 65536 && height / divisor < 65536) {
        to->aspect_width = (int)(width / divisor);
        to->aspect_height = (int)(height / divisor);
    }
}

static NVENCSTATUS check(struct vg_nvenc *session, const struct vg_encoder_params *params, const NV_ENC_CONFIG *config)
{
    const struct vg_codec_caps *caps = &session->gpu->codecs[params->codec];
    if (!caps->present)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid codec.");
    if (params->width < caps->min_width || params->height < caps->min_height)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Frame Dimension less than the minimum supported value.");
    if (params->width > caps->max_width || params->height > caps->max_height)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Frame Dimension exceeds the maximum supported value.");
    if (params->rate_num <= 0 || params->rate_den <= 0)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid frame rate.");
    if (params->b_frames > caps->b_frames)
        return vg_fail(session, NV_ENC_ERR_UNSUPPORTED_PARAM, "B frames are not supported.");
    if (params->ten_bit && !caps->ten_bit)
        return vg_fail(session, NV_ENC_ERR_UNSUPPORTED_PARAM, "10 bit is not supported.");
    if (params->yuv444 && !session->gpu->yuv444)
        return vg_fail(session, NV_ENC_ERR_UNSUPPORTED_PARAM, "YUV444 is not supported.");
    if (config->rcParams.enableLookahead && !session->gpu->lookahead)
        return vg_fail(session, NV_ENC_ERR_UNSUPPORTED_PARAM, "Lookahead is not supported.");
    if (params->level && !level_holds(params))
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid Level.");
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_initialize(void *handle, NV_ENC_INITIALIZE_PARAMS *from)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !from || !from->encodeConfig)
        return NV_ENC_ERR_INVALID_PTR;
    if (from->version != NV_ENC_INITIALIZE_PARAMS_VER || from->encodeConfig->version != NV_ENC_CONFIG_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    vg_refresh(session);
    if (!session->gpu || session->gpu->lost)
        return vg_fail(session, NV_ENC_ERR_DEVICE_NOT_EXIST, "EncodeAPI Internal Error.");
    if (session->encoder || vg_codec_of(from->encodeGUID) < 0)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid codec.");
    const NV_ENC_CONFIG *config = from->encodeConfig;
    struct vg_encoder_params *to = &session->params;
    *to = (struct vg_encoder_params){
        .codec = (enum vg_codec)vg_codec_of(from->encodeGUID),
        .width = (int)from->encodeWidth,
        .height = (int)from->encodeHeight,
        .rate_num = (int)from->frameRateNum,
        .rate_den = (int)from->frameRateDen,
        .preset = vg_preset_of(from->presetGUID),
        .b_frames = config->frameIntervalP > 1 ? config->frameIntervalP - 1 : 0,
    };
    read_codec(to, config);
    read_aspect(to, from);
    to->profile = profile_of(config->profileGUID, to);
    if (to->profile == VG_BASELINE)
        to->b_frames = 0;
    read_rate(to, &config->rcParams, from->tuningInfo == NV_ENC_TUNING_INFO_LOSSLESS);
    NVENCSTATUS status = check(session, to, config);
    if (status != NV_ENC_SUCCESS)
        return status;
    /* 0: every picture is intra, which an IDR each time is as well. */
    session->gop_length = config->frameIntervalP == 0 ? 1 : config->gopLength;
    session->class = to->codec == VG_H264 ? &vg_x264 : &vg_x265;
    session->encoder = session->class->open(to);
    if (!session->encoder)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid parameters.");
    session->slot.slot->codec = (int32_t)to->codec;
    session->slot.slot->width = to->width;
    session->slot.slot->height = to->height;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_sequence_params(void *handle, NV_ENC_SEQUENCE_PARAM_PAYLOAD *payload)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !payload || !payload->spsppsBuffer || !payload->outSPSPPSPayloadSize)
        return NV_ENC_ERR_INVALID_PTR;
    if (payload->version != NV_ENC_SEQUENCE_PARAM_PAYLOAD_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    if (!session->encoder)
        return vg_fail(session, NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "The encoder is not initialized.");
    size_t size = session->class->headers(session->encoder, payload->spsppsBuffer, payload->inBufferSize);
    if (size == 0)
        return vg_fail(session, NV_ENC_ERR_NOT_ENOUGH_BUFFER, "The buffer is too small.");
    *payload->outSPSPPSPayloadSize = (uint32_t)size;
    return NV_ENC_SUCCESS;
}
