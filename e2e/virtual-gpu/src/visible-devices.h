/* Which GPUs a process sees through CUDA, and in which order. */
#ifndef VIRTUAL_GPU_VISIBLE_DEVICES_H
#define VIRTUAL_GPU_VISIBLE_DEVICES_H

#include "config.h"

struct vg_device {
    const struct vg_gpu *gpu;
    /* Null: the whole GPU. */
    const struct vg_slice *slice;
};

/*
 * By CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER, as the CUDA C++ Programming Guide describes them: the list ends at the
 * first entry that names nothing; a UUID may be cut short while it is unambiguous; of all MIG slices only one is seen.
 * @returns the count
 */
int vg_visible_devices(const struct vg_config *config, struct vg_device out[VG_MAX_GPUS]);

#endif
