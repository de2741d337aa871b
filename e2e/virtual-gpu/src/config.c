#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config-keys.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vg_config current;
static bool usable;
static struct stat seen;
static bool complained;

static void complain(const char *text, const char *detail)
{
    if (!complained)
        fprintf(stderr, "virtual GPU: %s%s%s\n", text, detail ? ": " : "", detail ? detail : "");
    complained = true;
}

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    char *end = text + strlen(text);
    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = 0;
    return text;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* The token stands below or above the fault: it is mixed in when the section is complete. */
static void finish_gpu(struct vg_gpu *gpu)
{
    for (int kind = 0; kind < VG_FAULTS; kind++)
        gpu->faults[kind].hash = hash_text(gpu->faults[kind].hash, gpu->fault_token);
    if (gpu->speed == 0)
        gpu->speed = gpu->compute_major * 1000 + gpu->compute_minor * 100 + gpu->memory_total_mib / 1024.0;
}

static bool parse_file(FILE *file, const char *path, struct vg_config *config)
{
    char line[2048];
    enum { NOWHERE, SYSTEM, GPU } section = NOWHERE;
    vg_system_defaults(config);
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        char *text = trim(line);
        if (*text == 0 || *text == '#' || *text == ';')
            continue;
        const char *problem = NULL;
        if (!strcmp(text, "[system]")) {
            section = SYSTEM;
        } else if (!strcmp(text, "[gpu]")) {
            section = GPU;
            if (config->gpus == VG_MAX_GPUS)
                problem = "too many GPUs";
            else
                vg_gpu_defaults(&config->gpu[config->gpus], config->gpus), config->gpus++;
        } else {
            char *equals = strchr(text, '=');
            if (!equals || section == NOWHERE) {
                problem = "expected [system], [gpu] or key = value";
            } else {
                *equals = 0;
                const char *key = trim(text), *value = trim(equals + 1);
                problem = section == SYSTEM ? vg_set_system_key(config, key, value)
                                            : vg_set_gpu_key(&config->gpu[config->gpus - 1], key, value);
            }
        }
        if (problem) {
            char where[1024];
            snprintf(where, sizeof where, "%s:%d (%.100s)", path, number, text);
            complain(problem, where);
            return false;
        }
    }
    for (int at = 0; at < config->gpus; at++)
        finish_gpu(&config->gpu[at]);
    if (!*config->state_file)
        snprintf(config->state_file, sizeof config->state_file, "%.500s.state", path);
    if (config->session_limit_status == 0)
        config->session_limit_status = vg_driver_major(config) >= 530 ? 21 : 10;
    return true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Under the lock. A file that vanished for a moment leaves the last one in force. */
static void refresh(void)
{
    static struct vg_config fresh;
    const char *path = getenv("VIRTUAL_GPU_CONFIG");
    struct stat now;
    if (!path || !*path) {
        complain("VIRTUAL_GPU_CONFIG names no file", NULL);
        return;
    }
    if (stat(path, &now) != 0) {
        if (!usable)
            complain(strerror(errno), path);
        return;
    }
    if (usable && same_file(&now, &seen))
        return;
    FILE *file = fopen(path, "re");
    if (!file) {
        complain(strerror(errno), path);
        return;
    }
    memset(&fresh, 0, sizeof fresh);
    bool good = parse_file(file, path, &fresh);
    fclose(file);
    if (!good)
        return;
    fresh.generation = current.generation + 1;
    current = fresh;
    seen = now;
    usable = true;
}

bool vg_config_now(struct vg_config *out)
{
    pthread_mutex_lock(&lock);
    refresh();
    bool good = usable;
    if (good)
        *out = current;
    pthread_mutex_unlock(&lock);
    return good;
}

bool vg_config_changed(unsigned generation, struct vg_config *out)
{
    pthread_mutex_lock(&lock);
    refresh();
    bool changed = usable && current.generation != generation;
    if (changed)
        *out = current;
    pthread_mutex_unlock(&lock);
    return changed;
}

const struct vg_gpu *vg_find_gpu(const struct vg_config *config, const char *uuid)
{
    for (int at = 0; at < config->gpus; at++)
        if (!strcmp(config->gpu[at].uuid, uuid))
            return &config->gpu[at];
    return NULL;
}

int vg_driver_major(const struct vg_config *config)
{
    return atoi(config->driver_version);
}

uint32_t vg_driver_api(const struct vg_config *config)
{
    static const struct { int driver, major, minor; } table[] = {
        {610, 13, 1}, {570, 13, 0}, {550, 12, 2}, {530, 12, 1}, {520, 12, 0},
        {470, 11, 1}, {455, 11, 0}, {435, 9, 1}, {418, 9, 0}, {0, 8, 2},
    };
    int driver = vg_driver_major(config);
    for (unsigned at = 0;; at++)
        if (driver >= table[at].driver)
            return (uint32_t)(table[at].major << 4 | table[at].minor);
}
