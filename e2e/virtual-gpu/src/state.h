/*
 * What all processes of a machine share: a file, mapped by each. Counts, the GPUs' time lines, and one slot per session
 * with a lock that the kernel drops when its process ends, however it ends.
 */
#ifndef VIRTUAL_GPU_STATE_H
#define VIRTUAL_GPU_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"

#define VG_MAX_SESSIONS 512
/* Recent activity, for utilisation and frame rates: buckets of 125 ms. */
#define VG_BUCKETS 32
#define VG_BUCKET_NS 125000000

struct vg_bucket {
    _Atomic uint64_t number;
    _Atomic uint32_t frames;
    _Atomic uint32_t busy_us;
    _Atomic uint32_t decoded;
};

struct vg_gpu_state {
    char uuid[VG_UUID_SIZE];
    _Atomic uint64_t frames;
    _Atomic uint64_t decoded;
    uint32_t opened, refused;
    /* Most sessions at once: those of encoders alone, and all that count against a limit. */
    uint32_t peak_encoding, peak_sessions;
    /* When the encoder is free again, in ns of CLOCK_MONOTONIC. */
    _Atomic int64_t busy_until_ns;
    struct { uint64_t hash; uint32_t taken; } faults[VG_FAULTS];
    struct vg_bucket buckets[VG_BUCKETS];
};

enum vg_session_kind { VG_ENCODES, VG_HOLDS };

struct vg_slot {
    /* 0: free. Means nothing unless the slot's byte is locked. */
    _Atomic int32_t pid;
    int32_t gpu;
    int32_t kind;
    int32_t codec, width, height;
    _Atomic uint64_t frames;
    char slice[VG_UUID_SIZE];
    char program[64];
};

struct vg_state {
    uint32_t magic, gpus;
    uint32_t opened, refused, peak_encoding, peak_sessions;
    struct vg_gpu_state gpu[VG_MAX_GPUS];
    struct vg_slot slots[VG_MAX_SESSIONS];
};

/* A session that counts. `fd` holds the lock. */
struct vg_session_slot {
    int fd;
    int number;
    struct vg_slot *slot;
    struct vg_gpu_state *gpu;
};

enum vg_open_result { VG_OPENED, VG_LIMIT_REACHED, VG_NO_STATE };

/* Counts of live sessions. */
struct vg_load {
    int encoding, holding;
};

/* Maps the state file of a machine, making it if need be. Null, with a line on stderr, when that is impossible. */
struct vg_state *vg_state_of(const struct vg_config *config);

/* The record of a GPU, made at first sight. */
struct vg_gpu_state *vg_gpu_state_of(struct vg_state *state, const char *uuid);

/* Takes a session on a GPU, or counts a refusal. Limits and other programs' sessions are those of `config`. */
enum vg_open_result vg_session_open(const struct vg_config *config, const struct vg_gpu *gpu, const char *slice,
                                    enum vg_session_kind kind, struct vg_session_slot *out);
void vg_session_close(struct vg_session_slot *session);

/* Counts a refusal that is no limit (a fault, a GPU without NVENC). */
void vg_session_refused(const struct vg_config *config, const struct vg_gpu *gpu);

/* Live sessions of a GPU (null: of the machine), without `other_sessions`. */
struct vg_load vg_load_of(struct vg_state *state, const char *uuid);

/* True while the session in this slot lives. */
bool vg_slot_lives(struct vg_state *state, int number);

/* True when a session meets this fault: always, or while its count lasts; a session that asks again passes what it got. */
bool vg_fault_taken(const struct vg_config *config, const struct vg_gpu *gpu, enum vg_fault_kind kind);

#endif
