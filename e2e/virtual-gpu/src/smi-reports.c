#include "smi-reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "smi-fields.h"

static int by_bus(const void *a, const void *b)
{
    return strcasecmp(((const struct vg_gpu *)a)->pci_bus_id, ((const struct vg_gpu *)b)->pci_bus_id);
}

void vg_order_by_bus(struct vg_config *config)
{
    qsort(config->gpu, (size_t)config->gpus, sizeof *config->gpu, by_bus);
}

/* The CUDA version that a driver names, after NVIDIA's release notes. */
static const char *cuda_version(const struct vg_config *config)
{
    static const struct { int driver; const char *version; } table[] = {
        {595, "13.2"}, {590, "13.1"}, {580, "13.0"}, {570, "12.8"}, {560, "12.6"}, {550, "12.4"}, {545, "12.3"},
        {535, "12.2"}, {530, "12.1"}, {525, "12.0"}, {520, "11.8"}, {515, "11.7"}, {510, "11.6"}, {495, "11.5"},
        {470, "11.4"}, {465, "11.3"}, {460, "11.2"}, {455, "11.1"}, {450, "11.0"}, {0, "10.2"},
    };
    if (*config->cuda_version)
        return config->cuda_version;
    for (int at = 0;; at++)
        if (vg_driver_major(config) >= table[at].driver)
            return table[at].version;
}

void smi_print_version(const struct vg_config *config)
{
    /* "595.71.05" is NVML 595.71. */
    char nvml[32];
    snprintf(nvml, sizeof nvml, "%s", config->driver_version);
    char *dot = strchr(nvml, '.');
    dot = dot ? strchr(dot + 1, '.') : NULL;
    if (dot)
        *dot = 0;
    printf("NVIDIA-SMI version  : %s\nNVML version        : %s\nDRIVER version      : %s\nCUDA Version        : %s\n",
           config->driver_version, nvml, config->driver_version, cuda_version(config));
}

void smi_print_lost_handle(const struct vg_gpu *gpu, int index)
{
    /* Messages name the bus with a domain of four digits. */
    const char *bus = strlen(gpu->pci_bus_id) > 12 ? gpu->pci_bus_id + 4 : gpu->pci_bus_id;
    printf("Unable to determine the device handle for GPU%d: %s: GPU is lost.  Reboot the system to recover this GPU\n",
           index, bus);
}

void smi_print_list(const struct vg_config *config)
{
    for (int index = 0; index < config->gpus; index++) {
        const struct vg_gpu *gpu = &config->gpu[index];
        if (gpu->lost) {
            smi_print_lost_handle(gpu, index);
            continue;
        }
        printf("GPU %d: %s (UUID: %s)\n", index, gpu->name, gpu->uuid);
        for (int at = 0; at < gpu->slices && !strcmp(gpu->mig, "Enabled"); at++)
            printf("  MIG %-11s Device %2d: (UUID: %s)\n", gpu->slice[at].profile, at, gpu->slice[at].uuid);
    }
}

static void rule(const char *text)
{
    printf("%s\n", text);
}

void smi_print_summary(const struct vg_config *config)
{
    char date[40], left[64];
    time_t now = time(NULL);
    struct tm parts;
    strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", localtime_r(&now, &parts));
    printf("%-31s\n", date);
    rule("+-----------------------------------------------------------------------------------------+");
    printf("| NVIDIA-SMI %-20s   Driver Version: %-14s CUDA Version: %-9s|\n", config->driver_version,
           config->driver_version, cuda_version(config));
    rule("+-----------------------------------------+------------------------+----------------------+");
    rule("| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |");
    rule("| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |");
    rule("|                                         |                        |               MIG M. |");
    rule("|=========================================+========================+======================|");
    for (int index = 0; index < config->gpus; index++) {
        const struct vg_gpu *gpu = &config->gpu[index];
        struct smi_reading it;
        smi_read(config, index, &it);
        printf("| %3d  %-28.28s   Off |   %-16s Off |                  N/A |\n", index, gpu->name, gpu->pci_bus_id);
        if (gpu->lost) {
            rule("|ERR!  ERR! ERR!             ERR! /  ERR! | GPU is lost            |    ERR!         ERR! |");
        } else {
            snprintf(left, sizeof left, "N/A %3.0fC    %s   %10.0fW / %4.0fW", it.celsius, it.sessions ? "P2" : "P8",
                     it.watts, gpu->power_limit_watts);
            printf("| %-39s | %7dMiB / %6dMiB |    %3.0f%%      Default |\n", left, it.memory_used_mib,
                   gpu->memory_total_mib, it.encoder_percent / 10);
        }
        printf("|                                         |                        | %20s |\n",
               *gpu->mig ? gpu->mig : "N/A");
        rule("+-----------------------------------------+------------------------+----------------------+");
    }
}

static bool app_value(const char *name, const struct smi_reading *it, const struct vg_slot *slot, bool units, char *out)
{
#define SAY(...) (snprintf(out, SMI_VALUE_SIZE, __VA_ARGS__), true)
    if (!strcmp(name, "timestamp"))
        return SAY("%s", it->time_stamp);
    if (!strcmp(name, "gpu_name"))
        return SAY("%s", it->gpu->name);
    if (!strcmp(name, "gpu_bus_id"))
        return SAY("%s", it->gpu->pci_bus_id);
    if (!strcmp(name, "gpu_serial"))
        return SAY("[N/A]");
    if (!strcmp(name, "gpu_uuid"))
        return SAY("%s", it->gpu->uuid);
    if (!strcmp(name, "pid"))
        return SAY("%d", atomic_load(&slot->pid));
    if (!strcmp(name, "process_name") || !strcmp(name, "name"))
        return SAY("%s", slot->program);
    if (!strcmp(name, "used_gpu_memory") || !strcmp(name, "used_memory"))
        return SAY("%d%s", it->gpu->session_memory_mib, units ? " MiB" : "");
    return false;
#undef SAY
}

int smi_print_apps(const struct vg_config *config, const char *fields, bool header, bool units)
{
    char copy[1024], *names[16], *rest = NULL, value[SMI_VALUE_SIZE];
    int count = 0;
    static const struct vg_slot none;
    struct smi_reading reading;
    smi_read(config, 0, &reading);
    snprintf(copy, sizeof copy, "%s", fields);
    for (char *name = strtok_r(copy, ", ", &rest); name && count < 16; name = strtok_r(NULL, ", ", &rest)) {
        if (!app_value(name, &reading, &none, units, value)) {
            printf("Field \"%s\" is not a valid field to query.\n\n", name);
            return 2;
        }
        names[count++] = name;
    }
    for (int at = 0; header && at < count; at++) {
        bool memory = strstr(names[at], "memory") != NULL;
        printf("%s%s%s%s", at ? ", " : "", !strcmp(names[at], "name") ? "process_name" : names[at],
               memory ? " [MiB]" : "", at == count - 1 ? "\n" : "");
    }
    struct vg_state *state = vg_state_of(config);
    for (int number = 0; state && number < VG_MAX_SESSIONS; number++) {
        const struct vg_slot *slot = &state->slots[number];
        const struct vg_gpu *gpu =
            vg_slot_lives(state, number) ? vg_find_gpu(config, state->gpu[slot->gpu].uuid) : NULL;
        if (!gpu)
            continue;
        smi_read(config, (int)(gpu - config->gpu), &reading);
        for (int at = 0; at < count; at++) {
            app_value(names[at], &reading, slot, units, value);
            printf("%s%s%s", at ? ", " : "", value, at == count - 1 ? "\n" : "");
        }
    }
    return 0;
}
