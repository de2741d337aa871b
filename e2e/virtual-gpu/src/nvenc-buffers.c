/* Buffers of a session: pictures in, bit streams out, device memory registered as input. */
#include <stdlib.h>

#include "nvenc.h"

NVENCSTATUS vg_create_input(void *handle, NV_ENC_CREATE_INPUT_BUFFER *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_CREATE_INPUT_BUFFER_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    if (!vg_format_is_known(params->bufferFmt))
        return vg_fail(session, NV_ENC_ERR_UNSUPPORTED_PARAM, "The input format is not supported.");
    struct vg_input_buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return NV_ENC_ERR_OUT_OF_MEMORY;
    buffer->owned = true;
    buffer->input.format = params->bufferFmt;
    buffer->input.pitch = vg_format_pitch(params->bufferFmt, (int)params->width);
    buffer->input.height = (int)params->height;
    buffer->input.data = calloc(1, vg_format_size(params->bufferFmt, buffer->input.pitch, buffer->input.height));
    if (!buffer->input.data) {
        free(buffer);
        return NV_ENC_ERR_OUT_OF_MEMORY;
    }
    params->inputBuffer = buffer;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS free_input(struct vg_input_buffer *buffer)
{
    if (!buffer)
        return NV_ENC_ERR_INVALID_PTR;
    if (buffer->owned)
        free(buffer->input.data);
    free(buffer);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_destroy_input(void *handle, NV_ENC_INPUT_PTR buffer)
{
    return vg_session(handle) ? free_input(buffer) : NV_ENC_ERR_INVALID_PTR;
}

NVENCSTATUS vg_lock_input(void *handle, NV_ENC_LOCK_INPUT_BUFFER *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params || !params->inputBuffer)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_LOCK_INPUT_BUFFER_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    struct vg_input_buffer *buffer = params->inputBuffer;
    params->bufferDataPtr = buffer->input.data;
    params->pitch = (uint32_t)buffer->input.pitch;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_unlock_input(void *handle, NV_ENC_INPUT_PTR buffer)
{
    return vg_session(handle) && buffer ? NV_ENC_SUCCESS : NV_ENC_ERR_INVALID_PTR;
}

NVENCSTATUS vg_create_output(void *handle, NV_ENC_CREATE_BITSTREAM_BUFFER *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_CREATE_BITSTREAM_BUFFER_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    params->bitstreamBuffer = calloc(1, sizeof(struct vg_output_buffer));
    return params->bitstreamBuffer ? NV_ENC_SUCCESS : NV_ENC_ERR_OUT_OF_MEMORY;
}

NVENCSTATUS vg_destroy_output(void *handle, NV_ENC_OUTPUT_PTR buffer)
{
    struct vg_output_buffer *output = buffer;
    if (!vg_session(handle) || !output)
        return NV_ENC_ERR_INVALID_PTR;
    free(output->data);
    free(output);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_register(void *handle, NV_ENC_REGISTER_RESOURCE *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_REGISTER_RESOURCE_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    if (params->resourceType != NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR || !vg_format_is_known(params->bufferFormat))
        return vg_fail(session, NV_ENC_ERR_RESOURCE_REGISTER_FAILED, "The resource is not supported.");
    struct vg_input_buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return NV_ENC_ERR_OUT_OF_MEMORY;
    buffer->input = (struct vg_input){params->resourceToRegister, (int)params->pitch, (int)params->height,
                                      params->bufferFormat};
    params->registeredResource = buffer;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_unregister(void *handle, NV_ENC_REGISTERED_PTR resource)
{
    return vg_session(handle) ? free_input(resource) : NV_ENC_ERR_INVALID_PTR;
}

/* A registered resource is its own map. */
NVENCSTATUS vg_map(void *handle, NV_ENC_MAP_INPUT_RESOURCE *params)
{
    struct vg_nvenc *session = vg_session(handle);
    if (!session || !params || !params->registeredResource)
        return NV_ENC_ERR_INVALID_PTR;
    if (params->version != NV_ENC_MAP_INPUT_RESOURCE_VER)
        return vg_fail(session, NV_ENC_ERR_INVALID_VERSION, "Invalid version.");
    struct vg_input_buffer *buffer = params->registeredResource;
    params->mappedResource = buffer;
    params->mappedBufferFmt = buffer->input.format;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS vg_unmap(void *handle, NV_ENC_INPUT_PTR buffer)
{
    return vg_session(handle) && buffer ? NV_ENC_SUCCESS : NV_ENC_ERR_INVALID_PTR;
}
