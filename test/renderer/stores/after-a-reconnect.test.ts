import { beforeEach, describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/common/problem.ts';
import { Settings } from '../../../src/common/settings.ts';
import type { EngineApi } from '../../../src/renderer/connection/engine-client.ts';
import { useConnection } from '../../../src/renderer/stores/connection-store.ts';
import { forgetDetails, refreshDetails, useDetails } from '../../../src/renderer/stores/details-store.ts';
import { NO_PAGES } from '../../../src/renderer/stores/job-pages.ts';
import { useJobs } from '../../../src/renderer/stores/jobs-store.ts';
import { loadSettings, useSettings } from '../../../src/renderer/stores/settings-store.ts';
import { aJob, jobId } from '../a-job.ts';

let settings = Settings.parse({});
let isJobThere = true;

const api = {
  settings: { get: async () => structuredClone(settings) },
  jobs: {
    show: async () => {
      if (isJobThere) return aJob(1, 'done');
      throw new ProblemError({
        code: 'job-not-found',
        message: 'There is no job 1.',
        nextStep: 'List the jobs.',
      });
    },
  },
} as unknown as EngineApi;

beforeEach(() => {
  isJobThere = true;
  settings = Settings.parse({});
  const connection = {
    api,
    transfer: null,
    closed: new Promise<void>(() => undefined),
    close: () => undefined,
  };
  useConnection.setState({ phase: { kind: 'open', connection } });
  useJobs.setState({ ...NO_PAGES, byId: new Map([[jobId(1), aJob(1, 'running')]]), pinned: jobId(1) });
  useDetails.setState({ jobId: jobId(1) });
});

describe('settings that are read again', () => {
  it('stay the same object while nothing changed, so that a half-typed form is left alone', async () => {
    await loadSettings();
    const first = useSettings.getState().settings;
    await loadSettings();
    expect(useSettings.getState().settings).toBe(first);
    settings = { ...settings, cpuSlots: 2 };
    await loadSettings();
    expect(useSettings.getState().settings?.cpuSlots).toBe(2);
  });
});

describe('open details', () => {
  it('are read again, for what was held may be old', async () => {
    await refreshDetails();
    expect(useJobs.getState().byId.get(jobId(1))?.status).toBe('done');
  });

  it('close when the job was removed meanwhile', async () => {
    isJobThere = false;
    await refreshDetails();
    expect(useDetails.getState().jobId).toBeNull();
  });

  it('stay open when the engine cannot be asked', async () => {
    useConnection.setState({ phase: { kind: 'reconnecting', everOpen: true } });
    await refreshDetails();
    expect(useDetails.getState().jobId).toBe(jobId(1));
  });

  it('close when their job is removed, and no other', () => {
    forgetDetails([jobId(2)]);
    expect(useDetails.getState().jobId).toBe(jobId(1));
    forgetDetails([jobId(2), jobId(1)]);
    expect(useDetails.getState().jobId).toBeNull();
  });
});
