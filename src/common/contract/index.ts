import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { BenchId, BenchRequest, BenchRun } from '../bench.ts';
import { DeviceList, DoctorReport, TelemetryHistory } from '../device.ts';
import { EventBatch } from '../events.ts';
import { DeviceId } from '../ids.ts';
import { Preset, PresetEntry, PresetId } from '../preset.ts';
import { Settings, SettingsPatch } from '../settings.ts';
import { procedure } from './errors.ts';
import { jobsContract, queueContract } from './jobs.ts';
import { sourcesContract } from './sources.ts';

/**
 * Everything that a user interface or a script can ask of the engine. Implemented once in `engine/api`, carried over a
 * MessagePort (desktop), a WebSocket (browser, command line) and REST under `/api/v1` (scripts).
 */
export const contract = {
  jobs: jobsContract,
  queue: queueContract,
  sources: sourcesContract,
  devices: {
    list: procedure
      .route({
        method: 'GET',
        path: '/devices',
        tags: ['devices'],
        summary: 'Every device, with its proofs and telemetry',
      })
      .output(DeviceList),
    refresh: procedure
      .route({
        method: 'POST',
        path: '/devices/refresh',
        tags: ['devices'],
        summary: 'Look for devices again and prove their encoders anew',
      })
      .output(DeviceList),
    history: procedure
      .route({
        method: 'GET',
        path: '/devices/{id}/history',
        tags: ['devices'],
        summary: 'Readings of the last minutes to 24 hours, coarser the further back they go',
      })
      .input(
        z.object({
          id: DeviceId,
          /** How far back, in seconds. */
          seconds: z.coerce.number().int().min(1).max(86_400).default(60),
        }),
      )
      .output(TelemetryHistory),
  },
  bench: {
    start: procedure
      .route({
        method: 'POST',
        path: '/bench',
        tags: ['bench'],
        successStatus: 201,
        summary: 'Measure devices with a generated source; each waits for what runs on it',
      })
      .input(BenchRequest)
      .output(BenchRun),
    list: procedure
      .route({ method: 'GET', path: '/bench', tags: ['bench'], summary: 'All runs, newest first' })
      .output(z.object({ runs: z.array(BenchRun) })),
    cancel: procedure
      .route({
        method: 'POST',
        path: '/bench/{id}/cancel',
        tags: ['bench'],
        summary: 'End a run; what it has measured stays',
      })
      .input(z.object({ id: BenchId }))
      .output(BenchRun),
    remove: procedure
      .route({
        method: 'DELETE',
        path: '/bench/{id}',
        tags: ['bench'],
        summary: 'Forget a run that has ended',
      })
      .input(z.object({ id: BenchId }))
      .output(z.object({ removed: z.boolean() })),
  },
  presets: {
    list: procedure
      .route({ method: 'GET', path: '/presets', tags: ['presets'], summary: 'Built-in presets and your own' })
      .output(z.object({ presets: z.array(PresetEntry) })),
    show: procedure
      .route({ method: 'GET', path: '/presets/{id}', tags: ['presets'], summary: 'One preset' })
      .input(z.object({ id: PresetId }))
      .output(PresetEntry),
    save: procedure
      .route({
        method: 'PUT',
        path: '/presets/{id}',
        tags: ['presets'],
        summary: 'Create or replace a preset of your own',
      })
      .input(Preset)
      .output(PresetEntry),
    remove: procedure
      .route({
        method: 'DELETE',
        path: '/presets/{id}',
        tags: ['presets'],
        summary: 'Delete a preset of your own',
      })
      .input(z.object({ id: PresetId }))
      .output(z.object({ removed: z.boolean() })),
  },
  settings: {
    get: procedure
      .route({ method: 'GET', path: '/settings', tags: ['settings'], summary: 'All settings' })
      .output(Settings),
    update: procedure
      .route({ method: 'PATCH', path: '/settings', tags: ['settings'], summary: 'Change some settings' })
      .input(SettingsPatch)
      .output(Settings),
  },
  system: {
    health: procedure
      .route({ method: 'GET', path: '/health', tags: ['system'], summary: 'Whether the engine answers' })
      .output(z.object({ status: z.literal('ok'), version: z.string(), uptimeMs: z.number().nonnegative() })),
    doctor: procedure
      .route({
        method: 'GET',
        path: '/doctor',
        tags: ['system'],
        summary: 'What works here, what does not, and what to do',
      })
      .output(DoctorReport),
  },
  events: {
    subscribe: procedure
      .route({
        method: 'GET',
        path: '/events',
        tags: ['events'],
        summary: 'Live changes, batched (server-sent events over REST)',
      })
      .output(eventIterator(EventBatch)),
  },
};
export type Contract = typeof contract;
