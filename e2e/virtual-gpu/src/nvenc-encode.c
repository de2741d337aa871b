/* Pictures in, packets out, and the faults that happen meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame-clock.h"
#include "nvenc.h"

static const char internal_error[] = "EncodeAPI Internal Error.";

/* The context breaks with its device: the client's next CUDA call fails as well. */
static NVENCSTATUS lose_device(struct vg_nvenc *session)
{
    session->broken = true;
    atomic_store(&session->context->broken, VG_CUDA_LAUNCH_FAILED);
    return vg_fail(session, NV_ENC_ERR_DEVICE_NOT_EXIST, internal_error);
}

/* A driver that hangs does not come back: not for signals, and not when the fault is healed for others. */
static void hang(void)
{
    for (;;)
        pause();
}

static NVENCSTATUS meet_faults(struct vg_nvenc *session)
{
    vg_refresh(session);
    if (session->broken || session->config.driver_gone || !session->gpu || session->gpu->lost)
        return lose_device(session);
    if (vg_meets(session, VG_HANGS_AFTER, session->pictures))
        hang();
    if (vg_meets(session, VG_LOST_AFTER, session->pictures))
        return lose_device(session);
    if (vg_meets(session, VG_FAILS_AFTER, session->pictures))
        return vg_fail(session, NV_ENC_ERR_GENERIC, internal_error);
    return NV_ENC_SUCCESS;
}

static void queue_output(struct vg_nvenc *session, struct vg_output_buffer *output)
{
    output->filled = false;
    output->next = NULL;
    if (session->last_waiting)
        session->last_waiting->next = output;
    else
        session->first_waiting = output;
    session->last_waiting = output;
}

/* The k-th packet belongs into the k-th output that was handed in, whichever picture it codes. */
static bool fill_output(struct vg_nvenc *session, const struct vg_packet *packet)
{
    struct vg_output_buffer *output = session->first_waiting;
    if (!output)
        return false;
    if (output->room < packet->size) {
        uint8_t *grown = realloc(output->data, packet->size);
        if (!grown)
            return false;
        output->data = grown;
        output->room = packet->size;
    }
    memcpy(output->data, packet->data, packet->size);
    output->size = packet->size;
    output->type = packet->type;
    output->qp = packet->qp;
    output->time_stamp = session->submitted[packet->number % VG_IN_FLIGHT].time_stamp;
    output->duration = session->submitted[packet->number % VG_IN_FLIGHT].duration;
    output->filled = true;
    session->first_waiting = output->next;
    if (!session->first_waiting)
        session->last_waiting = NULL;
    session->packets++;
    return true;
}

static NVENCSTATUS drain(struct vg_nvenc *session)
{
    struct vg_packet packet;
    while (session->first_waiting) {
        int got = session->class->encode(session->encoder, NULL, 0, VG_PICTURE_P, &packet);
        if (got < 0 || (got > 0 && !fill_output(session, &packet)))
            return vg_fail(session, NV_ENC_ERR_GENERIC, internal_error);
        if (got == 0)
            break;
    }
    return NV_ENC_SUCCESS;
}

/* IDR at the start, at every full GOP and where one is asked for; a forced I picture stays one. */
static enum vg_picture_type choose_type(struct vg_nvenc *session, uint32_t flags)
{
    bool gop_ends = session->gop_length != NVENC_INFINITE_GOPLENGTH && session->gop_length > 0 &&
                    session->since_idr >= session->gop_length;
    if (session->pictures == 0 || gop_ends || (flags & NV_ENC_PIC_FLAG_FORCEIDR)) {
        session->since_idr = 1;
        return VG_PICTURE_IDR;
    }
    session->since_idr++;
    return flags & NV_ENC_PIC_FLAG_FORCEINTRA ? VG_PICTURE_I : VG_PICTURE_P;
}

static NVENCSTATUS code(struct vg_nvenc *session, const NV_ENC_PIC_PARAMS *params)
{
    const struct vg_input_buffer *buffer = params->inputBuffer;
    struct vg_picture picture;
    struct vg_packet packet;
    const struct vg_encoder_params *shape = &session->params;
    if (!vg_read_picture(&buffer->input, shape->width, shape->height, &session->planes, &picture))
        return vg_fail(session, NV_ENC_ERR_OUT_OF_MEMORY, "Out of memory.");
    enum vg_picture_type type = choose_type(session, params->encodePicFlags);
    uint64_t number = session->pictures++;
    session->submitted[number % VG_IN_FLIGHT].time_stamp = params->inputTimeStamp;
    session->submitted[number % VG_IN_FLIGHT].duration = params->inputDuration;
    queue_output(session, params->outputBitstream);
    /* As with hardware, taking a picture costs no time; fetching what became of it waits until it is done. */
    session->last_waiting->done_ns = vg_take_turn(session->slot.gpu, session->gpu->frames_per_second);
    int64_t start = vg_now_ns();
    int got = session->class->encode(session->encoder, &picture, (int64_t)number, type, &packet);
    if (got < 0 || (got > 0 && !fill_output(session, &packet)))
        return vg_fail(session, NV_ENC_ERR_GENERIC, internal_error);
    vg_count_frame(session->slot.gpu, session->slot.slot, vg_now_ns() - start);
    return session->packets > 0 ? NV_ENC_SUCCESS : NV_ENC_ERR_NEED_MORE_INPUT;
}

NVENCSTATUS vg_encode(void *handle, NV_ENC_PIC_PARAMS *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_PIC_PARAMS_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    if (!session->encoder)
        return vg_fail(session, NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "The encoder is not initialized.");
    NVENCSTATUS status = meet_faults(session);
    if (status != NV_ENC_SUCCESS)
        return status;
    if (params->encodePicFlags & NV_ENC_PIC_FLAG_EOS)
        return drain(session);
    if (!params->inputBuffer || !params->outputBitstream)
        return vg_fail(session, NV_ENC_ERR_INVALID_PARAM, "A buffer is missing.");
    return code(session, params);
}

NVENCSTATUS vg_lock(void *handle, NV_ENC_LOCK_BITSTREAM *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params || !params->outputBitstream)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_LOCK_BITSTREAM_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    struct vg_output_buffer *output = params->outputBitstream;
    vg_refresh(session);
    if (session->broken || !session->gpu)
        return lose_device(session);
    if (vg_meets(session, VG_LOCK_FAILS_AFTER, session->locks))
        return vg_fail(session, NV_ENC_ERR_GENERIC, internal_error);
    if (!output->filled)
        return vg_fail(session, NV_ENC_ERR_LOCK_BUSY, "The picture is not coded yet.");
    vg_wait_until(output->done_ns);
    session->locks++;
    params->bitstreamBufferPtr = output->data;
    params->bitstreamSizeInBytes = (uint32_t)output->size;
    params->outputTimeStamp = output->time_stamp;
    params->outputDuration = output->duration;
    params->pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
    params->frameAvgQP = (uint32_t)(output->qp > 0 ? output->qp : 0);
    params->numSlices = 1;
    switch (output->type) {
    case VG_PICTURE_IDR:
        params->pictureType = NV_ENC_PIC_TYPE_IDR;
        break;
    case VG_PICTURE_I:
        params->pictureType = NV_ENC_PIC_TYPE_I;
        break;
    case VG_PICTURE_B:
        params->pictureType = NV_ENC_PIC_TYPE_B;
        break;
    case VG_PICTURE_P:
        params->pictureType = NV_ENC_PIC_TYPE_P;
        break;
    }
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_unlock(void *handle, NV_ENC_OUTPUT_PTR buffer)
{
    return vg_session(handle) && buffer ? NV_ENC_SUCCESS : NV_ENC_ERR_INVALID_PTR;
}
