/*
 * Names of libcuda.so.1 that a loader insists on and an encoder never calls: linking, OpenGL, arrays. Each
 * answers "not supported". Beside them the texts of errors.
 */
#include <ffnvcodec/dynlink_cuda.h>
#include <stddef.h>

#include "cuda-context.h"

#define EXPORT __attribute__((visibility("default")))
/* Called with their real arguments, which they do not look at. */
#define ABSENT(name)                         \
    EXPORT CUresult name(void);              \
    CUresult name(void)                      \
    {                                        \
        return (CUresult)VG_CUDA_NOT_SUPPORTED; \
    }

ABSENT(cuLinkCreate)
ABSENT(cuLinkAddData)
ABSENT(cuLinkComplete)
ABSENT(cuLinkDestroy)
ABSENT(cuModuleGetGlobal)
ABSENT(cuGLGetDevices_v2)
ABSENT(cuGraphicsGLRegisterImage)
ABSENT(cuGraphicsUnregisterResource)
ABSENT(cuGraphicsMapResources)
ABSENT(cuGraphicsUnmapResources)
ABSENT(cuGraphicsSubResourceGetMappedArray)
ABSENT(cuGraphicsResourceGetMappedPointer_v2)
ABSENT(cuArray3DCreate_v2)
ABSENT(cuArrayCreate_v2)
ABSENT(cuArrayDestroy)

static const struct {
    int code;
    const char *name, *text;
} errors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {VG_CUDA_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {VG_CUDA_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {VG_CUDA_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {VG_CUDA_NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {VG_CUDA_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {VG_CUDA_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {VG_CUDA_MAP_FAILED, "CUDA_ERROR_MAP_FAILED", "mapping of buffer object failed"},
    {VG_CUDA_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {VG_CUDA_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {VG_CUDA_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

static CUresult find_error(CUresult error, const char **name, const char **text)
{
    for (size_t at = 0; at < sizeof errors / sizeof *errors; at++)
        if (errors[at].code == (int)error) {
            *name = errors[at].name;
            *text = errors[at].text;
            return CUDA_SUCCESS;
        }
    *name = *text = NULL;
    return (CUresult)VG_CUDA_INVALID_VALUE;
}

EXPORT CUresult cuGetErrorName(CUresult error, const char **name)
{
    const char *text;
    return find_error(error, name, &text);
}

EXPORT CUresult cuGetErrorString(CUresult error, const char **text)
{
    const char *name;
    return find_error(error, &name, text);
}
