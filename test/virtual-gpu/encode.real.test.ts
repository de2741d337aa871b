import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, ended, ffmpegOn, probe, testPicture } from './on-machine.ts';

describeOnVirtualGpu('an unmodified ffmpeg encodes on a virtual GPU', () => {
  let machine: VirtualMachine;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-virtual-encode-'));
    machine = await startVirtualMachine({
      system: { driverVersion: '595.80' },
      gpus: [{ uuid: 'GPU-11111111-0000-4000-8000-000000000001' }],
    });
  });
  afterAll(async () => {
    await machine?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  async function encode(name: string, args: string[], seconds = 2) {
    const file = join(folder, name);
    const { code, stderr } = await ended(ffmpegOn(machine, [...testPicture(seconds), ...args, file]));
    expect([code, stderr]).toEqual([0, '']);
    return { file, video: await probe(file) };
  }

  /** How close a result is to what went in, in dB; swapped or shifted planes give less than 20. */
  async function likeness(file: string): Promise<number> {
    const compare = '[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]psnr';
    const args = ['-v', 'info', '-i', file, ...testPicture(2), '-lavfi', compare, '-f', 'null', '-'];
    const { stderr } = await ended(ffmpegOn(machine, args));
    return Number(/average:([\d.]+)/.exec(stderr)?.[1]);
  }

  it.each([
    ['h264', 'mp4', 'yuv420p', 'high', 'High', 'yuv420p'],
    ['h264', 'mkv', 'nv12', 'main', 'Main', 'yuv420p'],
    ['hevc', 'mkv', 'yuv420p', 'main', 'Main', 'yuv420p'],
    ['hevc', 'mp4', 'p010le', 'main10', 'Main 10', 'yuv420p10le'],
    ['hevc', 'mp4', 'yuv444p', 'rext', 'Rext', 'yuv444p'],
  ])('%s in %s from %s is %s', async (codec, container, format, profile, shown, decoded) => {
    const args = [
      '-pix_fmt',
      format,
      '-c:v',
      `${codec}_nvenc`,
      '-profile:v',
      profile,
      '-rc',
      'vbr',
      '-cq',
      '20',
    ];
    const { file, video } = await encode(`${codec}-${format}.${container}`, [...args, '-b:v', '0']);
    expect(video.stream).toMatchObject({ codec_name: codec, profile: shown, pix_fmt: decoded, width: 256 });
    expect(video.types).toHaveLength(50);
    expect(await likeness(file)).toBeGreaterThan(35);
  });

  it.each([
    ['h264_nvenc', 0],
    ['h264_nvenc', 3],
    ['hevc_nvenc', 1],
    ['hevc_nvenc', 5],
  ])('%s with %d B-frames really reorders, and every frame arrives once', async (codec, count) => {
    const args = ['-pix_fmt', 'yuv420p', '-c:v', codec, '-bf', `${count}`, '-b_ref_mode', 'middle'];
    const { video } = await encode(`${codec}-${count}.mp4`, args);
    expect(video.types.startsWith(`I${'B'.repeat(count)}P${'B'.repeat(count)}P`)).toBe(true);
    expect(new Set(video.packets.map((packet) => packet.pts)).size).toBe(50);
    const decoding = video.packets.map((packet) => packet.dts);
    expect(decoding).toEqual([...decoding].sort((a, b) => a - b));
    expect(new Set(decoding).size).toBe(50);
    expect(video.packets.filter((packet) => packet.pts < packet.dts)).toEqual([]);
    const presented = video.packets.map((packet) => packet.pts);
    expect(presented.some((pts, at) => pts < (presented[at - 1] ?? pts))).toBe(count > 0);
  });

  it.each(['h264_nvenc', 'hevc_nvenc'])(
    '%s: an IDR where one is forced and at every GOP, nowhere else',
    async (codec) => {
      const base = ['-pix_fmt', 'yuv420p', '-c:v', codec];
      const times = ['-force_key_frames', '0.4,1.2'];
      const forced = await encode('forced.mp4', [...base, ...times, '-forced-idr', '1']);
      expect(forced.video.packets.flatMap(({ key, pts }) => (key ? [pts] : []))).toEqual(
        [0, 0.4, 1.2].map((seconds) => seconds * 12800),
      );
      // Without -forced-idr ffmpeg asks for an I picture, which is no place to cut.
      const intra = await encode('intra.mp4', [...base, ...times]);
      expect(intra.video.packets.filter(({ key }) => key)).toHaveLength(1);
      expect(intra.video.types.match(/I/g)).toHaveLength(3);
      const regular = await encode('regular.mp4', [...base, '-g', '12', '-bf', '2']);
      expect(regular.video.packets.filter(({ key }) => key)).toHaveLength(5);
    },
  );

  it('rate control is followed: a target bit rate, a cap, a constant QP', async () => {
    const size = async (args: string[]) => {
      const { video } = await encode('rate.mp4', ['-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', ...args], 4);
      return Number(video.stream['bit_rate']);
    };
    const [low, high] = [await size(['-b:v', '200k']), await size(['-b:v', '800k'])];
    expect(low).toBeLessThan(400_000);
    expect(high).toBeGreaterThan(2 * low);
    const [coarse, fine] = [
      await size(['-rc', 'constqp', '-qp', '35']),
      await size(['-rc', 'constqp', '-qp', '18']),
    ];
    expect(fine).toBeGreaterThan(2 * coarse);
  });

  it.each(['p1', 'p3', 'p5', 'p7'])(
    'preset %s, with look-ahead, adaptive quantization and two passes',
    async (preset) => {
      const more = [
        '-rc-lookahead',
        '20',
        '-spatial-aq',
        '1',
        '-temporal-aq',
        '1',
        '-multipass',
        'fullres',
        '-tune',
        'hq',
      ];
      const args = ['-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', '-preset', preset, ...more];
      const { video } = await encode(`${preset}.mp4`, args, 1);
      expect(video.types).toHaveLength(25);
    },
  );

  it('MPEG-TS and HLS get their parameter sets in the stream', async () => {
    const args = ['-pix_fmt', 'yuv420p', '-c:v', 'hevc_nvenc', '-g', '25', '-hls_time', '1', '-f', 'hls'];
    const { video } = await encode('list.m3u8', args);
    expect(video.types).toHaveLength(50);
    const { video: second } = { video: await probe(join(folder, 'list1.ts')) };
    expect(second.types).toMatch(/^I/);
    expect(second.types).toHaveLength(25);
  });

  it('a level, a shape of samples and colours are written as asked', async () => {
    const colours = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'];
    const args = [
      '-vf',
      'setsar=4/3',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'h264_nvenc',
      '-level',
      '4.1',
      ...colours,
    ];
    const { video } = await encode('described.mp4', args, 1);
    expect(video.stream).toMatchObject({ level: 41, sample_aspect_ratio: '4:3', color_space: 'bt709' });
  });

  it('one frame is a film as well', async () => {
    const args = ['-frames:v', '1', '-pix_fmt', 'yuv420p', '-c:v', 'hevc_nvenc', '-bf', '4'];
    const { video } = await encode('one.mp4', args);
    expect(video.types).toBe('I');
  });
});
