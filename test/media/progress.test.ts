import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProgressReader, type ProgressSample } from '../../src/engine/media/progress.ts';

/** Feeds one block and returns the sample that its last line gave. */
function block(reader: ProgressReader, lines: Record<string, string | number>, nowMs: number, end = false) {
  let sample: ProgressSample | null = null;
  for (const [key, value] of Object.entries(lines)) {
    sample = reader.push(`${key}=${value}`, nowMs);
    expect(sample).toBeNull();
  }
  sample = reader.push(`progress=${end ? 'end' : 'continue'}`, nowMs);
  if (!sample) throw new Error('no sample at the end of a block');
  return sample;
}

const SECOND_US = 1_000_000;

describe('ProgressReader', () => {
  it('gives a sample once per block, read from a real block of ffmpeg 5.1', () => {
    const reader = new ProgressReader({ durationMs: 4000, frameCount: null });
    const sample = block(
      reader,
      {
        frame: 50,
        fps: '0.00',
        stream_0_0_q: '-1.0',
        bitrate: ' 302.3kbits/s',
        total_size: 76345,
        out_time_us: 2020136,
        out_time_ms: 2020136,
        out_time: '00:00:02.020136',
        dup_frames: 0,
        drop_frames: 0,
        speed: ' 5.4x',
      },
      1000,
    );
    expect(sample.outTimeMs).toBeCloseTo(2020.136);
    expect(sample.frame).toBe(50);
    expect(sample.totalSizeBytes).toBe(76345);
    expect(sample.ended).toBe(false);
    expect(sample.progress.fraction).toBeCloseTo(0.505, 3);
    expect(sample.progress.speedX).toBe(5.4);
    expect(sample.progress.fps).toBeNull();
  });

  it('reads N/A as not known, as ffmpeg 7 prints until the first packet', () => {
    const reader = new ProgressReader({ durationMs: 2000, frameCount: null });
    const sample = block(
      reader,
      {
        frame: 24,
        fps: '0.00',
        bitrate: 'N/A',
        total_size: 'N/A',
        out_time_us: 'N/A',
        out_time_ms: 'N/A',
        speed: 'N/A',
      },
      0,
    );
    expect(sample).toEqual({
      progress: { fraction: 0, fps: null, speedX: null, etaMs: null },
      outTimeMs: 0,
      frame: 24,
      totalSizeBytes: null,
      ended: false,
    });
  });

  it('takes a negative or absurd out_time at the start as zero', () => {
    const reader = new ProgressReader({ durationMs: 2000, frameCount: null });
    expect(block(reader, { out_time_us: -21333 }, 0).outTimeMs).toBe(0);
    expect(block(reader, { out_time_us: '-9223372036854775807' }, 500).progress.fraction).toBe(0);
  });

  it('reads out_time_ms of 2018 builds as the microseconds that it holds', () => {
    const reader = new ProgressReader({ durationMs: 4000, frameCount: null });
    expect(block(reader, { out_time_ms: 2 * SECOND_US }, 0).progress.fraction).toBeCloseTo(0.5);
  });

  it('falls back to the frame count when the duration is not known, and to zero when nothing is', () => {
    const counted = new ProgressReader({ durationMs: null, frameCount: 200 });
    expect(block(counted, { frame: 50, out_time_us: SECOND_US }, 0).progress.fraction).toBeCloseTo(0.25);
    const unknown = new ProgressReader({ durationMs: null, frameCount: null });
    const sample = block(unknown, { frame: 50, out_time_us: SECOND_US }, 0);
    expect(sample.progress.fraction).toBe(0);
    expect(sample.progress.etaMs).toBeNull();
    expect(sample.outTimeMs).toBe(1000);
  });

  it('never exceeds 1 and never goes backwards, whatever comes', () => {
    const values = fc.array(
      fc.record({
        us: fc.oneof(fc.integer({ min: -5_000_000, max: 50_000_000 }), fc.constant('N/A')),
        frame: fc.integer({ min: 0, max: 100_000 }),
        stepMs: fc.integer({ min: 0, max: 5000 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(values, (blocks) => {
        const reader = new ProgressReader({ durationMs: 20_000, frameCount: 500 });
        let before = 0;
        let now = 0;
        for (const { us, frame, stepMs } of blocks) {
          now += stepMs;
          const { progress } = block(reader, { frame, out_time_us: us }, now);
          expect(progress.fraction).toBeGreaterThanOrEqual(before);
          expect(progress.fraction).toBeLessThanOrEqual(1);
          for (const rate of [progress.fps, progress.speedX, progress.etaMs]) {
            expect(rate === null || (Number.isFinite(rate) && rate >= 0)).toBe(true);
          }
          before = progress.fraction;
        }
      }),
    );
  });

  it('measures the ETA from the recent rate: after a slow first minute the fast part counts', () => {
    const reader = new ProgressReader({ durationMs: 100_000, frameCount: null });
    let now = 0;
    let outMs = 0;
    let last: ProgressSample | null = null;
    // A minute at a tenth of playback speed, then 15 s at twice playback speed.
    for (; now < 60_000; now += 500, outMs += 50) last = block(reader, { out_time_us: outMs * 1000 }, now);
    for (; now < 75_000; now += 500, outMs += 1000) last = block(reader, { out_time_us: outMs * 1000 }, now);
    const leftMs = 100_000 - (last?.outTimeMs ?? 0);
    expect(last?.progress.speedX).toBeCloseTo(2, 5);
    expect(last?.progress.etaMs).toBeCloseTo(leftMs / 2, -1);
  });

  it('measures frames per second from the frames of the recent past', () => {
    const reader = new ProgressReader({ durationMs: 100_000, frameCount: null });
    block(reader, { frame: 0, fps: '0.00', out_time_us: 0 }, 0);
    const sample = block(reader, { frame: 30, fps: '900', out_time_us: SECOND_US }, 1000);
    expect(sample.progress.fps).toBeCloseTo(30);
    expect(sample.progress.speedX).toBeCloseTo(1);
    expect(sample.progress.etaMs).toBe(99_000);
  });

  it('does not take a pause for slowness once told that the process goes on', () => {
    const reader = new ProgressReader({ durationMs: 100_000, frameCount: null });
    block(reader, { out_time_us: 0 }, 0);
    block(reader, { out_time_us: 10 * SECOND_US }, 5000);
    reader.resumed();
    block(reader, { out_time_us: 10 * SECOND_US }, 3_605_000);
    const sample = block(reader, { out_time_us: 12 * SECOND_US }, 3_606_000);
    expect(sample.progress.speedX).toBeCloseTo(2);
    expect(sample.progress.etaMs).toBe(44_000);
  });

  it('says that the last block ended the run without claiming that all was done', () => {
    const reader = new ProgressReader({ durationMs: 10_000, frameCount: null });
    const sample = block(reader, { out_time_us: 3 * SECOND_US }, 0, true);
    expect(sample.ended).toBe(true);
    expect(sample.progress.fraction).toBeCloseTo(0.3);
  });

  it('passes over lines that are not key=value', () => {
    const reader = new ProgressReader({ durationMs: 1000, frameCount: null });
    for (const line of ['', 'garbage', '=x', 'frame= 12 fps=3 q=1']) expect(reader.push(line, 0)).toBeNull();
  });
});
