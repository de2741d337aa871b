import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ffmpeg } from '../support/clips.ts';
import { startVirtualMachine, type VirtualGpu, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, ended, ffmpegOn, probe } from './on-machine.ts';

const GPU = 'GPU-11111111-0000-4000-8000-000000000001';

/**
 * ffmpeg sizes the decoder's pool by the stream and its own threads, not by what NVENC keeps: on few cores the pool runs
 * out, frames are dropped and the exit code is 0 all the same.
 */
const ON_GPU = ['-hwaccel', 'cuda', '-hwaccel_output_format', 'cuda', '-extra_hw_frames', '16'];

describeOnVirtualGpu('decoding on a virtual GPU', () => {
  let machine: VirtualMachine;
  let folder: string;
  const clip = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-virtual-decode-'));
    machine = await startVirtualMachine({ system: {}, gpus: [{ uuid: GPU }] });
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=2'];
    ffmpeg(...picture, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-bf', '3', clip('h264.mp4'));
    ffmpeg(
      ...picture,
      '-pix_fmt',
      'yuv420p10le',
      '-c:v',
      'libx265',
      '-x265-params',
      'log-level=none',
      clip('hevc.mkv'),
    );
    ffmpeg(...picture, '-pix_fmt', 'yuv420p', '-c:v', 'mpeg2video', clip('mpeg2.ts'));
  });
  afterAll(async () => {
    await machine?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  function shape(change: Partial<VirtualGpu>): void {
    machine.configure((now) => ({ ...now, gpus: [{ uuid: GPU, ...change }] }));
  }

  const result = () => clip('result.mkv');
  const convert = (input: string, args: string[], before: string[] = ON_GPU) =>
    ended(ffmpegOn(machine, ['-v', 'warning', ...before, '-i', clip(input), ...args, result()]));

  it.each([
    ['h264.mp4', 'h264_nvenc', 'yuv420p'],
    ['hevc.mkv', 'hevc_nvenc', 'yuv420p10le'],
    ['mpeg2.ts', 'hevc_nvenc', 'yuv420p'],
  ])('%s to %s: pictures stay on the GPU, and none is lost', async (input, codec, format) => {
    shape({});
    const before = (await machine.state()).gpus[0]?.framesDecoded ?? 0;
    expect(await convert(input, ['-c:v', codec, '-bf', '2'])).toMatchObject({ code: 0, stderr: '' });
    const { stream, types } = await probe(result());
    expect(types).toHaveLength(50);
    expect(stream).toMatchObject({ width: 320, height: 240, pix_fmt: format });
    expect((await machine.state()).gpus[0]?.framesDecoded).toBe(before + 50);
  });

  it('what is decoded there may be scaled and encoded on the CPU, as on a GPU without NVENC', async () => {
    shape({ nvenc: false });
    const args = ['-vf', 'scale=160:-2', '-c:v', 'libx264', '-preset', 'ultrafast'];
    expect(await convert('h264.mp4', args, ['-hwaccel', 'cuda'])).toMatchObject({ code: 0 });
    expect((await probe(result())).types).toHaveLength(50);
  });

  it('pictures can be taken from the GPU and brought back', async () => {
    shape({});
    const args = ['-vf', 'hwdownload,format=nv12,scale=160:-2,hwupload_cuda', '-c:v', 'h264_nvenc'];
    expect(await convert('h264.mp4', args)).toMatchObject({ code: 0 });
    expect((await probe(result())).stream).toMatchObject({ width: 160, height: 120 });
  });

  it.each([
    ['h264.mp4', 'nv12', 'h264_nvenc', 'yuv420p'],
    ['hevc.mkv', 'p010le', 'hevc_nvenc', 'yuv420p10le'],
    ['hevc.mkv', 'nv12', 'h264_nvenc', 'yuv420p'],
  ])(
    '%s is scaled to %s on the GPU, between its decoder and its encoder',
    async (input, format, codec, coded) => {
      shape({});
      const args = ['-vf', `scale_cuda=160:120:format=${format}`, '-c:v', codec];
      expect(await convert(input, args)).toMatchObject({ code: 0, stderr: '' });
      const { stream, types } = await probe(result());
      expect(types).toHaveLength(50);
      expect(stream).toMatchObject({ width: 160, height: 120, pix_fmt: coded });
    },
  );

  it('scale_cuda really scales the picture', async () => {
    shape({});
    const onGpu = 'format=yuv420p,hwupload_cuda,scale_cuda=160:120,hwdownload,format=yuv420p';
    const compare = `[0:v]split[x][y];[x]${onGpu}[a];[y]scale=160:120:flags=bilinear,format=yuv420p[b];[a][b]psnr`;
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=0.4'];
    const { stderr } = await ended(
      ffmpegOn(machine, ['-v', 'info', ...picture, '-lavfi', compare, '-f', 'null', '-']),
    );
    expect(Number(/average:([\d.]+)/.exec(stderr)?.[1])).toBeGreaterThan(30);
  });

  it.each([
    ['a codec that the decoder lacks', { decoders: 'hevc' }, 'Hardware is lacking required capabilities'],
    [
      'a decoder that cannot be made',
      { decoderFails: true },
      'decoder->cvdl->cuvidCreateDecoder(&decoder->decoder, params) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    ],
  ])('%s is told, and ffmpeg decodes on the CPU', async (_title, change, text) => {
    shape(change);
    const { code, lines } = await convert(
      'h264.mp4',
      ['-c:v', 'h264_nvenc', '-pix_fmt', 'yuv420p'],
      ['-hwaccel', 'cuda'],
    );
    expect(code).toBe(0);
    expect(lines.slice(0, 2)).toEqual([
      `[h264] ${text}`,
      '[h264] Failed setup for format cuda: hwaccel initialisation returned error.',
    ]);
    expect((await probe(result())).types).toHaveLength(50);
  });
});
