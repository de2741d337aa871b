/*
 * libnvcuvid.so.1: a decoder that does not decode. It takes every picture, counts it and hands out a made-up one in its
 * place, so that what ffmpeg does around a GPU's decoder runs for real: arguments, formats, frame counts, errors.
 */
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>
#include <stdlib.h>
#include <string.h>

#include "cuda-context.h"
#include "frame-clock.h"
#include "state.h"

#define EXPORT __attribute__((visibility("default")))
#define MAX_SURFACES 64

/* Of libcuda.so.1, with which this library is linked. */
CUresult cuCtxGetCurrent(CUcontext *context);

static enum vg_decoder decoder_of(cudaVideoCodec codec)
{
    switch (codec) {
    case cudaVideoCodec_MPEG1:
    case cudaVideoCodec_MPEG2:
        return VG_DECODES_MPEG2;
    case cudaVideoCodec_MPEG4:
        return VG_DECODES_MPEG4;
    case cudaVideoCodec_VC1:
        return VG_DECODES_VC1;
    case cudaVideoCodec_H264:
        return VG_DECODES_H264;
    case cudaVideoCodec_HEVC:
        return VG_DECODES_HEVC;
    case cudaVideoCodec_VP8:
        return VG_DECODES_VP8;
    case cudaVideoCodec_VP9:
        return VG_DECODES_VP9;
    case cudaVideoCodec_AV1:
        return VG_DECODES_AV1;
    default:
        return VG_DECODERS;
    }
}

/* The GPU of the thread's context as it is now; null when there is none to decode on. */
static const struct vg_gpu *current_gpu(struct vg_config *config, CUcontext *context)
{
    if (cuCtxGetCurrent(context) != CUDA_SUCCESS || !*context || !vg_config_now(config) || config->driver_gone)
        return NULL;
    const struct vg_gpu *gpu = vg_find_gpu(config, (*context)->uuid);
    return gpu && !gpu->lost ? gpu : NULL;
}

static bool decodes(const struct vg_gpu *gpu, cudaVideoCodec codec, cudaVideoChromaFormat chroma, unsigned deeper)
{
    enum vg_decoder decoder = decoder_of(codec);
    bool deep = decoder == VG_DECODES_HEVC || decoder == VG_DECODES_VP9 || decoder == VG_DECODES_AV1;
    return decoder < VG_DECODERS && gpu->decoders[decoder] && chroma == cudaVideoChromaFormat_420 &&
           deeper <= (deep ? 2u : 0u);
}

EXPORT CUresult cuvidGetDecoderCaps(CUVIDDECODECAPS *caps)
{
    struct vg_config config;
    CUcontext context;
    const struct vg_gpu *gpu = current_gpu(&config, &context);
    if (!gpu)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    caps->bIsSupported = decodes(gpu, caps->eCodecType, caps->eChromaFormat, caps->nBitDepthMinus8);
    caps->nNumNVDECs = 1;
    caps->nOutputFormatMask =
        (unsigned short)(1 << (caps->nBitDepthMinus8 ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12));
    caps->nMaxWidth = caps->nMaxHeight = caps->eCodecType == cudaVideoCodec_H264 ? 4096 : 8192;
    caps->nMaxMBCount = caps->nMaxWidth / 16 * (caps->nMaxHeight / 16);
    caps->nMinWidth = caps->nMinHeight = 48;
    return CUDA_SUCCESS;
}

struct surface {
    uint8_t *memory;
    bool mapped;
};

struct decoder {
    struct CUctx_st *context;
    struct vg_gpu_state *record;
    cudaVideoCodec codec;
    int width, height, pitch, bytes;
    unsigned outputs;
    struct surface output[MAX_SURFACES];
    /* Place in the order of presentation, by index of the picture. */
    int place[MAX_SURFACES];
    int decoded;
};

static size_t surface_size(const struct decoder *it)
{
    return (size_t)it->pitch * (size_t)(it->height + (it->height + 1) / 2);
}

EXPORT CUresult cuvidCreateDecoder(CUvideodecoder *handle, CUVIDDECODECREATEINFO *info)
{
    struct vg_config config;
    CUcontext context;
    const struct vg_gpu *gpu = current_gpu(&config, &context);
    if (!gpu)
        return (CUresult)VG_CUDA_INVALID_CONTEXT;
    if (!decodes(gpu, info->CodecType, info->ChromaFormat, (unsigned)info->bitDepthMinus8))
        return (CUresult)VG_CUDA_NOT_SUPPORTED;
    if (vg_fault_taken(&config, gpu, VG_DECODER_FAILS))
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    struct vg_state *state = vg_state_of(&config);
    struct decoder *it = state ? calloc(1, sizeof *it) : NULL;
    if (!it)
        return (CUresult)VG_CUDA_OUT_OF_MEMORY;
    it->context = context;
    it->record = vg_gpu_state_of(state, gpu->uuid);
    it->codec = info->CodecType;
    it->width = (int)info->ulTargetWidth;
    it->height = (int)info->ulTargetHeight;
    it->bytes = info->OutputFormat == cudaVideoSurfaceFormat_P016 ? 2 : 1;
    it->pitch = (it->width * it->bytes + 511) & ~511;
    it->outputs = info->ulNumOutputSurfaces < MAX_SURFACES ? (unsigned)info->ulNumOutputSurfaces : MAX_SURFACES;
    for (unsigned at = 0; at < it->outputs; at++)
        it->output[at].memory = malloc(surface_size(it));
    *handle = it;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuvidDestroyDecoder(CUvideodecoder handle)
{
    struct decoder *it = handle;
    for (unsigned at = 0; at < it->outputs; at++)
        free(it->output[at].memory);
    free(it);
    return CUDA_SUCCESS;
}

/* Where the picture will be shown: its order count where the codec has one, else the order of decoding. */
static int place_of(const struct decoder *it, const CUVIDPICPARAMS *picture)
{
    if (it->codec == cudaVideoCodec_H264)
        return picture->CodecSpecific.h264.CurrFieldOrderCnt[0] / 2;
    if (it->codec == cudaVideoCodec_HEVC)
        return picture->CodecSpecific.hevc.CurrPicOrderCntVal;
    return it->decoded;
}

EXPORT CUresult cuvidDecodePicture(CUvideodecoder handle, CUVIDPICPARAMS *picture)
{
    struct decoder *it = handle;
    struct vg_config config;
    CUcontext context;
    if (picture->CurrPicIdx < 0 || picture->CurrPicIdx >= MAX_SURFACES || picture->nBitstreamDataLen == 0)
        return (CUresult)VG_CUDA_INVALID_VALUE;
    if (!current_gpu(&config, &context)) {
        atomic_store(&it->context->broken, VG_CUDA_LAUNCH_FAILED);
        return (CUresult)VG_CUDA_LAUNCH_FAILED;
    }
    it->place[picture->CurrPicIdx] = place_of(it, picture);
    if (!picture->second_field) {
        it->decoded++;
        vg_count_decoded(it->record);
    }
    return CUDA_SUCCESS;
}

EXPORT CUresult cuvidGetDecodeStatus(CUvideodecoder handle, int index, CUVIDGETDECODESTATUS *status)
{
    (void)handle, (void)index;
    memset(status, 0, sizeof *status);
    status->decodeStatus = cuvidDecodeStatus_Success;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuvidReconfigureDecoder(CUvideodecoder handle, CUVIDRECONFIGUREDECODERINFO *info)
{
    (void)handle, (void)info;
    return (CUresult)VG_CUDA_NOT_SUPPORTED;
}

static void put(uint8_t *row, int at, int bytes, int value)
{
    if (bytes == 1) {
        row[at] = (uint8_t)value;
    } else {
        uint16_t word = (uint16_t)(value << 8);
        memcpy(row + 2 * at, &word, sizeof word);
    }
}

/* A ramp with a bright bar that moves on by four pixels a picture. */
static void draw(const struct decoder *it, int place, uint8_t *memory)
{
    int bar = ((place % it->width + it->width) * 4) % it->width;
    for (int y = 0; y < it->height; y++)
        for (int x = 0; x < it->width; x++)
            put(memory + (size_t)y * (size_t)it->pitch, x, it->bytes,
                x >= bar && x < bar + 16 ? 220 : 40 + x * 120 / it->width + y * 40 / it->height);
    uint8_t *chroma = memory + (size_t)it->pitch * (size_t)it->height;
    for (int y = 0; y < (it->height + 1) / 2; y++)
        for (int x = 0; x < it->width; x++)
            put(chroma + (size_t)y * (size_t)it->pitch, x, it->bytes, x % 2 ? 118 : 138);
}

EXPORT CUresult cuvidMapVideoFrame64(CUvideodecoder handle, int index, unsigned long long *address, unsigned *pitch,
                                     CUVIDPROCPARAMS *params)
{
    struct decoder *it = handle;
    (void)params;
    if (index < 0 || index >= MAX_SURFACES)
        return (CUresult)VG_CUDA_INVALID_VALUE;
    for (unsigned at = 0; at < it->outputs; at++) {
        struct surface *output = &it->output[at];
        if (output->mapped || !output->memory)
            continue;
        draw(it, it->place[index], output->memory);
        output->mapped = true;
        *address = (unsigned long long)(uintptr_t)output->memory;
        *pitch = (unsigned)it->pitch;
        return CUDA_SUCCESS;
    }
    return (CUresult)VG_CUDA_MAP_FAILED;
}

EXPORT CUresult cuvidUnmapVideoFrame64(CUvideodecoder handle, unsigned long long address)
{
    struct decoder *it = handle;
    for (unsigned at = 0; at < it->outputs; at++)
        if (it->output[at].memory == (uint8_t *)(uintptr_t)address) {
            it->output[at].mapped = false;
            return CUDA_SUCCESS;
        }
    return (CUresult)VG_CUDA_INVALID_VALUE;
}

/* One process, one context: there is nobody to lock out. */
EXPORT CUresult cuvidCtxLockCreate(CUvideoctxlock *lock, CUcontext context)
{
    (void)context;
    *lock = malloc(1);
    return *lock ? CUDA_SUCCESS : (CUresult)VG_CUDA_OUT_OF_MEMORY;
}

EXPORT CUresult cuvidCtxLockDestroy(CUvideoctxlock lock)
{
    free(lock);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuvidCtxLock(CUvideoctxlock lock, unsigned int flags)
{
    (void)lock, (void)flags;
    return CUDA_SUCCESS;
}

EXPORT CUresult cuvidCtxUnlock(CUvideoctxlock lock, unsigned int flags)
{
    (void)lock, (void)flags;
    return CUDA_SUCCESS;
}

/* The parser and the file reader of the decoders that ffmpeg calls h264_cuvid and so on: required names, not served. */
#define ABSENT(name)                            \
    EXPORT CUresult name(void);                 \
    CUresult name(void)                         \
    {                                           \
        return (CUresult)VG_CUDA_NOT_SUPPORTED; \
    }

ABSENT(cuvidCreateVideoSource)
ABSENT(cuvidCreateVideoSourceW)
ABSENT(cuvidDestroyVideoSource)
ABSENT(cuvidSetVideoSourceState)
ABSENT(cuvidGetVideoSourceState)
ABSENT(cuvidGetSourceVideoFormat)
ABSENT(cuvidGetSourceAudioFormat)
ABSENT(cuvidCreateVideoParser)
ABSENT(cuvidParseVideoData)
ABSENT(cuvidDestroyVideoParser)
