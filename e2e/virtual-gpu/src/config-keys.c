#include "config-keys.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, FLAG, INTEGER, NUMBER, SIZE, COMPUTE, FAULT, SMI, STATE, CODEC_LIST, DECODER_LIST, SLICE, LOST_TOLD };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    size_t size;
};

#define OF(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define CODEC(codec, field) offsetof(struct vg_gpu, codecs[codec].field), 0
#define A_FAULT(kind) offsetof(struct vg_gpu, faults[kind]), 0

static const struct key system_keys[] = {
    {"driver_version", TEXT, OF(vg_config, driver_version)},
    {"cuda_version", TEXT, OF(vg_config, cuda_version)},
    {"driver", STATE, OF(vg_config, driver_gone)},
    {"smi", SMI, OF(vg_config, smi)},
    {"smi_unknown_fields", TEXT, OF(vg_config, smi_unknown_fields)},
    {"sessions_allowed", INTEGER, OF(vg_config, sessions_allowed)},
    {"session_limit_status", INTEGER, OF(vg_config, session_limit_status)},
    {"state_file", TEXT, OF(vg_config, state_file)},
    {"libraries", TEXT, OF(vg_config, libraries)},
    {NULL, TEXT, 0, 0},
};

static const struct key gpu_keys[] = {
    {"name", TEXT, OF(vg_gpu, name)},
    {"uuid", TEXT, OF(vg_gpu, uuid)},
    {"pci_bus_id", TEXT, OF(vg_gpu, pci_bus_id)},
    {"compute_capability", COMPUTE, 0, 0},
    {"memory_total_mib", INTEGER, OF(vg_gpu, memory_total_mib)},
    {"memory_used_mib", INTEGER, OF(vg_gpu, memory_used_mib)},
    {"session_memory_mib", INTEGER, OF(vg_gpu, session_memory_mib)},
    {"nvenc", FLAG, OF(vg_gpu, nvenc)},
    {"codecs", CODEC_LIST, 0, 0},
    {"decoders", DECODER_LIST, 0, 0},
    {"h264_b_frames", INTEGER, CODEC(VG_H264, b_frames)},
    {"hevc_b_frames", INTEGER, CODEC(VG_HEVC, b_frames)},
    {"av1_b_frames", INTEGER, CODEC(VG_AV1, b_frames)},
    {"h264_ten_bit", FLAG, CODEC(VG_H264, ten_bit)},
    {"hevc_ten_bit", FLAG, CODEC(VG_HEVC, ten_bit)},
    {"av1_ten_bit", FLAG, CODEC(VG_AV1, ten_bit)},
    {"h264_max_size", SIZE, CODEC(VG_H264, max_width)},
    {"hevc_max_size", SIZE, CODEC(VG_HEVC, max_width)},
    {"av1_max_size", SIZE, CODEC(VG_AV1, max_width)},
    {"h264_min_size", SIZE, CODEC(VG_H264, min_width)},
    {"hevc_min_size", SIZE, CODEC(VG_HEVC, min_width)},
    {"av1_min_size", SIZE, CODEC(VG_AV1, min_width)},
    {"b_frames_as_reference", FLAG, OF(vg_gpu, b_frames_as_reference)},
    {"weighted_prediction", FLAG, OF(vg_gpu, weighted_prediction)},
    {"lookahead", FLAG, OF(vg_gpu, lookahead)},
    {"temporal_aq", FLAG, OF(vg_gpu, temporal_aq)},
    {"yuv444", FLAG, OF(vg_gpu, yuv444)},
    {"lossless", FLAG, OF(vg_gpu, lossless)},
    {"interlaced", FLAG, OF(vg_gpu, interlaced)},
    {"sessions_allowed", INTEGER, OF(vg_gpu, sessions_allowed)},
    {"other_sessions", INTEGER, OF(vg_gpu, other_sessions)},
    {"frames_per_second", NUMBER, OF(vg_gpu, frames_per_second)},
    {"temperature_celsius", NUMBER, OF(vg_gpu, temperature_celsius)},
    {"power_idle_watts", NUMBER, OF(vg_gpu, power_idle_watts)},
    {"power_limit_watts", NUMBER, OF(vg_gpu, power_limit_watts)},
    {"smi_not_available", TEXT, OF(vg_gpu, smi_not_available)},
    {"smi_not_supported", TEXT, OF(vg_gpu, smi_not_supported)},
    {"mig", TEXT, OF(vg_gpu, mig)},
    {"mig_slice", SLICE, 0, 0},
    {"speed", NUMBER, OF(vg_gpu, speed)},
    {"lost", FLAG, OF(vg_gpu, lost)},
    {"lost_told_as", LOST_TOLD, OF(vg_gpu, lost_without_handle)},
    {"open_fails", FAULT, A_FAULT(VG_OPEN_FAILS)},
    {"out_of_memory", FAULT, A_FAULT(VG_OUT_OF_MEMORY)},
    {"fail_after_frames", FAULT, A_FAULT(VG_FAILS_AFTER)},
    {"lock_fails_after_frames", FAULT, A_FAULT(VG_LOCK_FAILS_AFTER)},
    {"lost_after_frames", FAULT, A_FAULT(VG_LOST_AFTER)},
    {"hang_after_frames", FAULT, A_FAULT(VG_HANGS_AFTER)},
    {"decoder_fails", FAULT, A_FAULT(VG_DECODER_FAILS)},
    {"fault_token", TEXT, OF(vg_gpu, fault_token)},
    {NULL, TEXT, 0, 0},
};

void vg_system_defaults(struct vg_config *config)
{
    strcpy(config->driver_version, "550.163.01");
}

void vg_gpu_defaults(struct vg_gpu *gpu, int index)
{
    memset(gpu, 0, sizeof *gpu);
    strcpy(gpu->name, "NVIDIA GeForce RTX 4060");
    snprintf(gpu->uuid, sizeof gpu->uuid, "GPU-%08x-0000-4000-8000-000000000000", index + 1);
    snprintf(gpu->pci_bus_id, sizeof gpu->pci_bus_id, "00000000:%02X:00.0", index + 1);
    gpu->compute_major = 8;
    gpu->compute_minor = 9;
    gpu->memory_total_mib = 8188;
    gpu->memory_used_mib = 300;
    gpu->session_memory_mib = 300;
    gpu->nvenc = true;
    for (int codec = 0; codec < VG_CODECS; codec++) {
        int side = codec == VG_H264 ? 4096 : 8192;
        gpu->codecs[codec] = (struct vg_codec_caps){true, codec == VG_HEVC ? 5 : 4, codec != VG_H264, side, side, 0, 0};
        gpu->codecs[codec].min_width = codec == VG_H264 ? 145 : codec == VG_HEVC ? 129 : 192;
        gpu->codecs[codec].min_height = codec == VG_H264 ? 49 : codec == VG_HEVC ? 33 : 128;
    }
    for (int decoder = 0; decoder < VG_DECODERS; decoder++)
        gpu->decoders[decoder] = true;
    gpu->b_frames_as_reference = gpu->weighted_prediction = gpu->lookahead = gpu->temporal_aq = true;
    gpu->yuv444 = gpu->lossless = true;
    gpu->temperature_celsius = 40;
    gpu->power_idle_watts = 20;
    gpu->power_limit_watts = 200;
}

static bool read_flag(const char *text, bool *out)
{
    if (!strcmp(text, "yes"))
        *out = true;
    else if (!strcmp(text, "no"))
        *out = false;
    else
        return false;
    return true;
}

static bool read_integer(const char *text, int *out)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < 0 || value > 1000000000)
        return false;
    *out = (int)value;
    return true;
}

/* "no", "yes", "20", each but the first perhaps followed by "for 3 sessions". */
static bool read_fault(const char *text, int if_yes, struct vg_fault *out)
{
    char word[32];
    int count = 0, used = 0;
    *out = (struct vg_fault){0};
    if (!strcmp(text, "no"))
        return true;
    if (sscanf(text, "%31s%n", word, &used) != 1)
        return false;
    if (!strcmp(word, "yes"))
        out->value = if_yes;
    else if (!read_integer(word, &out->value))
        return false;
    if (text[used]) {
        if (sscanf(text + used, " for %d session", &count) != 1)
            return false;
        if (count < 1)
            return false;
    }
    out->set = true;
    out->sessions = count;
    out->hash = 14695981039346656037u;
    for (const char *at = text; *at; at++)
        out->hash = (out->hash ^ (unsigned char)*at) * 1099511628211u;
    return true;
}

/* Marks the names that a list with commas holds; false when it holds another one. "none" is the empty list. */
static bool read_names(const char *text, const char *const *names, int count, bool *marks)
{
    char copy[128], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", strcmp(text, "none") ? text : "");
    memset(marks, 0, sizeof *marks * (size_t)count);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        int at = 0;
        while (at < count && strcmp(word, names[at]))
            at++;
        if (at == count)
            return false;
        marks[at] = true;
    }
    return true;
}

static bool read_codecs(const char *text, struct vg_gpu *gpu)
{
    static const char *const names[] = {"h264", "hevc", "av1"};
    bool marks[VG_CODECS];
    bool good = read_names(text, names, VG_CODECS, marks);
    for (int codec = 0; codec < VG_CODECS; codec++)
        gpu->codecs[codec].present = marks[codec];
    return good;
}

static bool read_decoders(const char *text, struct vg_gpu *gpu)
{
    static const char *const names[] = {"mpeg2", "mpeg4", "vc1", "h264", "hevc", "vp8", "vp9", "av1"};
    return read_names(text, names, VG_DECODERS, gpu->decoders);
}

static bool read_slice(const char *text, struct vg_gpu *gpu)
{
    if (gpu->slices == VG_MAX_SLICES)
        return false;
    struct vg_slice *slice = &gpu->slice[gpu->slices];
    if (sscanf(text, "%31s %63s", slice->profile, slice->uuid) != 2)
        return false;
    gpu->slices++;
    return true;
}

static const char *set_key(const struct key *key, void *owner, const char *value)
{
    void *at = (char *)owner + key->offset;
    struct vg_gpu *gpu = owner;
    bool good = true;
    int *size = at;
    switch (key->kind) {
    case TEXT:
        if (strlen(value) >= key->size)
            return "the value is too long";
        strcpy(at, value);
        break;
    case FLAG:
        good = read_flag(value, at);
        break;
    case INTEGER:
        good = read_integer(value, at);
        break;
    case NUMBER: {
        char *end;
        double number = strtod(value, &end);
        good = end != value && !*end && number >= 0;
        *(double *)at = number;
        break;
    }
    case SIZE:
        good = sscanf(value, "%dx%d", &size[0], &size[1]) == 2;
        break;
    case COMPUTE:
        good = sscanf(value, "%d.%d", &gpu->compute_major, &gpu->compute_minor) == 2;
        break;
    case FAULT:
        good = read_fault(value, at == &gpu->faults[VG_OPEN_FAILS] ? 20 : 0, at);
        break;
    case SMI:
        good = !strcmp(value, "ok") || !strcmp(value, "hang") || !strcmp(value, "gone");
        *(enum vg_smi *)at = *value == 'h' ? VG_SMI_HANGS : *value == 'g' ? VG_SMI_GONE : VG_SMI_OK;
        break;
    case STATE:
        good = !strcmp(value, "ok") || !strcmp(value, "gone");
        *(bool *)at = *value == 'g';
        break;
    case CODEC_LIST:
        good = read_codecs(value, gpu);
        break;
    case DECODER_LIST:
        good = read_decoders(value, gpu);
        break;
    case SLICE:
        good = read_slice(value, gpu);
        break;
    case LOST_TOLD:
        good = !strcmp(value, "row") || !strcmp(value, "no handle");
        *(bool *)at = *value == 'n';
        break;
    }
    return good ? NULL : "the value does not fit";
}

static const char *set_named(const struct key *keys, void *owner, const char *name, const char *value)
{
    for (; keys->name; keys++)
        if (!strcmp(keys->name, name))
            return set_key(keys, owner, value);
    return "unknown key";
}

const char *vg_set_system_key(struct vg_config *config, const char *key, const char *value)
{
    return set_named(system_keys, config, key, value);
}

const char *vg_set_gpu_key(struct vg_gpu *gpu, const char *key, const char *value)
{
    return set_named(gpu_keys, gpu, key, value);
}
