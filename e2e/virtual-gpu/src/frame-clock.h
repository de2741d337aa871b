/* The pace of a GPU's encoder, shared by all its sessions, and what it did lately. */
#ifndef VIRTUAL_GPU_FRAME_CLOCK_H
#define VIRTUAL_GPU_FRAME_CLOCK_H

#include "state.h"

int64_t vg_now_ns(void);

/*
 * Takes the encoder's next free time for one more frame.
 * @returns when it will be done, for `vg_wait_until`; 0 without a rate
 */
int64_t vg_take_turn(struct vg_gpu_state *gpu, double frames_per_second);

/* Returns at once when the moment has passed. */
void vg_wait_until(int64_t moment_ns);

/* Notes a frame and how long the encoder took for it. */
void vg_count_frame(struct vg_gpu_state *gpu, struct vg_slot *slot, int64_t busy_ns);

/* Notes a picture that the decoder took. */
void vg_count_decoded(struct vg_gpu_state *gpu);

struct vg_activity {
    double frames_per_second;
    /* Share of the last second that the CPU underneath spent on coding, in percent, at most 100. */
    double busy_percent;
    double decoded_per_second;
};

/* Over the last second. */
struct vg_activity vg_activity_of(struct vg_gpu_state *gpu);

#endif
