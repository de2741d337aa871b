/* virtual-gpu-state: what happened on the machine so far and what goes on, as JSON. */
#include <stdio.h>

#include "state.h"

static const char *const codecs[] = {"h264", "hevc", "av1"};

static void print_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char)*text >= ' ')
            putchar(*text);
    }
    putchar('"');
}

static void print_counts(uint32_t opened, uint32_t refused, uint32_t peak, uint32_t peak_encoding, struct vg_load load)
{
    printf("\"opened\":%u,\"refused\":%u,\"peakSessions\":%u,\"peakEncoding\":%u,\"encoding\":%d,\"holding\":%d", opened,
           refused, peak, peak_encoding, load.encoding, load.holding);
}

static void print_sessions(struct vg_state *state)
{
    const char *comma = "";
    printf("\"sessions\":[");
    for (int at = 0; at < VG_MAX_SESSIONS; at++) {
        struct vg_slot *slot = &state->slots[at];
        if (!vg_slot_lives(state, at))
            continue;
        printf("%s{\"pid\":%d,\"kind\":\"%s\",\"gpu\":", comma, atomic_load(&slot->pid),
               slot->kind == VG_HOLDS ? "holds" : "encodes");
        print_text(state->gpu[slot->gpu].uuid);
        printf(",\"slice\":");
        print_text(slot->slice);
        printf(",\"program\":");
        print_text(slot->program);
        printf(",\"codec\":\"%s\",\"width\":%d,\"height\":%d,\"frames\":%llu}", codecs[slot->codec % 3], slot->width,
               slot->height, (unsigned long long)atomic_load(&slot->frames));
        comma = ",";
    }
    printf("]");
}

int main(void)
{
    static struct vg_config config;
    if (!vg_config_now(&config))
        return 1;
    struct vg_state *state = vg_state_of(&config);
    if (!state)
        return 1;
    /* A GPU of the file on which nothing happened yet is told as well. */
    for (int at = 0; at < config.gpus; at++)
        vg_gpu_state_of(state, config.gpu[at].uuid);
    printf("{\"system\":{");
    print_counts(state->opened, state->refused, state->peak_sessions, state->peak_encoding, vg_load_of(state, NULL));
    printf("},\"gpus\":[");
    for (uint32_t at = 0; at < state->gpus; at++) {
        struct vg_gpu_state *gpu = &state->gpu[at];
        printf("%s{\"uuid\":", at ? "," : "");
        print_text(gpu->uuid);
        putchar(',');
        print_counts(gpu->opened, gpu->refused, gpu->peak_sessions, gpu->peak_encoding, vg_load_of(state, gpu->uuid));
        printf(",\"framesEncoded\":%llu,\"framesDecoded\":%llu}", (unsigned long long)atomic_load(&gpu->frames),
               (unsigned long long)atomic_load(&gpu->decoded));
    }
    printf("],");
    print_sessions(state);
    printf("}\n");
    return 0;
}
