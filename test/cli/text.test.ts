import { describe, expect, it } from 'vitest';
import { alignColumns, displayWidth, ellipsize } from '../../src/cli/text/columns.ts';
import { fileName, jobDetails, jobResultText, jobTable, quoteArgument } from '../../src/cli/text/job-text.ts';
import { jsonLine, printable } from '../../src/cli/text/printable.ts';
import { jobOf } from './engine-double.ts';

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('%s takes %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('cuts between characters, never inside one', () => {
    for (let width = 1; width < 14; width += 1) {
      const cut = ellipsize('日本語👩‍👩‍👧日本語', width);
      expect(displayWidth(cut)).toBeLessThanOrEqual(width);
      expect(cut).toMatch(/^(日|本|語|👩‍👩‍👧|…)*$/u);
    }
  });

  it('aligns a table by what is seen, not by bytes', () => {
    expect(
      alignColumns([
        ['日本', 'x'],
        ['abc', 'y'],
      ]),
    ).toEqual(['日本  x', 'abc   y']);
  });
});

describe('untrusted text', () => {
  it('loses what a terminal would obey', () => {
    expect(printable('a\u001b]0;title\u0007b\r\nc\u2066d')).toBe(
      'a\u{fffd}]0;title\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}d',
    );
  });

  it('keeps every letter and sign of ordinary names', () => {
    const name = `Ünïcode – "quotes" 'and' $(dollars) 日本語 👩‍👩‍👧.mkv`;
    expect(printable(name)).toBe(name);
  });

  it('is the same value after a JSON line, on which nothing is left to obey', () => {
    const value = { name: 'a\u009b31m\u007f\u2028\nb' };
    expect(jsonLine(value)).toMatch(/^[^\p{Cc}\u2028]*$/u);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});

it.each([
  ['/a/b.mov', 'b.mov'],
  ['C:\\films\\b.mov', 'b.mov'],
  ['/a/folder/', 'folder'],
])('the name in %s is %s', (path, name) => {
  expect(fileName(path)).toBe(name);
});

it.each([
  ['plain-1.mp4', 'plain-1.mp4'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(rm)', "'$(rm)'"],
  ['', "''"],
])('%s as a shell would want it is %s', (argument, quoted) => {
  expect(quoteArgument(argument)).toBe(quoted);
});

describe('a job that is done', () => {
  const done = jobOf({
    id: '1',
    status: 'done',
    output: {
      path: '/clips/1-h264.mp4',
      sizeBytes: 250_000,
      durationMs: 9000,
      notes: [{ streamIndex: 3, kind: 'subtitle', action: 'dropped', reason: 'MP4 cannot hold it.' }],
    },
    metadata: {
      gpuEnabled: false,
      gpuDevice: null,
      gpuCodec: null,
      gpuFallback: true,
      fallbackReason: 'No GPU can encode AV1.',
      processingTimeSeconds: 3,
      processingSpeed: 3,
    },
  });

  it('tells what came out, how fast, and everything that was not kept', () => {
    expect(jobResultText(done)).toBe(
      [
        'done  /clips/1.mov',
        '  → /clips/1-h264.mp4',
        '  1.00 MB → 250 kB (−75 %), 3.0 s at 3.0×, CPU',
        '  dropped subtitle stream 3: MP4 cannot hold it.',
        '',
      ].join('\n'),
    );
  });

  it('tells why no GPU did it where all is told', () => {
    expect(jobDetails(done)).toContain('No GPU was used: No GPU can encode AV1.\n');
  });

  it('is one line in the table', () => {
    const counts = { queued: 0, running: 0, paused: 0, done: 1, failed: 0, cancelled: 0 };
    const table = jobTable({
      jobs: [done],
      total: 1,
      summary: { counts, total: 1, isPaused: true, etaMs: null },
    });
    expect(table).toContain('1   done    h264    auto    1.mov   250 kB (−75 %)');
    expect(table).toContain('The queue is paused.');
  });
});

it('tells a failure with its reason, next step and the first of the tool’s own words', () => {
  const error = {
    code: 'source-corrupt' as const,
    message: 'The file is damaged.',
    nextStep: 'Get an intact copy.',
    detail: 'moov atom not found\nmore',
  };
  expect(jobResultText(jobOf({ id: '1', status: 'failed', error }))).toBe(
    'failed  /clips/1.mov\n  The file is damaged.\n  Get an intact copy.\n  moov atom not found\n',
  );
});

it('shows the command of each attempt so that it can be pasted', () => {
  const attempts = [
    {
      device: 'cpu' as never,
      argv: ['ffmpeg', '-i', 'file:/a b.mov'],
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: null,
      exitCode: 1,
      error: null,
      deviceName: 'Some CPU',
      fallback: null,
    },
  ];
  expect(jobDetails(jobOf({ id: '1', attempts }))).toContain(
    "Attempt 1 on Some CPU, exit code 1\n  ffmpeg -i 'file:/a b.mov'\n",
  );
});
