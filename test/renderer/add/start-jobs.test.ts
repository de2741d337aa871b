import { describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../../src/common/source.ts';
import { startable } from '../../../src/renderer/add/start-jobs.ts';
import type { AddItem, AddStage } from '../../../src/renderer/stores/add-store.ts';
import { text } from '../../../src/renderer/text/en.ts';

function item(key: number, stage: AddStage): AddItem {
  return { key, name: `clip-${key}.mp4`, sizeBytes: null, file: null, stage, promised: null };
}

describe('Start', () => {
  it('adds what is there, promises what is still on its way, and leaves out what cannot be encoded', () => {
    const { now, later } = startable([
      item(1, { kind: 'ready', path: '/a', info: {} as SourceInfo }),
      item(2, { kind: 'uploading', fraction: 0.5 }),
      item(3, { kind: 'refused', problem: text.problems.nothingInFolder }),
      item(4, { kind: 'waiting' }),
      item(5, { kind: 'folder', path: '/films' }),
      item(6, { kind: 'reading', path: '/b' }),
      item(7, { kind: 'upload-failed', problem: text.problems.uploadBroken }),
    ]);
    expect(now).toEqual(['/a', '/films', '/b']);
    expect(later).toEqual([2, 4]);
  });
});
