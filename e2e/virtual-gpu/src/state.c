#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x56475032u
/* Bytes that serve as locks lie behind the contents: one for the file as a whole, one per session. */
#define LOCK_BASE 0x10000000L

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char mapped_path[512];
static struct vg_state *mapped;
static int mapped_fd = -1;

/*
 * Locks belong to the open file description: several in a process do not merge, and closing one file drops no other's.
 * The kernel drops them when the last descriptor closes, kill -9 included.
 */
static bool lock_byte(int fd, long byte, short type, bool wait)
{
    struct flock what = {.l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_BASE + byte, .l_len = 1};
    while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &what) != 0)
        if (errno != EINTR)
            return false;
    return true;
}

static int open_file(const char *path)
{
    /* In a sticky folder the kernel refuses O_CREAT on another user's file, though it may be opened. */
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    }
    return fd;
}

static struct vg_state *map_file(int fd)
{
    struct stat size;
    if (!lock_byte(fd, 0, F_WRLCK, true))
        return NULL;
    struct vg_state *state = NULL;
    if (fstat(fd, &size) == 0 && (size.st_size >= (off_t)sizeof *state || ftruncate(fd, sizeof *state) == 0)) {
        state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (state == MAP_FAILED)
            state = NULL;
        else if (state->magic == 0)
            state->magic = MAGIC;
    }
    lock_byte(fd, 0, F_UNLCK, false);
    return state;
}

struct vg_state *vg_state_of(const struct vg_config *config)
{
    pthread_mutex_lock(&mutex);
    if (!mapped || strcmp(mapped_path, config->state_file)) {
        /* The old map stays: sessions of this process may still count in it. */
        int fd = open_file(config->state_file);
        struct vg_state *state = fd < 0 ? NULL : map_file(fd);
        if (state && state->magic != MAGIC) {
            munmap(state, sizeof *state);
            state = NULL;
            errno = EPROTO;
        }
        if (!state) {
            fprintf(stderr, "virtual GPU: %s: %s\n", config->state_file, strerror(errno));
            if (fd >= 0)
                close(fd);
        } else {
            mapped = state;
            mapped_fd = fd;
            snprintf(mapped_path, sizeof mapped_path, "%s", config->state_file);
        }
        pthread_mutex_unlock(&mutex);
        return state;
    }
    struct vg_state *state = mapped;
    pthread_mutex_unlock(&mutex);
    return state;
}

/* One thread of one process at a time. Threads share the descriptor and so its lock: they need the mutex as well. */
static void enter(void)
{
    pthread_mutex_lock(&mutex);
    lock_byte(mapped_fd, 0, F_WRLCK, true);
}

static void leave(void)
{
    lock_byte(mapped_fd, 0, F_UNLCK, false);
    pthread_mutex_unlock(&mutex);
}

static struct vg_gpu_state *find_or_add(struct vg_state *state, const char *uuid)
{
    for (uint32_t at = 0; at < state->gpus; at++)
        if (!strcmp(state->gpu[at].uuid, uuid))
            return &state->gpu[at];
    if (state->gpus == VG_MAX_GPUS)
        return &state->gpu[VG_MAX_GPUS - 1];
    struct vg_gpu_state *gpu = &state->gpu[state->gpus];
    snprintf(gpu->uuid, sizeof gpu->uuid, "%s", uuid);
    state->gpus++;
    return gpu;
}

struct vg_gpu_state *vg_gpu_state_of(struct vg_state *state, const char *uuid)
{
    enter();
    struct vg_gpu_state *gpu = find_or_add(state, uuid);
    leave();
    return gpu;
}

static bool lives(struct vg_state *state, int number)
{
    if (atomic_load(&state->slots[number].pid) == 0)
        return false;
    struct flock what = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BASE + 1 + number, .l_len = 1};
    return fcntl(mapped_fd, F_OFD_GETLK, &what) == 0 && what.l_type != F_UNLCK;
}

bool vg_slot_lives(struct vg_state *state, int number)
{
    return lives(state, number);
}

struct vg_load vg_load_of(struct vg_state *state, const char *uuid)
{
    struct vg_load load = {0};
    for (int at = 0; at < VG_MAX_SESSIONS; at++) {
        struct vg_slot *slot = &state->slots[at];
        if (atomic_load(&slot->pid) == 0 || (uuid && strcmp(state->gpu[slot->gpu].uuid, uuid)) || !lives(state, at))
            continue;
        if (slot->kind == VG_HOLDS)
            load.holding++;
        else
            load.encoding++;
    }
    return load;
}

static void raise_to(uint32_t *peak, int value)
{
    if (value > 0 && (uint32_t)value > *peak)
        *peak = (uint32_t)value;
}

static int all_other_sessions(const struct vg_config *config)
{
    int sum = 0;
    for (int at = 0; at < config->gpus; at++)
        sum += config->gpu[at].other_sessions;
    return sum;
}

static bool take_slot(struct vg_state *state, const char *path, struct vg_session_slot *out)
{
    out->fd = open(path, O_RDWR | O_CLOEXEC);
    if (out->fd < 0)
        return false;
    for (int at = 0; at < VG_MAX_SESSIONS; at++) {
        if (lives(state, at) || !lock_byte(out->fd, 1 + at, F_WRLCK, false))
            continue;
        out->number = at;
        out->slot = &state->slots[at];
        return true;
    }
    close(out->fd);
    out->fd = -1;
    return false;
}

static void read_program(char *into, size_t size)
{
    FILE *file = fopen("/proc/self/comm", "re");
    if (!file || !fgets(into, (int)size, file))
        snprintf(into, size, "unknown");
    if (file)
        fclose(file);
    into[strcspn(into, "\n")] = 0;
}

enum vg_open_result vg_session_open(const struct vg_config *config, const struct vg_gpu *gpu, const char *slice,
                                    enum vg_session_kind kind, struct vg_session_slot *out)
{
    struct vg_state *state = vg_state_of(config);
    *out = (struct vg_session_slot){.fd = -1};
    if (!state)
        return VG_NO_STATE;
    enter();
    struct vg_gpu_state *record = find_or_add(state, gpu->uuid);
    struct vg_load here = vg_load_of(state, gpu->uuid), everywhere = vg_load_of(state, NULL);
    int on_gpu = here.encoding + here.holding + gpu->other_sessions;
    int on_system = everywhere.encoding + everywhere.holding + all_other_sessions(config);
    enum vg_open_result result = VG_OPENED;
    if ((gpu->sessions_allowed && on_gpu >= gpu->sessions_allowed) ||
        (config->sessions_allowed && on_system >= config->sessions_allowed)) {
        record->refused++;
        state->refused++;
        result = VG_LIMIT_REACHED;
    } else if (!take_slot(state, config->state_file, out)) {
        result = VG_NO_STATE;
    } else {
        struct vg_slot *slot = out->slot;
        int encodes = kind == VG_ENCODES;
        slot->gpu = (int32_t)(record - state->gpu);
        slot->kind = kind;
        slot->codec = slot->width = slot->height = 0;
        atomic_store(&slot->frames, 0);
        snprintf(slot->slice, sizeof slot->slice, "%s", slice ? slice : "");
        read_program(slot->program, sizeof slot->program);
        atomic_store(&slot->pid, getpid());
        out->gpu = record;
        record->opened += (uint32_t)encodes;
        state->opened += (uint32_t)encodes;
        raise_to(&record->peak_encoding, here.encoding + encodes);
        raise_to(&state->peak_encoding, everywhere.encoding + encodes);
        raise_to(&record->peak_sessions, on_gpu + 1);
        raise_to(&state->peak_sessions, on_system + 1);
    }
    leave();
    return result;
}

void vg_session_close(struct vg_session_slot *session)
{
    if (session->fd < 0)
        return;
    atomic_store(&session->slot->pid, 0);
    close(session->fd);
    session->fd = -1;
}

void vg_session_refused(const struct vg_config *config, const struct vg_gpu *gpu)
{
    struct vg_state *state = vg_state_of(config);
    if (!state)
        return;
    enter();
    find_or_add(state, gpu->uuid)->refused++;
    state->refused++;
    leave();
}

bool vg_fault_taken(const struct vg_config *config, const struct vg_gpu *gpu, enum vg_fault_kind kind)
{
    const struct vg_fault *fault = &gpu->faults[kind];
    if (!fault->set)
        return false;
    if (fault->sessions == 0)
        return true;
    struct vg_state *state = vg_state_of(config);
    if (!state)
        return true;
    enter();
    struct vg_gpu_state *record = find_or_add(state, gpu->uuid);
    if (record->faults[kind].hash != fault->hash) {
        record->faults[kind].hash = fault->hash;
        record->faults[kind].taken = 0;
    }
    bool taken = record->faults[kind].taken < (uint32_t)fault->sessions;
    if (taken)
        record->faults[kind].taken++;
    leave();
    return taken;
}
