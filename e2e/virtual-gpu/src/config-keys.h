/* The keys of a machine file: defaults, and what each sets. */
#ifndef VIRTUAL_GPU_CONFIG_KEYS_H
#define VIRTUAL_GPU_CONFIG_KEYS_H

#include "config.h"

void vg_system_defaults(struct vg_config *config);
/* A GPU that says nothing is an Ada card; its UUID and bus follow from its place in the file. */
void vg_gpu_defaults(struct vg_gpu *gpu, int index);
/* Null, or what is wrong with the line. */
const char *vg_set_system_key(struct vg_config *config, const char *key, const char *value);
const char *vg_set_gpu_key(struct vg_gpu *gpu, const char *key, const char *value);

#endif
