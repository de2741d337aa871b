import { describe, expect, it } from 'vitest';
import { JobTracker } from '../../src/cli/job-tracker.ts';
import { textReporter } from '../../src/cli/text-reporter.ts';
import { jobOf } from './engine-double.ts';

/** A terminal that understands what the display sends: line ends, cursor up, erase to the end. */
class ScreenDouble {
  readonly isInteractive: boolean;
  #lines: string[] = [''];
  constructor(isInteractive: boolean) {
    this.isInteractive = isInteractive;
  }
  size() {
    return { columns: 60, rows: 6 };
  }
  out(text: string): void {
    for (const part of text.replaceAll('\u001b[', '␛').split(/(\n|␛\d+A|\r|␛J)/)) {
      const up = /^␛(\d+)A$/.exec(part);
      if (part === '\n') this.#lines.push('');
      else if (up !== null) this.#lines = this.#lines.slice(0, this.#lines.length - Number(up[1]));
      else if (part === '\r') this.#lines[this.#lines.length - 1] = '';
      else if (part !== '␛J') this.#lines[this.#lines.length - 1] += part;
    }
  }
  err(text: string): void {
    this.out(text);
  }
  get text(): string[] {
    return this.#lines;
  }
}

const metadata = {
  gpuEnabled: false,
  gpuDevice: null,
  gpuCodec: null,
  gpuFallback: true,
  fallbackReason: 'There is none.',
  processingTimeSeconds: 1,
  processingSpeed: 1,
};
const running = (id: string, fraction: number) =>
  jobOf({ id, status: 'running', progress: { fraction, fps: 10, speedX: 1, etaMs: 1000 } });

describe('on a terminal', () => {
  it('draws bars in place and lets results scroll by above them', () => {
    const screen = new ScreenDouble(true);
    const reporter = textReporter(screen);
    const tracker = new JobTracker([jobOf({ id: '1' }), jobOf({ id: '2' }), jobOf({ id: '3' })], {
      followNew: false,
    });
    tracker.see(running('1', 0.2));
    tracker.see(running('2', 0.4));
    reporter.settled(tracker, null);
    expect(screen.text).toEqual([
      expect.stringMatching(/^1\.mov .* 20 %/),
      expect.stringMatching(/^2\.mov .* 40 %/),
      '1 waiting',
      '',
    ]);
    for (const change of tracker.see(jobOf({ id: '1', status: 'cancelled' }))) reporter.changed(change);
    reporter.settled(tracker, null);
    expect(screen.text).toEqual([
      'cancelled  /clips/1.mov',
      expect.stringMatching(/^2\.mov .* 40 %/),
      '1 waiting',
      '',
    ]);
    reporter.close();
    expect(screen.text).toEqual(['cancelled  /clips/1.mov', '']);
  });

  it('never draws more lines than the window has', () => {
    const screen = new ScreenDouble(true);
    const jobs = Array.from({ length: 20 }, (_, i) => running(String(i + 1), 0.5));
    const tracker = new JobTracker(jobs, { followNew: false });
    for (const job of jobs) tracker.see({ ...job });
    for (const job of jobs) tracker.see(jobOf({ id: job.id, status: 'queued' }));
    for (const job of jobs) tracker.see(job);
    textReporter(screen).settled(tracker, null);
    expect(screen.text.length).toBeLessThanOrEqual(6);
  });
});

describe('without one', () => {
  it('mentions progress now and then, a line each, and moves no cursor', () => {
    const screen = new ScreenDouble(false);
    const reporter = textReporter(screen);
    for (let percent = 0; percent <= 100; percent += 1) {
      const job = running('1', percent / 100);
      reporter.changed({ kind: 'progress', job, progress: job.progress });
    }
    expect(screen.text.map((line) => line.slice(0, 4).trim())).toEqual(['25 %', '50 %', '75 %', '']);
  });

  it('tells the same reason for doing without a GPU once', () => {
    const screen = new ScreenDouble(false);
    const reporter = textReporter(screen);
    for (const id of ['1', '2', '3']) {
      reporter.changed({ kind: 'ended', job: jobOf({ id, status: 'done', metadata }) });
    }
    expect(screen.text.filter((line) => line.includes('No GPU was used'))).toHaveLength(1);
  });
});

describe('a job that waits for something that may never come', () => {
  const waiting = (waitingFor: string | null) => jobOf({ id: '1', status: 'queued', waitingFor });

  it('is told once where lines are plain', () => {
    const screen = new ScreenDouble(false);
    const reporter = textReporter(screen);
    const tracker = new JobTracker([waiting(null)], { followNew: false });
    for (const job of [waiting('a GPU that can encode this'), waiting('a GPU that can encode this')]) {
      for (const change of tracker.see(job)) reporter.changed(change);
      reporter.settled(tracker, null);
    }
    expect(screen.text).toEqual(['Waiting for a GPU that can encode this.', '']);
  });

  it('stays below the bars on a terminal, until it waits no more', () => {
    const screen = new ScreenDouble(true);
    const reporter = textReporter(screen);
    const tracker = new JobTracker([waiting(null)], { followNew: false });
    tracker.see(waiting('a GPU that can encode this'));
    reporter.settled(tracker, null);
    expect(screen.text).toEqual(['1 waiting for a GPU that can encode this', '']);
    tracker.see(running('1', 0.5));
    reporter.settled(tracker, null);
    expect(screen.text).toEqual([expect.stringMatching(/^1\.mov .* 50 %/), '']);
  });

  it('is a change of its own for scripts', () => {
    const tracker = new JobTracker([waiting(null)], { followNew: false });
    expect(tracker.see(waiting('a GPU that can encode this'))).toMatchObject([
      { kind: 'waiting', waitingFor: 'a GPU that can encode this' },
    ]);
    expect(tracker.see(waiting('a GPU that can encode this'))).toEqual([]);
  });
});
