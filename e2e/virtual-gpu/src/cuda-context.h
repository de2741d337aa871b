/* What libcuda hands out as a CUcontext: libnvidia-encode learns its GPU from it and marks it broken. */
#ifndef VIRTUAL_GPU_CUDA_CONTEXT_H
#define VIRTUAL_GPU_CUDA_CONTEXT_H

#include <stdatomic.h>

#include "config.h"

#define VG_CONTEXT_MAGIC 0x56474358u

/* CUresult values that the header of ffmpeg leaves out; those of cuda.h. */
enum {
    VG_CUDA_INVALID_VALUE = 1,
    VG_CUDA_OUT_OF_MEMORY = 2,
    VG_CUDA_NOT_INITIALIZED = 3,
    VG_CUDA_NO_DEVICE = 100,
    VG_CUDA_INVALID_DEVICE = 101,
    VG_CUDA_INVALID_CONTEXT = 201,
    VG_CUDA_MAP_FAILED = 205,
    VG_CUDA_NOT_FOUND = 500,
    VG_CUDA_LAUNCH_FAILED = 719,
    VG_CUDA_NOT_SUPPORTED = 801,
};

struct CUctx_st {
    unsigned magic;
    int device;
    char uuid[VG_UUID_SIZE];
    /* The MIG slice that it runs on; empty: the whole GPU. */
    char slice[VG_UUID_SIZE];
    /* A CUresult that every later call gives; 0: in order. */
    _Atomic int broken;
};

#endif
