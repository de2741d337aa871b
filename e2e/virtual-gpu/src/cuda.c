/* libcuda.so.1: what an encoder needs of CUDA. Device memory is ordinary memory. */
#include <ffnvcodec/dynlink_cuda.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cuda-context.h"
#include "state.h"
#include "visible-devices.h"

#define EXPORT __attribute__((visibility("default")))

static struct vg_config config;
static struct vg_device devices[VG_MAX_GPUS];
static int device_count = -1;

static pthread_mutex_t settling = PTHREAD_MUTEX_INITIALIZER;

/* What a process sees is settled at its first cuInit that finds something, as with the real driver. */
EXPORT CUresult cuInit(unsigned int flags)
{
    (void)flags;
    CUresult result = CUDA_SUCCESS;
    pthread_mutex_lock(&settling);
    if (device_count <= 0) {
        if (!vg_config_now(&config) || config.driver_gone)
            result = CUDA_ERROR_UNKNOWN;
        else if ((device_count = vg_visible_devices(&config, devices)) == 0)
            result = (CUresult)VG_CUDA_NO_DEVICE;
    }
    pthread_mutex_unlock(&settling);
    return result;
}

static bool known(CUdevice device)
{
    return device >= 0 && device < device_count;
}

EXPORT CUresult cuDriverGetVersion(int *version)
{
    *version = 11040;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetCount(int *count)
{
    if (device_count < 0)
        return (CUresult)VG_CUDA_NOT_INITIALIZED;
    *count = device_count;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    if (!known(ordinal))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    const struct vg_device *it = &devices[device];
    snprintf(name, (size_t)size, "%s%s%s", it->gpu->name, it->slice ? " MIG " : "", it->slice ? it->slice->profile : "");
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    const char *text = devices[device].slice ? devices[device].slice->uuid : devices[device].gpu->uuid;
    text += strncmp(text, "GPU-", 4) && strncmp(text, "MIG-", 4) ? 0 : 4;
    memset(uuid, 0, sizeof *uuid);
    for (int digit = 0; *text && digit < 32; text++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, *text | 0x20);
        if (!at || *text == '-')
            continue;
        uuid->bytes[digit / 2] = (char)(uuid->bytes[digit / 2] << 4 | (at - digits));
        digit++;
    }
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
{
    return cuDeviceGetUuid(uuid, device);
}

EXPORT CUresult cuDeviceGetPCIBusId(char *bus, int size, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    snprintf(bus, (size_t)size, "%s", devices[device].gpu->pci_bus_id);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *bus)
{
    for (int at = 0; at < device_count; at++)
        if (!strcasecmp(devices[at].gpu->pci_bus_id, bus)) {
            *device = at;
            return CUDA_SUCCESS;
        }
    return (CUresult)VG_CUDA_INVALID_VALUE;
}

EXPORT CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    *major = devices[device].gpu->compute_major;
    *minor = devices[device].gpu->compute_minor;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    *bytes = (size_t)devices[device].gpu->memory_total_mib << 20;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    unsigned domain = 0, bus = 0, slot = 0;
    sscanf(devices[device].gpu->pci_bus_id, "%x:%x:%x", &domain, &bus, &slot);
    *value = attribute == CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID            ? (int)domain
             : attribute == CU_DEVICE_ATTRIBUTE_PCI_BUS_ID             ? (int)bus
             : attribute == CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID          ? (int)slot
             : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? devices[device].gpu->compute_major
             : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? devices[device].gpu->compute_minor
             : attribute == CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT      ? 512
             : attribute == CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT ? 32
             : attribute == CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING     ? 1
             : attribute == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT   ? 20
                                                                       : 0;
    return CUDA_SUCCESS;
}

/* A GPU whose memory is full gives no context: by a fault, or by what its sessions and other programs take. */
static bool memory_is_full(const struct vg_config *now, const struct vg_gpu *gpu)
{
    if (vg_fault_taken(now, gpu, VG_OUT_OF_MEMORY))
        return true;
    struct vg_state *state = vg_state_of(now);
    struct vg_load load = {0};
    if (state)
        vg_gpu_state_of(state, gpu->uuid), load = vg_load_of(state, gpu->uuid);
    int sessions = load.encoding + load.holding + gpu->other_sessions;
    return gpu->memory_used_mib + (sessions + 1) * gpu->session_memory_mib > gpu->memory_total_mib;
}

static CUresult make_context(CUcontext *context, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    struct vg_config now;
    const struct vg_gpu *gpu = vg_config_now(&now) ? vg_find_gpu(&now, devices[device].gpu->uuid) : NULL;
    if (!gpu || now.driver_gone || gpu->lost)
        return CUDA_ERROR_UNKNOWN;
    if (memory_is_full(&now, gpu))
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    struct CUctx_st *made = calloc(1, sizeof *made);
    if (!made)
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    made->magic = VG_CONTEXT_MAGIC;
    made->device = device;
    strcpy(made->uuid, gpu->uuid);
    if (devices[device].slice)
        strcpy(made->slice, devices[device].slice->uuid);
    *context = made;
    return CUDA_SUCCESS;
}

#define STACK_DEPTH 64
static _Thread_local CUcontext stack[STACK_DEPTH];
static _Thread_local int depth;

static CUresult usable(CUcontext context)
{
    if (!context || context->magic != VG_CONTEXT_MAGIC)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    return (CUresult)atomic_load(&context->broken);
}

EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context)
{
    CUresult result = usable(context);
    if (result == CUDA_SUCCESS && depth < STACK_DEPTH)
        stack[depth++] = context;
    return result;
}

EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context)
{
    if (depth == 0)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    CUcontext top = stack[--depth];
    if (context)
        *context = top;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *context)
{
    *context = depth > 0 ? stack[depth - 1] : NULL;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device)
{
    (void)flags;
    CUresult result = make_context(context, device);
    return result == CUDA_SUCCESS ? cuCtxPushCurrent_v2(*context) : result;
}

EXPORT CUresult cuCtxDestroy_v2(CUcontext context)
{
    if (!context || context->magic != VG_CONTEXT_MAGIC)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    if (depth > 0 && stack[depth - 1] == context)
        depth--;
    context->magic = 0;
    free(context);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSetLimit(CUlimit limit, size_t value)
{
    (void)limit, (void)value;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetDevice(CUdevice *device)
{
    if (depth == 0)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    *device = stack[depth - 1]->device;
    return CUDA_SUCCESS;
}

static CUcontext primary[VG_MAX_GPUS];
static int primary_users[VG_MAX_GPUS];

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    if (!primary[device]) {
        CUresult result = make_context(&primary[device], device);
        if (result != CUDA_SUCCESS)
            return result;
    }
    primary_users[device]++;
    *context = primary[device];
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
{
    if (!known(device) || primary_users[device] == 0)
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    if (--primary_users[device] == 0) {
        cuCtxDestroy_v2(primary[device]);
        primary[device] = NULL;
    }
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
    return cuDevicePrimaryCtxRelease_v2(device);
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned int flags)
{
    (void)flags;
    return known(device) ? CUDA_SUCCESS : (CUresult)VG_CUDA_INVALID_DEVICE;
}

EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int *flags, int *active)
{
    if (!known(device))
        return (CUresult)VG_CUDA_INVALID_DEVICE;
    *flags = CU_CTX_SCHED_BLOCKING_SYNC;
    *active = primary[device] != NULL;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxReset(CUdevice device)
{
    return known(device) ? CUDA_SUCCESS : (CUresult)VG_CUDA_INVALID_DEVICE;
}
