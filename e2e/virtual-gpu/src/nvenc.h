/* A session of libnvidia-encode.so.1 and the calls that are spread over several files. */
#ifndef VIRTUAL_GPU_NVENC_H
#define VIRTUAL_GPU_NVENC_H

#include <ffnvcodec/nvEncodeAPI.h>

#include "cuda-context.h"
#include "encoder.h"
#include "picture-input.h"
#include "state.h"

#define VG_SESSION_MAGIC 0x56475353u
/* Reordered pictures in flight: more than any delay. */
#define VG_IN_FLIGHT 128

/* An input of the client: made here, or registered from device memory. */
struct vg_input_buffer {
    struct vg_input input;
    bool owned;
};

struct vg_output_buffer {
    uint8_t *data;
    size_t size, room;
    bool filled;
    uint64_t time_stamp, duration;
    /* When a GPU of the wanted speed is done with it. */
    int64_t done_ns;
    enum vg_picture_type type;
    int qp;
    struct vg_output_buffer *next;
};

struct vg_nvenc {
    uint32_t magic;
    struct CUctx_st *context;
    struct vg_config config;
    const struct vg_gpu *gpu;
    struct vg_session_slot slot;
    char error[160];

    const struct vg_encoder_class *class;
    struct vg_encoder *encoder;
    struct vg_encoder_params params;
    uint32_t gop_length;
    uint32_t since_idr;
    struct vg_plane_store planes;

    /* Outputs in the order of submission that no packet has filled yet. */
    struct vg_output_buffer *first_waiting, *last_waiting;
    struct { uint64_t time_stamp, duration; } submitted[VG_IN_FLIGHT];
    uint64_t pictures, packets, locks;
    bool broken;
    /* What this session was dealt of the faults that only some sessions meet. */
    struct { uint64_t hash; bool taken; } dealt[VG_FAULTS];
};

/* Sets the text that the client asks for after a failure. */
NVENCSTATUS vg_fail(struct vg_nvenc *session, NVENCSTATUS status, const char *text);

/* Null unless it is a session. */
struct vg_nvenc *vg_session(void *handle);

/* Puts the machine's present state into the session, when it changed. */
void vg_refresh(struct vg_nvenc *session);

/* True when the session meets the fault now, having reached `frames`. */
bool vg_meets(struct vg_nvenc *session, enum vg_fault_kind kind, uint64_t frames);

/* Which codec a GUID names; -1: none. */
int vg_codec_of(GUID guid);
bool vg_same_guid(GUID a, GUID b);
/* 1 … 7; 4 when it is none of p1 … p7. */
int vg_preset_of(GUID guid);

NVENCSTATUS vg_open_session(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *params, void **handle);
NVENCSTATUS vg_destroy_session(void *handle);

NVENCSTATUS vg_guid_count(void *handle, uint32_t *count);
NVENCSTATUS vg_guids(void *handle, GUID *guids, uint32_t room, uint32_t *count);
NVENCSTATUS vg_profile_count(void *handle, GUID codec, uint32_t *count);
NVENCSTATUS vg_profiles(void *handle, GUID codec, GUID *guids, uint32_t room, uint32_t *count);
NVENCSTATUS vg_format_count(void *handle, GUID codec, uint32_t *count);
NVENCSTATUS vg_formats(void *handle, GUID codec, NV_ENC_BUFFER_FORMAT *formats, uint32_t room, uint32_t *count);
NVENCSTATUS vg_caps(void *handle, GUID codec, NV_ENC_CAPS_PARAM *param, int *value);
NVENCSTATUS vg_preset_count(void *handle, GUID codec, uint32_t *count);
NVENCSTATUS vg_presets(void *handle, GUID codec, GUID *guids, uint32_t room, uint32_t *count);
NVENCSTATUS vg_preset_config(void *handle, GUID codec, GUID preset, NV_ENC_PRESET_CONFIG *config);
NVENCSTATUS vg_preset_config_ex(void *handle, GUID codec, GUID preset, NV_ENC_TUNING_INFO tuning,
                                NV_ENC_PRESET_CONFIG *config);

NVENCSTATUS vg_initialize(void *handle, NV_ENC_INITIALIZE_PARAMS *params);
NVENCSTATUS vg_sequence_params(void *handle, NV_ENC_SEQUENCE_PARAM_PAYLOAD *payload);

NVENCSTATUS vg_create_input(void *handle, NV_ENC_CREATE_INPUT_BUFFER *params);
NVENCSTATUS vg_destroy_input(void *handle, NV_ENC_INPUT_PTR buffer);
NVENCSTATUS vg_lock_input(void *handle, NV_ENC_LOCK_INPUT_BUFFER *params);
NVENCSTATUS vg_unlock_input(void *handle, NV_ENC_INPUT_PTR buffer);
NVENCSTATUS vg_create_output(void *handle, NV_ENC_CREATE_BITSTREAM_BUFFER *params);
NVENCSTATUS vg_destroy_output(void *handle, NV_ENC_OUTPUT_PTR buffer);
NVENCSTATUS vg_register(void *handle, NV_ENC_REGISTER_RESOURCE *params);
NVENCSTATUS vg_unregister(void *handle, NV_ENC_REGISTERED_PTR resource);
NVENCSTATUS vg_map(void *handle, NV_ENC_MAP_INPUT_RESOURCE *params);
NVENCSTATUS vg_unmap(void *handle, NV_ENC_INPUT_PTR buffer);

NVENCSTATUS vg_encode(void *handle, NV_ENC_PIC_PARAMS *params);
NVENCSTATUS vg_lock(void *handle, NV_ENC_LOCK_BITSTREAM *params);
NVENCSTATUS vg_unlock(void *handle, NV_ENC_OUTPUT_PTR buffer);

#endif
