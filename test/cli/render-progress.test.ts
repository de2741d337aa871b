import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/text/columns.ts';
import { type ProgressRow, renderProgress } from '../../src/cli/text/render-progress.ts';

const row = (name: string, fraction: number): ProgressRow => ({
  name,
  isPaused: false,
  progress: { fraction, fps: 212.4, speedX: 7.08, etaMs: 12_000 },
});

describe('renderProgress', () => {
  it('shows name, bar, percent, speed, frame rate and ETA where there is room', () => {
    const [line] = renderProgress([row('car.mp4', 0.5)], 120);
    expect(line).toBe('car.mp4     ████████████░░░░░░░░░░░░   50 %    7.1×    212 fps       12 s left');
  });

  it('lines several jobs up', () => {
    const lines = renderProgress([row('a.mp4', 0.05), row('a-much-longer-name.mp4', 1)], 120);
    expect(new Set(lines.map((line) => line.indexOf(' fps'))).size).toBe(1);
  });

  it.each([20, 30, 40, 50, 60, 80, 100, 200])(
    'fits a terminal of %i columns with the percent in sight',
    (width) => {
      const names = [
        'x.mp4',
        'a name of more than forty-eight columns that has to be cut somewhere.mp4',
        '日本語の動画ファイル名.mkv',
      ];
      const lines = renderProgress(
        names.map((name) => row(name, 0.42)),
        width,
      );
      for (const line of lines) {
        expect(displayWidth(line)).toBeLessThan(width);
        expect(line).toContain('42 %');
      }
    },
  );

  it.each([0, 1, 2, 5])('survives a terminal of %i columns', (width) => {
    for (const line of renderProgress([row('name.mp4', 0.42)], width)) {
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(1, width));
    }
  });

  it('keeps the beginning and the extension of a long name', () => {
    const [line] = renderProgress([row(`begin${'x'.repeat(200)}end.mp4`, 0.1)], 60);
    expect(line).toMatch(/^begin.*….*end\.mp4 /);
  });

  it('never sends control characters or turned text of a file name to the terminal', () => {
    const name = 'a\u001b[2Jb\nc\u0007d\u009b31me\u202ef.mp4';
    const [line] = renderProgress([row(name, 0.1)], 100);
    expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(line).toContain('f.mp4');
  });

  it('says that a job stands still', () => {
    const [line] = renderProgress([{ ...row('a.mp4', 0.3), isPaused: true }], 100);
    expect(line).toContain('paused');
  });

  it('shows what is not known as a dash', () => {
    const progress = { fraction: 0, fps: null, speedX: null, etaMs: null };
    const [line] = renderProgress([{ name: 'a.mp4', isPaused: false, progress }], 100);
    expect(line?.split('–')).toHaveLength(4);
  });

  it('keeps to whole bars for a fraction beyond its bounds', () => {
    const [line] = renderProgress([row('a.mp4', 1.2)], 100);
    expect(line).toContain('█'.repeat(24));
    expect(line).not.toContain('█'.repeat(25));
  });
});
