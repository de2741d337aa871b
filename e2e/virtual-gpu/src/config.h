/* The machine that VIRTUAL_GPU_CONFIG describes: one [system] and any number of [gpu] sections. */
#ifndef VIRTUAL_GPU_CONFIG_H
#define VIRTUAL_GPU_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define VG_MAX_GPUS 64
#define VG_MAX_SLICES 8
#define VG_UUID_SIZE 64

enum vg_codec { VG_H264, VG_HEVC, VG_AV1, VG_CODECS };

/* Codecs that a decoder takes, by the names of `decoders`. */
enum vg_decoder {
    VG_DECODES_MPEG2,
    VG_DECODES_MPEG4,
    VG_DECODES_VC1,
    VG_DECODES_H264,
    VG_DECODES_HEVC,
    VG_DECODES_VP8,
    VG_DECODES_VP9,
    VG_DECODES_AV1,
    VG_DECODERS
};

enum vg_fault_kind {
    VG_OPEN_FAILS,        /* value: the NVENC status that the open gives */
    VG_OUT_OF_MEMORY,     /* no CUDA context can be made */
    VG_FAILS_AFTER,       /* value: frames; then a generic error (20) */
    VG_LOCK_FAILS_AFTER,  /* value: frames; the same, told at the lock of the bit stream */
    VG_LOST_AFTER,        /* value: frames; then the session's device no longer exists (5) */
    VG_HANGS_AFTER,       /* value: frames; then the driver no longer returns */
    VG_DECODER_FAILS,     /* no decoder can be made */
    VG_FAULTS
};

struct vg_fault {
    bool set;
    int value;
    /* How many sessions meet it; 0: all. */
    int sessions;
    /* Changes with the fault's text and its fault_token: the count of sessions starts anew. */
    uint64_t hash;
};

struct vg_codec_caps {
    bool present;
    int b_frames;
    bool ten_bit;
    int max_width, max_height, min_width, min_height;
};

struct vg_slice {
    char profile[32];
    char uuid[VG_UUID_SIZE];
};

struct vg_gpu {
    char name[96];
    char uuid[VG_UUID_SIZE];
    char pci_bus_id[32];
    int compute_major, compute_minor;
    int memory_total_mib, memory_used_mib, session_memory_mib;
    bool nvenc;
    struct vg_codec_caps codecs[VG_CODECS];
    bool decoders[VG_DECODERS];
    bool b_frames_as_reference, weighted_prediction, lookahead, temporal_aq, yuv444, lossless, interlaced;
    /* 0: unlimited. */
    int sessions_allowed;
    /* Sessions of programs that are not really there: they count against the limits. */
    int other_sessions;
    /* Of all sessions together; 0: as fast as the CPU. */
    double frames_per_second;
    double temperature_celsius, power_idle_watts, power_limit_watts;
    /* nvidia-smi fields that print [N/A] or [Not Supported] whatever the GPU does, comma separated. */
    char smi_not_available[512], smi_not_supported[512];
    /* MIG: unset ([N/A]), "Disabled" or "Enabled". */
    char mig[16];
    int slices;
    struct vg_slice slice[VG_MAX_SLICES];
    /* Place in CUDA's default order: higher is enumerated earlier. */
    double speed;
    bool lost;
    /* How nvidia-smi tells of it: a row of [GPU is lost], or a sentence in its place. */
    bool lost_without_handle;
    struct vg_fault faults[VG_FAULTS];
    char fault_token[64];
};

enum vg_smi { VG_SMI_OK, VG_SMI_HANGS, VG_SMI_GONE };

struct vg_config {
    char driver_version[32];
    char cuda_version[16];
    bool driver_gone;
    enum vg_smi smi;
    /* Fields that this version of nvidia-smi does not know yet, comma separated. */
    char smi_unknown_fields[512];
    int sessions_allowed;
    /* NVENC status of an open past the limit: 10 or 21. */
    int session_limit_status;
    char state_file[512];
    /* Which libraries the machine has: "all", "no video", "none". Read by whoever sets the library path. */
    char libraries[16];
    int gpus;
    struct vg_gpu gpu[VG_MAX_GPUS];
    /* Counts the contents that this process has seen. */
    unsigned generation;
};

/*
 * Copies the machine as it is now: the file is read anew when it was replaced. False, with a line on stderr, when it
 * cannot be used: a machine that does not exist is no machine without faults.
 */
bool vg_config_now(struct vg_config *out);

/* As above, only if the file changed since `generation`; true when `out` was written. */
bool vg_config_changed(unsigned generation, struct vg_config *out);

/* Null when there is no such GPU. */
const struct vg_gpu *vg_find_gpu(const struct vg_config *config, const char *uuid);

/* NVENC API that the driver speaks, as major << 4 | minor. */
uint32_t vg_driver_api(const struct vg_config *config);

/* The driver's major number: 470 of "470.57.02". */
int vg_driver_major(const struct vg_config *config);

#endif
