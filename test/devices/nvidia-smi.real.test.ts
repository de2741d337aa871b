import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listGpus } from '../../src/engine/devices/nvidia-smi.ts';
import { GPU_FIELDS } from '../../src/engine/devices/smi-output.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { readCaptures } from './smi-captures.ts';

/**
 * There is no NVIDIA driver on most machines that run this. Small scripts stand in for nvidia-smi: each replays a real
 * capture or a real message with its exit code, as a real process.
 */
const host = new LocalHost();
let folder: string;

function standInNvidiaSmi(name: string, script: string): string {
  const path = join(folder, `stand-in-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Replays the row of a capture in the columns that are asked for; any other question is refused. */
function replaying(name: string, row: ReadonlyMap<string, string>): string {
  const values = GPU_FIELDS.map((field) => row.get(field) ?? '[N/A]').join(', ');
  const asked = `--query-gpu=${GPU_FIELDS.join(',')}`;
  return standInNvidiaSmi(name, `[ "$1" = '${asked}' ] && printf '%s\\r\\n' '${values}' || exit 2`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-smi-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

describe('listGpus through a real process', () => {
  it.each(readCaptures())('$source of $file under load', async ({ file, source, queries }) => {
    const query = queries.find(({ load }) => load === 'load');
    const values = query?.csv.split('\n')[1]?.split(', ') ?? [];
    const row = new Map(query?.fields.map((field, at) => [field, values[at] ?? '']));
    const { gpus, notice } = await listGpus(host, replaying(`${source}-${file}`, row));
    expect(notice).toBeNull();
    expect(gpus).toMatchObject([
      { kind: 'gpu', name: row.get('name'), driverVersion: row.get('driver_version') },
    ]);
    expect(gpus[0]).toHaveProperty(
      'memoryTotalBytes',
      Number.parseInt(row.get('memory.total') ?? '', 10) * 2 ** 20,
    );
  });

  it('a lost GPU with exit code 0', async () => {
    const lost = new Map(GPU_FIELDS.map((field) => [field, '[GPU is lost]']));
    const { gpus } = await listGpus(host, replaying('lost', lost.set('index', '0')));
    expect(gpus).toMatchObject([{ kind: 'unusable', index: 0, problem: { code: 'gpu-lost' } }]);
  });

  it('no driver: exit code 9', async () => {
    const path = standInNvidiaSmi(
      'no-driver',
      `echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running."; exit 9`,
    );
    expect(await listGpus(host, path)).toMatchObject({ gpus: [], notice: { code: 'no-nvidia-driver' } });
  });

  it('no library: exit code 12', async () => {
    const path = standInNvidiaSmi('no-library', 'exit 12');
    expect(await listGpus(host, path)).toMatchObject({
      gpus: [],
      notice: { code: 'no-nvidia-driver', detail: 'nvidia-smi: exit code 12' },
    });
  });

  it('no nvidia-smi, or one that may not be run', async () => {
    const forbidden = join(folder, 'forbidden');
    writeFileSync(forbidden, '');
    for (const path of [join(folder, 'nothing'), forbidden]) {
      expect(await listGpus(host, path)).toMatchObject({ gpus: [], notice: { code: 'no-nvidia-driver' } });
    }
  });

  it('stops waiting when asked to', async () => {
    const path = standInNvidiaSmi('hanging', 'sleep 600');
    const controller = new AbortController();
    const listing = listGpus(host, path, controller.signal);
    controller.abort();
    const { gpus } = await listing.catch(() => ({ gpus: [] }));
    expect(gpus).toEqual([]);
  });
});
