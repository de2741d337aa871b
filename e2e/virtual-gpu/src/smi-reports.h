/* nvidia-smi's reports that are no table of fields. */
#ifndef VIRTUAL_GPU_SMI_REPORTS_H
#define VIRTUAL_GPU_SMI_REPORTS_H

#include "config.h"

/* nvidia-smi counts GPUs in the order of their buses. */
void vg_order_by_bus(struct vg_config *config);

void smi_print_list(const struct vg_config *config);
void smi_print_version(const struct vg_config *config);
void smi_print_summary(const struct vg_config *config);
void smi_print_lost_handle(const struct vg_gpu *gpu, int index);
/* One line per session; the exit code. */
int smi_print_apps(const struct vg_config *config, const char *fields, bool header, bool units);

#endif
