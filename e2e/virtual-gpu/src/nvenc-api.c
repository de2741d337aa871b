/* The two names of libnvidia-encode.so.1, and opening and closing of sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvenc.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t *version)
{
    struct vg_config config;
    if (!version)
        return NV_ENC_ERR_INVALID_PTR;
    if (!vg_config_now(&config))
        return NV_ENC_ERR_GENERIC;
    *version = vg_driver_api(&config);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_fail(struct vg_nvenc *session, NVENCSTATUS status, const char *text)
{
    snprintf(session->error, sizeof session->error, "%s", text);
    return status;
}

struct vg_nvenc *vg_session(void *handle)
{
    struct vg_nvenc *session = handle;
    return session && session->magic == VG_SESSION_MAGIC ? session : NULL;
}

void vg_refresh(struct vg_nvenc *session)
{
    if (vg_config_changed(session->config.generation, &session->config))
        session->gpu = vg_find_gpu(&session->config, session->context->uuid);
}

bool vg_meets(struct vg_nvenc *session, enum vg_fault_kind kind, uint64_t frames)
{
    const struct vg_fault *fault = &session->gpu->faults[kind];
    if (!fault->set || frames < (uint64_t)fault->value)
        return false;
    if (fault->sessions == 0)
        return true;
    if (session->dealt[kind].hash != fault->hash) {
        session->dealt[kind].hash = fault->hash;
        session->dealt[kind].taken = vg_fault_taken(&session->config, session->gpu, kind);
    }
    return session->dealt[kind].taken;
}

/* True when `api` (major | minor << 24) is one that the driver speaks. */
static bool speaks(const struct vg_config *config, uint32_t api)
{
    return ((api & 0xff) << 4 | api >> 24) <= vg_driver_api(config);
}

/* In the order in which the real driver seems to look: versions, device, encoder, limits. */
static NVENCSTATUS try_open(struct vg_nvenc *session, const NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *params)
{
    struct vg_config *config = &session->config;
    if (!vg_config_now(config))
        return NV_ENC_ERR_GENERIC;
    if (!speaks(config, params->apiVersion))
        return NV_ENC_ERR_INVALID_VERSION;
    if (params->deviceType != NV_ENC_DEVICE_TYPE_CUDA)
        return NV_ENC_ERR_UNSUPPORTED_DEVICE;
    session->context = params->device;
    if (!session->context || session->context->magic != VG_CONTEXT_MAGIC)
        return NV_ENC_ERR_INVALID_ENCODERDEVICE;
    session->gpu = vg_find_gpu(config, session->context->uuid);
    if (!session->gpu || session->gpu->lost || config->driver_gone)
        return NV_ENC_ERR_DEVICE_NOT_EXIST;
    if (!session->gpu->nvenc) {
        vg_session_refused(config, session->gpu);
        return NV_ENC_ERR_UNSUPPORTED_DEVICE;
    }
    if (vg_fault_taken(config, session->gpu, VG_OPEN_FAILS)) {
        vg_session_refused(config, session->gpu);
        return (NVENCSTATUS)session->gpu->faults[VG_OPEN_FAILS].value;
    }
    switch (vg_session_open(config, session->gpu, session->context->slice, VG_ENCODES, &session->slot)) {
    case VG_OPENED:
        return NV_ENC_SUCCESS;
    case VG_LIMIT_REACHED:
        return (NVENCSTATUS)config->session_limit_status;
    case VG_NO_STATE:
        break;
    }
    return NV_ENC_ERR_GENERIC;
}

NVENCSTATUS vg_open_session(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *params, void **handle)
{
    if (!params || !handle)
        return NV_ENC_ERR_INVALID_PTR;
    *handle = NULL;
    if (params->version != NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER)
        return NV_ENC_ERR_INVALID_VERSION;
    struct vg_nvenc *session = calloc(1, sizeof *session);
    if (!session)
        return NV_ENC_ERR_OUT_OF_MEMORY;
    session->slot.fd = -1;
    NVENCSTATUS status = try_open(session, params);
    if (status != NV_ENC_SUCCESS) {
        free(session);
        return status;
    }
    session->magic = VG_SESSION_MAGIC;
    *handle = session;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_destroy_session(void *handle)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session)
        return NV_ENC_ERR_INVALID_PTR;
    if (session->encoder)
        session->class->close(session->encoder);
    vg_session_close(&session->slot);
    free(session->planes.memory);
    session->magic = 0;
    free(session);
    return NV_ENC_SUCCESS;
}

static const char *last_error(void *handle)
{
    struct vg_nvenc *session = vg_session(handle);
    return session ? session->error : "";
}

static NVENCSTATUS open_by_old_name(void *device, uint32_t type, void **handle)
{
    NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {
        .version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER,
        .deviceType = (NV_ENC_DEVICE_TYPE)type,
        .device = device,
        .apiVersion = NVENCAPI_VERSION,
    };
    return vg_open_session(&params, handle);
}

/* Everything is done when its call returns: streams have nothing to put in order. */
static NVENCSTATUS set_streams(void *handle, NV_ENC_CUSTREAM_PTR input, NV_ENC_CUSTREAM_PTR output)
{
    (void)input, (void)output;
    return vg_session(handle) ? NV_ENC_SUCCESS : NV_ENC_ERR_INVALID_PTR;
}

/* Calls that this driver has and no ffmpeg makes: they say so. */
static NVENCSTATUS absent(void)
{
    return NV_ENC_ERR_UNIMPLEMENTED;
}

#define ABSENT(type) ((type)(void (*)(void))absent)

EXPORT NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST *list)
{
    if (!list)
        return NV_ENC_ERR_INVALID_PTR;
    /* Structures differ between API versions: a client of another version would read and write the wrong places. */
    if (list->version != NV_ENCODE_API_FUNCTION_LIST_VER)
        return NV_ENC_ERR_INVALID_VERSION;
    list->nvEncOpenEncodeSession = open_by_old_name;
    list->nvEncOpenEncodeSessionEx = vg_open_session;
    list->nvEncDestroyEncoder = vg_destroy_session;
    list->nvEncGetLastErrorString = last_error;
    list->nvEncGetEncodeGUIDCount = vg_guid_count;
    list->nvEncGetEncodeGUIDs = vg_guids;
    list->nvEncGetEncodeProfileGUIDCount = vg_profile_count;
    list->nvEncGetEncodeProfileGUIDs = vg_profiles;
    list->nvEncGetInputFormatCount = vg_format_count;
    list->nvEncGetInputFormats = vg_formats;
    list->nvEncGetEncodeCaps = vg_caps;
    list->nvEncGetEncodePresetCount = vg_preset_count;
    list->nvEncGetEncodePresetGUIDs = vg_presets;
    list->nvEncGetEncodePresetConfig = vg_preset_config;
    list->nvEncGetEncodePresetConfigEx = vg_preset_config_ex;
    list->nvEncInitializeEncoder = vg_initialize;
    list->nvEncGetSequenceParams = vg_sequence_params;
    list->nvEncCreateInputBuffer = vg_create_input;
    list->nvEncDestroyInputBuffer = vg_destroy_input;
    list->nvEncLockInputBuffer = vg_lock_input;
    list->nvEncUnlockInputBuffer = vg_unlock_input;
    list->nvEncCreateBitstreamBuffer = vg_create_output;
    list->nvEncDestroyBitstreamBuffer = vg_destroy_output;
    list->nvEncRegisterResource = vg_register;
    list->nvEncUnregisterResource = vg_unregister;
    list->nvEncMapInputResource = vg_map;
    list->nvEncUnmapInputResource = vg_unmap;
    list->nvEncEncodePicture = vg_encode;
    list->nvEncLockBitstream = vg_lock;
    list->nvEncUnlockBitstream = vg_unlock;
    list->nvEncGetEncodeStats = ABSENT(PNVENCGETENCODESTATS);
    list->nvEncRegisterAsyncEvent = ABSENT(PNVENCREGISTERASYNCEVENT);
    list->nvEncUnregisterAsyncEvent = ABSENT(PNVENCUNREGISTERASYNCEVENT);
    list->nvEncInvalidateRefFrames = ABSENT(PNVENCINVALIDATEREFFRAMES);
    list->nvEncReconfigureEncoder = ABSENT(PNVENCRECONFIGUREENCODER);
    list->nvEncCreateMVBuffer = ABSENT(PNVENCCREATEMVBUFFER);
    list->nvEncDestroyMVBuffer = ABSENT(PNVENCDESTROYMVBUFFER);
    list->nvEncRunMotionEstimationOnly = ABSENT(PNVENCRUNMOTIONESTIMATIONONLY);
    list->nvEncSetIOCudaStreams = set_streams;
    list->nvEncGetSequenceParamEx = ABSENT(PNVENCGETSEQUENCEPARAMEX);
    return NV_ENC_SUCCESS;
}
