import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/engine.ts';
import { gantry } from './command-line.ts';
import { EngineDouble, H264 } from './engine-double.ts';

const folder = temporaryFolder('presets');
afterAll(() => folder.remove());

const { builtIn: _, ...RECIPE } = H264;
const run = (...argv: string[]) => gantry(argv, { sessions: [new EngineDouble().ownSession()] });

describe('presets', () => {
  it('come back from a file as they went into it', async () => {
    const file = join(folder.path, 'exported.json');
    expect((await run('presets', 'export', 'h264', file)).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(RECIPE);
    const imported = await run('presets', 'import', file, '--json');
    expect(imported.exitCode).toBe(0);
    expect(imported.events).toEqual([{ presets: [{ ...RECIPE, builtIn: false }] }]);
  });

  it('are never exported over a file that is there', async () => {
    const file = join(folder.path, 'precious.json');
    writeFileSync(file, 'precious');
    const ran = await run('presets', 'export', 'h264', file, '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([{ error: expect.objectContaining({ code: 'output-exists' }) }]);
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it('are exported to stdout without a file, as JSON that can be imported', async () => {
    expect(JSON.parse((await run('presets', 'export', 'h264')).out)).toEqual(RECIPE);
  });

  it('may be several in one file, of which one bad one lets none in', async () => {
    const file = join(folder.path, 'two.json');
    writeFileSync(
      file,
      JSON.stringify([
        { ...RECIPE, id: 'a' },
        { ...RECIPE, container: 'vhs' },
      ]),
    );
    const ran = await run('presets', 'import', file, '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([
      {
        error: expect.objectContaining({
          code: 'preset-invalid',
          message: expect.stringContaining('container'),
        }),
      },
    ]);
    writeFileSync(
      file,
      JSON.stringify([
        { ...RECIPE, id: 'a' },
        { ...RECIPE, id: 'b' },
      ]),
    );
    expect((await run('presets', 'import', file)).out).toBe('Preset a imported.\nPreset b imported.\n');
  });

  it.each([
    ['text that is no JSON', 'not json'],
    ['JSON that is no preset', '{"id":"x"}'],
  ])('are not read from %s', async (_what, text) => {
    const file = join(folder.path, 'bad.json');
    writeFileSync(file, text);
    const ran = await run('presets', 'import', file, '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([{ error: expect.objectContaining({ code: 'preset-invalid' }) }]);
  });

  it('that are not there are told apart from a wrong command line', async () => {
    const ran = await run('presets', 'show', 'nosuch', '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([{ error: expect.objectContaining({ code: 'preset-not-found' }) }]);
  });
});

describe('other answers', () => {
  it('of doctor fail when nothing can be encoded, with the report all the same', async () => {
    const ran = await run('doctor', '--json');
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([expect.objectContaining({ ok: false })]);
  });

  it('of inspect fail for what cannot be encoded', async () => {
    expect((await run('inspect', 'broken.mov', '--json')).exitCode).toBe(1);
    expect((await run('inspect', 'good.mov', '--json')).exitCode).toBe(0);
  });
});
