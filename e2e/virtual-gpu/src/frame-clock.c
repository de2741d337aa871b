#include "frame-clock.h"

#include <errno.h>
#include <time.h>

/* Idle time is saved up to this: a process that the CPU kept waiting may catch up. */
#define CREDIT_NS 40000000
#define BUCKETS_PER_SECOND 8

int64_t vg_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t vg_take_turn(struct vg_gpu_state *gpu, double frames_per_second)
{
    if (frames_per_second <= 0)
        return 0;
    int64_t period = (int64_t)(1e9 / frames_per_second);
    int64_t busy = atomic_load(&gpu->busy_until_ns), until;
    do {
        int64_t earliest = vg_now_ns() - CREDIT_NS;
        until = (busy > earliest ? busy : earliest) + period;
    } while (!atomic_compare_exchange_weak(&gpu->busy_until_ns, &busy, until));
    return until;
}

void vg_wait_until(int64_t moment_ns)
{
    struct timespec when = {.tv_sec = moment_ns / 1000000000, .tv_nsec = moment_ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
        ;
}

/* The bucket of this moment, emptied when it was last used for an earlier one. */
static struct vg_bucket *current_bucket(struct vg_gpu_state *gpu)
{
    uint64_t number = (uint64_t)(vg_now_ns() / VG_BUCKET_NS);
    struct vg_bucket *bucket = &gpu->buckets[number % VG_BUCKETS];
    uint64_t last = atomic_load(&bucket->number);
    if (last != number && atomic_compare_exchange_strong(&bucket->number, &last, number)) {
        atomic_store(&bucket->frames, 0);
        atomic_store(&bucket->busy_us, 0);
        atomic_store(&bucket->decoded, 0);
    }
    return bucket;
}

void vg_count_decoded(struct vg_gpu_state *gpu)
{
    atomic_fetch_add(&current_bucket(gpu)->decoded, 1);
    atomic_fetch_add(&gpu->decoded, 1);
}

void vg_count_frame(struct vg_gpu_state *gpu, struct vg_slot *slot, int64_t busy_ns)
{
    struct vg_bucket *bucket = current_bucket(gpu);
    atomic_fetch_add(&bucket->frames, 1);
    atomic_fetch_add(&bucket->busy_us, (uint32_t)(busy_ns / 1000));
    atomic_fetch_add(&gpu->frames, 1);
    atomic_fetch_add(&slot->frames, 1);
}

struct vg_activity vg_activity_of(struct vg_gpu_state *gpu)
{
    uint64_t now = (uint64_t)(vg_now_ns() / VG_BUCKET_NS);
    double frames = 0, busy_us = 0, decoded = 0;
    /* The current bucket is incomplete: the eight before it are a whole second. */
    for (uint64_t number = now - BUCKETS_PER_SECOND; number < now; number++) {
        struct vg_bucket *bucket = &gpu->buckets[number % VG_BUCKETS];
        if (atomic_load(&bucket->number) != number)
            continue;
        frames += atomic_load(&bucket->frames);
        busy_us += atomic_load(&bucket->busy_us);
        decoded += atomic_load(&bucket->decoded);
    }
    double percent = busy_us / 1e4;
    return (struct vg_activity){frames, percent > 100 ? 100 : percent, decoded};
}
