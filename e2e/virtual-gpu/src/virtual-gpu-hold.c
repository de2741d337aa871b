/*
 * virtual-gpu-hold <GPU's UUID> <count>: another program that keeps encoding sessions open until it is ended. Says
 * "holding <n>" when it has all that it could get; exit code 1 when that is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state.h"

int main(int count, char **arguments)
{
    static struct vg_config config;
    static struct vg_session_slot slots[VG_MAX_SESSIONS];
    int wanted = count == 3 ? atoi(arguments[2]) : 0, got = 0;
    if (wanted < 1 || wanted > VG_MAX_SESSIONS) {
        fprintf(stderr, "usage: virtual-gpu-hold <GPU's UUID> <count>\n");
        return 2;
    }
    const struct vg_gpu *gpu = vg_config_now(&config) ? vg_find_gpu(&config, arguments[1]) : NULL;
    if (!gpu) {
        fprintf(stderr, "virtual-gpu-hold: no GPU %s\n", arguments[1]);
        return 2;
    }
    while (got < wanted && vg_session_open(&config, gpu, NULL, VG_HOLDS, &slots[got]) == VG_OPENED)
        got++;
    printf("holding %d\n", got);
    fflush(stdout);
    if (got == 0)
        return 1;
    for (;;)
        pause();
}
