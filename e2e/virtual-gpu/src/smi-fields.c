#include "smi-fields.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "smi-field-list.h"

static const struct { const char *other, *name; } aliases[] = {
    {"gpu_name", "name"},           {"gpu_uuid", "uuid"},
    {"gpu_bus_id", "pci.bus_id"},   {"gpu_serial", "serial"},
    {"clocks.gr", "clocks.current.graphics"}, {"clocks.sm", "clocks.current.sm"},
    {"clocks.mem", "clocks.current.memory"},  {"clocks.video", "clocks.current.video"},
};

/* True when `name` is one of the names in a list with commas. */
static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length) {
        bool starts = at == list || at[-1] == ',' || at[-1] == ' ';
        bool ends = at[length] == 0 || at[length] == ',' || at[length] == ' ';
        if (starts && ends)
            return true;
    }
    return false;
}

bool smi_find_field(const struct vg_config *config, const char *name, struct smi_field *out)
{
    for (size_t at = 0; at < sizeof aliases / sizeof *aliases; at++)
        if (!strcmp(aliases[at].other, name))
            name = aliases[at].name;
    if (lists(config->smi_unknown_fields, name))
        return false;
    for (size_t at = 0; at < sizeof smi_field_list / sizeof *smi_field_list; at++)
        if (!strcmp(smi_field_list[at].name, name)) {
            const struct smi_field_entry *entry = &smi_field_list[at];
            *out = (struct smi_field){entry->name, entry->unit, entry->usual};
            return true;
        }
    return false;
}

static void print_time(char *out, size_t size)
{
    struct timeval now;
    struct tm parts;
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &parts);
    char date[24];
    strftime(date, sizeof date, "%Y/%m/%d %H:%M:%S", &parts);
    snprintf(out, size, "%s.%03d", date, (int)(now.tv_usec / 1000));
}

/* Pictures a second that count as a fully used decoder. */
#define DECODED_AT_FULL_USE 1000

static double at_most(double value, double limit)
{
    return value > limit ? limit : value;
}

void smi_read(const struct vg_config *config, int index, struct smi_reading *out)
{
    const struct vg_gpu *gpu = &config->gpu[index];
    *out = (struct smi_reading){.config = config, .gpu = gpu, .index = index};
    print_time(out->time_stamp, sizeof out->time_stamp);
    struct vg_load load = {0};
    struct vg_activity activity = {0};
    struct vg_state *state = vg_state_of(config);
    if (state) {
        struct vg_gpu_state *record = vg_gpu_state_of(state, gpu->uuid);
        load = vg_load_of(state, gpu->uuid);
        activity = vg_activity_of(record);
    }
    out->sessions = load.encoding + load.holding + gpu->other_sessions;
    /* With a rate the GPU is busy in the measure in which it is used; without one, as the CPU underneath is. */
    out->encoder_percent = gpu->frames_per_second > 0
                               ? at_most(100 * activity.frames_per_second / gpu->frames_per_second, 100)
                               : activity.busy_percent;
    out->decoder_percent = at_most(100 * activity.decoded_per_second / DECODED_AT_FULL_USE, 100);
    out->average_fps = load.encoding > 0 ? activity.frames_per_second / load.encoding : 0;
    out->memory_used_mib = gpu->memory_used_mib + out->sessions * gpu->session_memory_mib;
    double share = out->encoder_percent / 100;
    out->celsius = gpu->temperature_celsius + 15 * share;
    out->watts = gpu->power_idle_watts + (gpu->power_limit_watts - gpu->power_idle_watts) * 0.4 * share;
}

/* The values that belong to this GPU; false for those that any card prints. */
static bool own_value(const struct smi_reading *it, const char *name, char *out)
{
#define IS(text) (!strcmp(name, text))
#define SAY(...) (snprintf(out, SMI_VALUE_SIZE, __VA_ARGS__), true)
    const struct vg_gpu *gpu = it->gpu;
    unsigned domain = 0, bus = 0, device = 0;
    sscanf(gpu->pci_bus_id, "%x:%x:%x", &domain, &bus, &device);
    double encoder = it->encoder_percent;
    if (IS("timestamp"))
        return SAY("%s", it->time_stamp);
    if (IS("driver_version") || IS("kmd_version"))
        return SAY("%s", it->config->driver_version);
    if (IS("count"))
        return SAY("%d", it->config->gpus);
    if (IS("name"))
        return SAY("%s", gpu->name);
    if (IS("uuid"))
        return SAY("%s", gpu->uuid);
    if (IS("index"))
        return SAY("%d", it->index);
    if (IS("pci.bus_id"))
        return SAY("%s", gpu->pci_bus_id);
    if (IS("pci.domain"))
        return SAY("0x%04X", domain);
    if (IS("pci.bus"))
        return SAY("0x%02X", bus);
    if (IS("pci.device"))
        return SAY("0x%02X", device);
    if (IS("memory.total"))
        return SAY("%d", gpu->memory_total_mib);
    if (IS("memory.used"))
        return SAY("%d", it->memory_used_mib);
    if (IS("memory.free"))
        return SAY("%d", gpu->memory_total_mib > it->memory_used_mib ? gpu->memory_total_mib - it->memory_used_mib : 0);
    if (IS("memory.reserved"))
        return SAY("0");
    if (IS("compute_cap"))
        return SAY("%d.%d", gpu->compute_major, gpu->compute_minor);
    if (IS("utilization.gpu"))
        return SAY("%.0f", encoder / 10);
    if (IS("utilization.memory"))
        return SAY("%.0f", encoder / 20);
    if (IS("utilization.encoder"))
        return SAY("%.0f", encoder);
    if (IS("utilization.decoder"))
        return SAY("%.0f", it->decoder_percent);
    if (IS("encoder.stats.sessionCount"))
        return SAY("%d", it->sessions);
    if (IS("encoder.stats.averageFps"))
        return SAY("%.0f", it->average_fps);
    if (IS("encoder.stats.averageLatency"))
        return SAY("%.0f", it->average_fps > 0 ? 1e6 / it->average_fps : 0);
    if (IS("temperature.gpu"))
        return SAY("%.0f", it->celsius);
    if (IS("power.draw") || IS("power.draw.average") || IS("power.draw.instant"))
        return SAY("%.2f", it->watts);
    if (IS("power.limit") || IS("enforced.power.limit") || IS("power.default_limit") || IS("power.max_limit"))
        return SAY("%.2f", gpu->power_limit_watts);
    if (IS("pstate"))
        return SAY("%s", it->sessions > 0 ? "P2" : "P8");
    if (IS("mig.mode.current") || IS("mig.mode.pending"))
        return *gpu->mig ? SAY("%s", gpu->mig) : false;
    return false;
#undef SAY
#undef IS
}

/* What a GPU that fell off the bus is still known by: the driver remembers it, and asks the GPU for the rest. */
static bool outlives_loss(const char *name)
{
    static const char kept[] = "timestamp,driver_version,kmd_version,count,index,name,uuid,pci.bus_id,pci.domain,"
                               "pci.bus,pci.device";
    return lists(kept, name);
}

void smi_print_value(const struct smi_reading *reading, const struct smi_field *field, bool with_unit,
                     char out[SMI_VALUE_SIZE])
{
    const struct vg_gpu *gpu = reading->gpu;
    bool sliced = !strcmp(gpu->mig, "Enabled") && !strncmp(field->name, "utilization.", 12);
    const char *nothing = gpu->lost && !outlives_loss(field->name) ? "[GPU is lost]"
                          : lists(gpu->smi_not_supported, field->name) ? "[Not Supported]"
                          : lists(gpu->smi_not_available, field->name) || sliced ? "[N/A]"
                                                                                 : NULL;
    if (!nothing && !own_value(reading, field->name, out)) {
        if (field->usual)
            snprintf(out, SMI_VALUE_SIZE, "%s", field->usual);
        else
            nothing = "[N/A]";
    }
    if (nothing) {
        snprintf(out, SMI_VALUE_SIZE, "%s", nothing);
    } else if (with_unit && field->unit && *out != '[' && *out != 'N') {
        size_t used = strlen(out);
        snprintf(out + used, SMI_VALUE_SIZE - used, " %s", field->unit);
    }
}
