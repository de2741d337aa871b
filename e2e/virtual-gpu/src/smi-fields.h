/* What nvidia-smi prints in a column. */
#ifndef VIRTUAL_GPU_SMI_FIELDS_H
#define VIRTUAL_GPU_SMI_FIELDS_H

#include "frame-clock.h"

#define SMI_VALUE_SIZE 160

/* A GPU as it is at this moment. */
struct smi_reading {
    const struct vg_config *config;
    const struct vg_gpu *gpu;
    int index;
    char time_stamp[40];
    int sessions;
    double encoder_percent, decoder_percent, average_fps;
    int memory_used_mib;
    double watts, celsius;
};

struct smi_field {
    const char *name;
    /* Null: a plain number or a text. */
    const char *unit;
    const char *usual;
};

/* Reads load and counts. Without a state file everything is idle. */
void smi_read(const struct vg_config *config, int index, struct smi_reading *out);

/* False for a field that this machine's nvidia-smi does not know. */
bool smi_find_field(const struct vg_config *config, const char *name, struct smi_field *out);

void smi_print_value(const struct smi_reading *reading, const struct smi_field *field, bool with_unit,
                     char out[SMI_VALUE_SIZE]);

#endif
