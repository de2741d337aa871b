import { describe, expect, test } from 'vitest';
import type { EncoderProof } from '../../src/common/device.ts';
import type { DeviceId } from '../../src/common/ids.ts';
import { Settings } from '../../src/common/settings.ts';
import { openDatabase } from '../../src/engine/queue/database.ts';
import { KnownGpuStore } from '../../src/engine/queue/known-gpu-store.ts';
import { PresetStore } from '../../src/engine/queue/preset-store.ts';
import { ProbeStore } from '../../src/engine/queue/probe-store.ts';
import { SettingsStore } from '../../src/engine/queue/settings-store.ts';
import { PRESET } from './queue-fixture.ts';

function put(db: ReturnType<typeof openDatabase>, table: string, key: string, text: string): void {
  db.prepare(`REPLACE INTO ${table} (key, value) VALUES (?, ?)`).run(key, text);
}

describe('settings', () => {
  test('have their defaults until they are changed, and only what is named changes', () => {
    const db = openDatabase(':memory:');
    const store = new SettingsStore(db);
    expect(store.get()).toEqual(Settings.parse({}));
    expect(store.update({ cpuSlots: 3, ffmpegPath: '/opt/ffmpeg' })).toEqual(
      Settings.parse({ cpuSlots: 3, ffmpegPath: '/opt/ffmpeg' }),
    );
    store.update({ ffmpegPath: null });
    expect(new SettingsStore(db).get()).toEqual(Settings.parse({ cpuSlots: 3 }));
  });

  test('one value that cannot be read does not cost the others', () => {
    const db = openDatabase(':memory:');
    const store = new SettingsStore(db);
    store.update({ stallTimeoutSeconds: 30 });
    put(db, 'settings', 'cpuSlots', '9999');
    put(db, 'settings', 'defaultPreset', 'not json');
    put(db, 'settings', 'ofANewerGantry', '1');
    expect(store.get()).toEqual(Settings.parse({ stallTimeoutSeconds: 30 }));
  });
});

describe('people’s own presets', () => {
  test('are kept, replaced, listed by id and removed', () => {
    const db = openDatabase(':memory:');
    const store = new PresetStore(db);
    const zebra = { ...PRESET, id: 'zebra' };
    store.save(zebra);
    store.save({ ...PRESET, id: 'ant' });
    store.save({ ...zebra, name: 'Striped' });
    expect(new PresetStore(db).list().map((preset) => [preset.id, preset.name])).toEqual([
      ['ant', 'H.264'],
      ['zebra', 'Striped'],
    ]);
    expect(store.get('ant')).toEqual({ ...PRESET, id: 'ant' });
    expect(store.get('bee')).toBeNull();
    expect(store.remove('ant')).toBe(true);
    expect(store.remove('ant')).toBe(false);
  });

  test('one that cannot be read is left out and not lost', () => {
    const db = openDatabase(':memory:');
    const store = new PresetStore(db);
    put(db, 'presets', 'future', '{"id":"future","container":"holo"}');
    store.save(PRESET);
    expect(store.list()).toEqual([PRESET]);
    expect(store.get('future')).toBeNull();
    expect(db.prepare('SELECT count(*) FROM presets').pluck().get()).toBe(2);
  });
});

describe('encoder proofs', () => {
  const proof: EncoderProof = {
    codec: 'h264',
    encoder: 'h264_nvenc',
    ok: false,
    reason: { code: 'session-limit', message: 'Busy.', nextStep: 'Wait.' },
    tenBit: null,
    tenBitReason: null,
    bFrames: true,
    bFramesReason: null,
    buildId: 'abc',
    buildNote: null,
  };

  test('are kept by key until they are cleared', () => {
    const db = openDatabase(':memory:');
    const store = new ProbeStore(db);
    store.set('a', proof);
    store.set('b', { ...proof, ok: true, reason: null });
    store.set('a', { ...proof, bFrames: false });
    expect(new ProbeStore(db).get('a')).toEqual({ ...proof, bFrames: false });
    expect(store.get('c')).toBeNull();
    store.clear();
    expect(store.get('b')).toBeNull();
  });

  test('one that cannot be read was never made', () => {
    const db = openDatabase(':memory:');
    put(db, 'encoder_proofs', 'a', '{"ok":true}');
    expect(new ProbeStore(db).get('a')).toBeNull();
  });
});

describe('known GPUs', () => {
  const gpu = (id: string) => ({
    ...{ id: id as DeviceId, name: 'NVIDIA L40S', uuid: id, driverVersion: '595.80' },
    ...{ pciBusId: null, seenAtMs: 1 },
  });

  test('are those that were seen last', () => {
    const store = new KnownGpuStore(openDatabase(':memory:'));
    store.save([gpu('GPU-a'), gpu('GPU-b')]);
    store.save([gpu('GPU-b'), gpu('GPU-c')]);
    expect(store.load()).toEqual([gpu('GPU-b'), gpu('GPU-c')]);
  });
});
