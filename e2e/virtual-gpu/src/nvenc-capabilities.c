/* What a GPU's encoder says of itself: codecs, profiles, formats, limits, presets. */
#include <string.h>

#include "nvenc.h"

bool vg_same_guid(GUID a, GUID b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

int vg_codec_of(GUID guid)
{
    return vg_same_guid(guid, NV_ENC_CODEC_H264_GUID) ? VG_H264 : vg_same_guid(guid, NV_ENC_CODEC_HEVC_GUID) ? VG_HEVC : -1;
}

/* The codec's capabilities on the session's GPU; null when it has none of it. */
static const struct vg_codec_caps *codec_of(struct vg_nvenc *session, GUID guid)
{
    int codec = vg_codec_of(guid);
    return codec >= 0 && session->gpu && session->gpu->codecs[codec].present ? &session->gpu->codecs[codec] : NULL;
}

static NVENCSTATUS give_guids(const GUID *from, uint32_t total, GUID *guids, uint32_t room, uint32_t *count)
{
    *count = total < room ? total : room;
    memcpy(guids, from, sizeof *from * *count);
    return NV_ENC_SUCCESS;
}

/* API 11.1 has no name for AV1: a client of that version cannot ask for it. */
static uint32_t list_codecs(struct vg_nvenc *session, GUID out[2])
{
    uint32_t count = 0;
    if (session->gpu && session->gpu->codecs[VG_H264].present)
        out[count++] = NV_ENC_CODEC_H264_GUID;
    if (session->gpu && session->gpu->codecs[VG_HEVC].present)
        out[count++] = NV_ENC_CODEC_HEVC_GUID;
    return count;
}

NVENCSTATUS vg_guid_count(void *handle, uint32_t *count)
{
    struct vg_nvenc *session = vg_session(handle);
    GUID codecs[2];
    if (!session || !count)
        return NV_ENC_ERR_INVALID_PTR;
    *count = list_codecs(session, codecs);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_guids(void *handle, GUID *guids, uint32_t room, uint32_t *count)
{
    struct vg_nvenc *session = vg_session(handle);
    GUID codecs[2];
    if (!session || !guids || !count)
        return NV_ENC_ERR_INVALID_PTR;
    return give_guids(codecs, list_codecs(session, codecs), guids, room, count);
}

static uint32_t list_profiles(GUID codec, GUID out[5])
{
    const GUID h264[] = {NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID, NV_ENC_H264_PROFILE_BASELINE_GUID,
                         NV_ENC_H264_PROFILE_MAIN_GUID, NV_ENC_H264_PROFILE_HIGH_GUID,
                         NV_ENC_H264_PROFILE_HIGH_444_GUID};
    const GUID hevc[] = {NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID, NV_ENC_HEVC_PROFILE_MAIN_GUID,
                         NV_ENC_HEVC_PROFILE_MAIN10_GUID, NV_ENC_HEVC_PROFILE_FREXT_GUID};
    bool is_h264 = vg_codec_of(codec) == VG_H264;
    memcpy(out, is_h264 ? h264 : hevc, is_h264 ? sizeof h264 : sizeof hevc);
    return is_h264 ? 5 : 4;
}

NVENCSTATUS vg_profile_count(void *handle, GUID codec, uint32_t *count)
{
    GUID profiles[5];
    if (!vg_session(handle) || !count)
        return NV_ENC_ERR_INVALID_PTR;
    *count = list_profiles(codec, profiles);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_profiles(void *handle, GUID codec, GUID *guids, uint32_t room, uint32_t *count)
{
    GUID profiles[5];
    if (!vg_session(handle) || !guids || !count)
        return NV_ENC_ERR_INVALID_PTR;
    return give_guids(profiles, list_profiles(codec, profiles), guids, room, count);
}

static const NV_ENC_BUFFER_FORMAT input_formats[] = {
    NV_ENC_BUFFER_FORMAT_NV12,         NV_ENC_BUFFER_FORMAT_YV12,          NV_ENC_BUFFER_FORMAT_IYUV,
    NV_ENC_BUFFER_FORMAT_YUV420_10BIT, NV_ENC_BUFFER_FORMAT_ARGB,          NV_ENC_BUFFER_FORMAT_ABGR,
    NV_ENC_BUFFER_FORMAT_YUV444,       NV_ENC_BUFFER_FORMAT_YUV444_10BIT,
};

NVENCSTATUS vg_format_count(void *handle, GUID codec, uint32_t *count)
{
    (void)codec;
    if (!vg_session(handle) || !count)
        return NV_ENC_ERR_INVALID_PTR;
    *count = sizeof input_formats / sizeof *input_formats;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_formats(void *handle, GUID codec, NV_ENC_BUFFER_FORMAT *formats, uint32_t room, uint32_t *count)
{
    uint32_t total;
    NVENCSTATUS status = vg_format_count(handle, codec, &total);
    if (status != NV_ENC_SUCCESS || !formats || !count)
        return NV_ENC_ERR_INVALID_PTR;
    *count = total < room ? total : room;
    memcpy(formats, input_formats, sizeof *formats * *count);
    return NV_ENC_SUCCESS;
}

static int capability(const struct vg_gpu *gpu, const struct vg_codec_caps *codec, bool h264, NV_ENC_CAPS what)
{
    switch (what) {
    case NV_ENC_CAPS_NUM_MAX_BFRAMES:
        return codec->b_frames;
    case NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES:
        return NV_ENC_PARAMS_RC_VBR | NV_ENC_PARAMS_RC_CBR;
    case NV_ENC_CAPS_SUPPORT_FIELD_ENCODING:
        return h264 && gpu->interlaced;
    case NV_ENC_CAPS_SUPPORT_BFRAME_REF_MODE:
        return gpu->b_frames_as_reference && codec->b_frames > 0
                   ? NV_ENC_BFRAME_REF_MODE_MIDDLE | (h264 ? 0 : NV_ENC_BFRAME_REF_MODE_EACH)
                   : 0;
    case NV_ENC_CAPS_SUPPORT_WEIGHTED_PREDICTION:
        return gpu->weighted_prediction;
    case NV_ENC_CAPS_SUPPORT_LOOKAHEAD:
        return gpu->lookahead;
    case NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ:
        return gpu->temporal_aq;
    case NV_ENC_CAPS_SUPPORT_10BIT_ENCODE:
        /* API 11.1 has no depth for H.264: its clients cannot ask for what a Blackwell card can do. */
        return codec->ten_bit && !h264;
    case NV_ENC_CAPS_SUPPORT_YUV444_ENCODE:
        return gpu->yuv444;
    case NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE:
        return gpu->lossless;
    case NV_ENC_CAPS_WIDTH_MAX:
        return codec->max_width;
    case NV_ENC_CAPS_HEIGHT_MAX:
        return codec->max_height;
    case NV_ENC_CAPS_WIDTH_MIN:
        return codec->min_width;
    case NV_ENC_CAPS_HEIGHT_MIN:
        return codec->min_height;
    case NV_ENC_CAPS_MB_NUM_MAX:
        return codec->max_width / 16 * (codec->max_height / 16);
    case NV_ENC_CAPS_MB_PER_SEC_MAX:
        return 983040;
    case NV_ENC_CAPS_LEVEL_MAX:
        return h264 ? NV_ENC_LEVEL_H264_62 : NV_ENC_LEVEL_HEVC_62;
    case NV_ENC_CAPS_LEVEL_MIN:
        return h264 ? NV_ENC_LEVEL_H264_1 : NV_ENC_LEVEL_HEVC_1;
    case NV_ENC_CAPS_NUM_MAX_LTR_FRAMES:
        return 8;
    case NV_ENC_CAPS_NUM_ENCODER_ENGINES:
    case NV_ENC_CAPS_SUPPORT_QPELMV:
    case NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE:
    case NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES:
        return 1;
    case NV_ENC_CAPS_SUPPORT_BDIRECT_MODE:
    case NV_ENC_CAPS_SUPPORT_CABAC:
    case NV_ENC_CAPS_SUPPORT_ADAPTIVE_TRANSFORM:
        return h264;
    case NV_ENC_CAPS_SUPPORT_SAO:
        return !h264;
    default:
        return 0;
    }
}

NVENCSTATUS vg_caps(void *handle, GUID codec, NV_ENC_CAPS_PARAM *param, int *value)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !param || !value)
        return NV_ENC_ERR_INVALID_PTR;
    if (param->version != NV_ENC_CAPS_PARAM_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    const struct vg_codec_caps *caps = codec_of(session, codec);
    if (!caps)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid codec.");
    *value = capability(session->gpu, caps, vg_codec_of(codec) == VG_H264, param->capsToQuery);
    return NV_ENC_SUCCESS;
}

static uint32_t list_presets(GUID out[7])
{
    const GUID presets[] = {NV_ENC_PRESET_P1_GUID, NV_ENC_PRESET_P2_GUID, NV_ENC_PRESET_P3_GUID, NV_ENC_PRESET_P4_GUID,
                            NV_ENC_PRESET_P5_GUID, NV_ENC_PRESET_P6_GUID, NV_ENC_PRESET_P7_GUID};
    memcpy(out, presets, sizeof presets);
    return 7;
}

int vg_preset_of(GUID guid)
{
    GUID presets[7];
    uint32_t count = list_presets(presets);
    for (uint32_t at = 0; at < count; at++)
        if (vg_same_guid(presets[at], guid))
            return (int)at + 1;
    return 4;
}

NVENCSTATUS vg_preset_count(void *handle, GUID codec, uint32_t *count)
{
    (void)codec;
    if (!vg_session(handle) || !count)
        return NV_ENC_ERR_INVALID_PTR;
    *count = 7;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_presets(void *handle, GUID codec, GUID *guids, uint32_t room, uint32_t *count)
{
    (void)codec;
    GUID presets[7];
    if (!vg_session(handle) || !guids || !count)
        return NV_ENC_ERR_INVALID_PTR;
    return give_guids(presets, list_presets(presets), guids, room, count);
}

NVENCSTATUS vg_preset_config_ex(void *handle, GUID codec, GUID preset, NV_ENC_TUNING_INFO tuning,
                                NV_ENC_PRESET_CONFIG *config)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !config)
        return NV_ENC_ERR_INVALID_PTR;
    if (config->version != NV_ENC_PRESET_CONFIG_VER || config->presetCfg.version != NV_ENC_CONFIG_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    const struct vg_codec_caps *caps = codec_of(session, codec);
    if (!caps)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "Invalid codec.");
    int speed = vg_preset_of(preset);
    bool h264 = vg_codec_of(codec) == VG_H264;
    bool reorders = (tuning == NV_ENC_TUNING_INFO_HIGH_QUALITY || tuning == NV_ENC_TUNING_INFO_LOSSLESS) &&
                    speed >= (h264 ? 3 : 2) && caps->b_frames >= 2;
    NV_ENC_CONFIG *to = &config->presetCfg;
    memset(to, 0, sizeof *to);
    to->version = NV_ENC_CONFIG_VER;
    to->profileGUID = NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID;
    to->gopLength = reorders ? 250 : NVENC_INFINITE_GOPLENGTH;
    to->frameIntervalP = reorders ? 3 : 1;
    to->frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
    to->mvPrecision = NV_ENC_MV_PRECISION_QUARTER_PEL;
    to->rcParams.version = NV_ENC_RC_PARAMS_VER;
    to->rcParams.rateControlMode =
        tuning == NV_ENC_TUNING_INFO_LOSSLESS ? NV_ENC_PARAMS_RC_CONSTQP : NV_ENC_PARAMS_RC_VBR;
    if (tuning != NV_ENC_TUNING_INFO_LOSSLESS)
        to->rcParams.constQP = (NV_ENC_QP){28, 31, 25};
    to->rcParams.averageBitRate = 2000000;
    if (h264) {
        to->encodeCodecConfig.h264Config.idrPeriod = to->gopLength;
        to->encodeCodecConfig.h264Config.chromaFormatIDC = 1;
    } else {
        to->encodeCodecConfig.hevcConfig.idrPeriod = to->gopLength;
        to->encodeCodecConfig.hevcConfig.chromaFormatIDC = 1;
    }
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_preset_config(void *handle, GUID codec, GUID preset, NV_ENC_PRESET_CONFIG *config)
{
    return vg_preset_config_ex(handle, codec, preset, NV_ENC_TUNING_INFO_HIGH_QUALITY, config);
}
