#include "visible-devices.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_bus(const void *a, const void *b)
{
    return strcasecmp(((const struct vg_device *)a)->gpu->pci_bus_id, ((const struct vg_device *)b)->gpu->pci_bus_id);
}

static int by_speed(const void *a, const void *b)
{
    double first = ((const struct vg_device *)a)->gpu->speed, second = ((const struct vg_device *)b)->gpu->speed;
    return first > second ? -1 : first < second ? 1 : by_bus(a, b);
}

/* GPUs in CUDA's order. One in MIG mode stands for its first slice; without a slice it is not there. */
static int enumerate(const struct vg_config *config, struct vg_device *out)
{
    const char *order = getenv("CUDA_DEVICE_ORDER");
    int count = 0;
    for (int at = 0; at < config->gpus; at++) {
        const struct vg_gpu *gpu = &config->gpu[at];
        bool sliced = !strcmp(gpu->mig, "Enabled");
        if (gpu->lost || (sliced && gpu->slices == 0))
            continue;
        out[count++] = (struct vg_device){gpu, sliced ? &gpu->slice[0] : NULL};
    }
    qsort(out, (size_t)count, sizeof *out, order && !strcmp(order, "PCI_BUS_ID") ? by_bus : by_speed);
    return count;
}

static bool find_slice(const struct vg_device *all, int count, const char *uuid, struct vg_device *out)
{
    for (int at = 0; at < count; at++)
        for (int slice = 0; slice < all[at].gpu->slices && all[at].slice; slice++)
            if (!strncasecmp(all[at].gpu->slice[slice].uuid, uuid, strlen(uuid))) {
                *out = (struct vg_device){all[at].gpu, &all[at].gpu->slice[slice]};
                return true;
            }
    return false;
}

static bool find_named(const struct vg_device *all, int count, const char *name, struct vg_device *out)
{
    if (!strncasecmp(name, "MIG-", 4))
        return find_slice(all, count, name, out);
    if (!strncasecmp(name, "GPU-", 4)) {
        int found = 0;
        for (int at = 0; at < count; at++)
            if (!strncasecmp(all[at].gpu->uuid, name, strlen(name)))
                *out = all[at], found++;
        return found == 1;
    }
    char *end;
    long index = strtol(name, &end, 10);
    if (end == name || *end || index < 0 || index >= count)
        return false;
    *out = all[index];
    return true;
}

/* CUDA runs on one slice at a time: whole GPUs go first, and beside a slice nothing else is seen. */
static int keep_one_slice(struct vg_device *out, int count)
{
    int whole = 0;
    for (int at = 0; at < count; at++)
        if (!out[at].slice)
            out[whole++] = out[at];
    return whole > 0 ? whole : count > 0 ? 1 : 0;
}

int vg_visible_devices(const struct vg_config *config, struct vg_device out[VG_MAX_GPUS])
{
    struct vg_device all[VG_MAX_GPUS];
    int count = enumerate(config, all);
    const char *wanted = getenv("CUDA_VISIBLE_DEVICES");
    if (!wanted) {
        memcpy(out, all, sizeof *all * (size_t)count);
        return keep_one_slice(out, count);
    }
    char copy[4096], *rest = NULL;
    strncpy(copy, wanted, sizeof copy - 1);
    copy[sizeof copy - 1] = 0;
    int seen = 0;
    for (char *name = strtok_r(copy, ",", &rest); name && seen < VG_MAX_GPUS; name = strtok_r(NULL, ",", &rest)) {
        while (*name == ' ')
            name++;
        struct vg_device device;
        if (!find_named(all, count, name, &device))
            break;
        for (int at = 0; at < seen; at++)
            if (out[at].gpu == device.gpu && out[at].slice == device.slice)
                return 0; /* named twice: CUDA shows none at all */
        out[seen++] = device;
    }
    if (seen > 0 && out[0].slice)
        return 1;
    return seen > 0 ? keep_one_slice(out, seen) : 0;
}
