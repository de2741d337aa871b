/* nvidia-smi: the questions that programs ask it, answered for the machine of VIRTUAL_GPU_CONFIG. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "smi-fields.h"
#include "smi-reports.h"

/* Exit codes of nvidia-smi's manual. */
enum { OK = 0, INVALID_ARGUMENT = 2, NO_DEVICES = 6, NO_DRIVER = 9, NO_LIBRARY = 12 };

#define MAX_FIELDS 256

struct request {
    enum { SUMMARY, LIST, VERSION, QUERY_GPU, QUERY_APPS } what;
    char *fields;
    bool header, units;
    /* Null: every GPU. Index, UUID or bus id. */
    const char *only;
    /* 0: once. */
    long every_ms;
};

static int complain(const char *text)
{
    fprintf(stdout, "%s\n", text);
    return INVALID_ARGUMENT;
}

/* The value of `--long=value`, `--long value`, `-short value`; null when the argument is another one. */
static const char *value_of(char **arguments, int *at, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(arguments[*at], name, length))
        return NULL;
    if (arguments[*at][length] == '=')
        return arguments[*at] + length + 1;
    if (arguments[*at][length] == 0 && arguments[*at + 1])
        return arguments[++*at];
    return NULL;
}

static bool read_format(const char *format, struct request *out)
{
    bool csv = false;
    char copy[128], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", format);
    for (char *word = strtok_r(copy, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        if (!strcmp(word, "csv"))
            csv = true;
        else if (!strcmp(word, "noheader"))
            out->header = false;
        else if (!strcmp(word, "nounits"))
            out->units = false;
        else
            return false;
    }
    return csv;
}

static int read_arguments(char **arguments, struct request *out)
{
    bool formatted = false;
    const char *value;
    for (int at = 1; arguments[at]; at++) {
        if ((value = value_of(arguments, &at, "--query-gpu"))) {
            out->what = QUERY_GPU;
            out->fields = strdup(value);
        } else if ((value = value_of(arguments, &at, "--query-compute-apps"))) {
            out->what = QUERY_APPS;
            out->fields = strdup(value);
        } else if ((value = value_of(arguments, &at, "--format"))) {
            formatted = read_format(value, out);
            if (!formatted)
                return complain("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n");
        } else if ((value = value_of(arguments, &at, "--loop-ms")) || (value = value_of(arguments, &at, "-lms"))) {
            out->every_ms = atol(value);
        } else if ((value = value_of(arguments, &at, "--loop")) || (value = value_of(arguments, &at, "-l"))) {
            out->every_ms = atol(value) * 1000;
        } else if ((value = value_of(arguments, &at, "--id")) || (value = value_of(arguments, &at, "-i"))) {
            out->only = value;
        } else if (!strcmp(arguments[at], "-L") || !strcmp(arguments[at], "--list-gpus")) {
            out->what = LIST;
        } else if (!strcmp(arguments[at], "--version")) {
            out->what = VERSION;
        } else {
            return complain("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n");
        }
    }
    if ((out->what == QUERY_GPU || out->what == QUERY_APPS) && !formatted)
        return complain("\"--format=\" is missing. Please run 'nvidia-smi -h' for help.\n");
    return OK;
}

/* A driver that does not answer: neither this program nor its signals get anywhere. It ends with who asked. */
static void hang(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (;;)
        pause();
}

/* OK, or the exit code with which nvidia-smi gives up, having said why. */
static int meet_driver(const struct vg_config *config)
{
    if (config->smi == VG_SMI_HANGS)
        hang();
    if (config->smi == VG_SMI_GONE) {
        printf("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA "
               "Display Driver is properly installed and present in your system.\n"
               "Please also try adding directory that contains libnvidia-ml.so to your system PATH.\n");
        return NO_LIBRARY;
    }
    if (config->driver_gone) {
        printf("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the "
               "latest NVIDIA driver is installed and running.\n\n");
        return NO_DRIVER;
    }
    if (config->gpus == 0) {
        printf("No devices were found\n");
        return NO_DEVICES;
    }
    return OK;
}

static bool is_wanted(const struct request *request, const struct vg_gpu *gpu, int index)
{
    if (!request->only)
        return true;
    char *end;
    long number = strtol(request->only, &end, 10);
    if (end != request->only && !*end)
        return number == index;
    return !strcasecmp(request->only, gpu->uuid) || !strcasecmp(request->only, gpu->pci_bus_id);
}

static int query_gpu(const struct vg_config *config, const struct request *request, bool header)
{
    static struct smi_field fields[MAX_FIELDS];
    int count = 0;
    char copy[8192], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", request->fields);
    for (char *name = strtok_r(copy, ", ", &rest); name && count < MAX_FIELDS; name = strtok_r(NULL, ", ", &rest)) {
        if (!smi_find_field(config, name, &fields[count])) {
            printf("Field \"%s\" is not a valid field to query.\n\n", name);
            return INVALID_ARGUMENT;
        }
        count++;
    }
    for (int at = 0; header && at < count; at++)
        printf("%s%s%s%s%s", at ? ", " : "", fields[at].name, fields[at].unit && request->units ? " [" : "",
               fields[at].unit && request->units ? fields[at].unit : "", fields[at].unit && request->units ? "]" : "");
    if (header)
        printf("\n");
    bool any = false;
    for (int index = 0; index < config->gpus; index++) {
        const struct vg_gpu *gpu = &config->gpu[index];
        if (!is_wanted(request, gpu, index))
            continue;
        any = true;
        if (gpu->lost && gpu->lost_without_handle) {
            smi_print_lost_handle(gpu, index);
            continue;
        }
        struct smi_reading reading;
        char value[SMI_VALUE_SIZE];
        smi_read(config, index, &reading);
        for (int at = 0; at < count; at++) {
            smi_print_value(&reading, &fields[at], request->units, value);
            printf("%s%s", at ? ", " : "", value);
        }
        printf("\n");
    }
    if (!any)
        printf("No devices were found\n");
    return any ? OK : NO_DEVICES;
}

static int answer(const struct request *request, bool first)
{
    static struct vg_config config;
    if (!vg_config_now(&config))
        return NO_DRIVER;
    int code = meet_driver(&config);
    if (code != OK)
        return code;
    vg_order_by_bus(&config);
    switch (request->what) {
    case SUMMARY:
        smi_print_summary(&config);
        return OK;
    case LIST:
        smi_print_list(&config);
        return OK;
    case VERSION:
        smi_print_version(&config);
        return OK;
    case QUERY_GPU:
        return query_gpu(&config, request, first && request->header);
    case QUERY_APPS:
        return smi_print_apps(&config, request->fields, first && request->header, request->units);
    }
    return OK;
}

int main(int count, char **arguments)
{
    (void)count;
    struct request request = {.header = true, .units = true};
    int code = read_arguments(arguments, &request);
    if (code != OK)
        return code;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (bool first = true;; first = false) {
        code = answer(&request, first);
        /* Whoever reads a pipe gets each tick when it is there. */
        fflush(stdout);
        if (code != OK || request.every_ms <= 0)
            return code;
        next.tv_sec += request.every_ms / 1000;
        next.tv_nsec += request.every_ms % 1000 * 1000000;
        if (next.tv_nsec >= 1000000000)
            next.tv_sec++, next.tv_nsec -= 1000000000;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
            ;
    }
}
