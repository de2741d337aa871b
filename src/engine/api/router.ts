import { implement } from '@orpc/server';
import { contract } from '../../common/contract/index.ts';
import type { Backend } from './backend.ts';
import { toContractError } from './contract-error.ts';
import { mapErrors } from './event-iterator.ts';

export interface RouterOptions {
  /** Called with every fault that nobody foresaw, for the log. */
  readonly onError?: (error: unknown) => void;
}

/**
 * The contract, implemented once over a backend and carried by every transport. Whatever goes wrong reaches the caller
 * as an oRPC error whose `data` is a `Problem`; stack traces go to `onError` and nowhere else.
 */
export function createRouter(backend: Backend, options: RouterOptions = {}) {
  const onError = options.onError ?? (() => {});
  // Used before the input is validated, so that it catches bad input and bad output as well.
  const os = implement(contract).use(async ({ next, signal }) => {
    try {
      return await next();
    } catch (error) {
      // Work that stopped because its caller went away is no fault.
      const isGivenUp = signal?.aborted === true && error === signal.reason;
      throw toContractError(error, isGivenUp ? () => {} : onError);
    }
  });

  return os.router({
    jobs: {
      add: os.jobs.add.handler(({ input, signal }) => backend.jobs.add(input, { signal })),
      list: os.jobs.list.handler(({ input, signal }) => backend.jobs.list(input, { signal })),
      show: os.jobs.show.handler(({ input, signal }) => backend.jobs.show(input, { signal })),
      log: os.jobs.log.handler(({ input, signal }) => backend.jobs.log(input, { signal })),
      pause: os.jobs.pause.handler(({ input, signal }) => backend.jobs.pause(input, { signal })),
      resume: os.jobs.resume.handler(({ input, signal }) => backend.jobs.resume(input, { signal })),
      cancel: os.jobs.cancel.handler(({ input, signal }) => backend.jobs.cancel(input, { signal })),
      retry: os.jobs.retry.handler(({ input, signal }) => backend.jobs.retry(input, { signal })),
      remove: os.jobs.remove.handler(({ input, signal }) => backend.jobs.remove(input, { signal })),
      reorder: os.jobs.reorder.handler(({ input, signal }) => backend.jobs.reorder(input, { signal })),
      setPriority: os.jobs.setPriority.handler(({ input, signal }) =>
        backend.jobs.setPriority(input, { signal }),
      ),
      clear: os.jobs.clear.handler(({ input, signal }) => backend.jobs.clear(input, { signal })),
    },
    queue: {
      summary: os.queue.summary.handler(({ input, signal }) => backend.queue.summary(input, { signal })),
      pause: os.queue.pause.handler(({ input, signal }) => backend.queue.pause(input, { signal })),
      resume: os.queue.resume.handler(({ input, signal }) => backend.queue.resume(input, { signal })),
    },
    sources: {
      inspect: os.sources.inspect.handler(({ input, signal }) => backend.sources.inspect(input, { signal })),
      browse: os.sources.browse.handler(({ input, signal }) => backend.sources.browse(input, { signal })),
      commandPreview: os.sources.commandPreview.handler(({ input, signal }) =>
        backend.sources.commandPreview(input, { signal }),
      ),
    },
    devices: {
      list: os.devices.list.handler(({ input, signal }) => backend.devices.list(input, { signal })),
      refresh: os.devices.refresh.handler(({ input, signal }) => backend.devices.refresh(input, { signal })),
      history: os.devices.history.handler(({ input, signal }) => backend.devices.history(input, { signal })),
    },
    bench: {
      start: os.bench.start.handler(({ input, signal }) => backend.bench.start(input, { signal })),
      list: os.bench.list.handler(({ input, signal }) => backend.bench.list(input, { signal })),
      cancel: os.bench.cancel.handler(({ input, signal }) => backend.bench.cancel(input, { signal })),
      remove: os.bench.remove.handler(({ input, signal }) => backend.bench.remove(input, { signal })),
    },
    presets: {
      list: os.presets.list.handler(({ input, signal }) => backend.presets.list(input, { signal })),
      show: os.presets.show.handler(({ input, signal }) => backend.presets.show(input, { signal })),
      save: os.presets.save.handler(({ input, signal }) => backend.presets.save(input, { signal })),
      remove: os.presets.remove.handler(({ input, signal }) => backend.presets.remove(input, { signal })),
    },
    settings: {
      get: os.settings.get.handler(({ input, signal }) => backend.settings.get(input, { signal })),
      update: os.settings.update.handler(({ input, signal }) => backend.settings.update(input, { signal })),
    },
    system: {
      health: os.system.health.handler(({ input, signal }) => backend.system.health(input, { signal })),
      doctor: os.system.doctor.handler(({ input, signal }) => backend.system.doctor(input, { signal })),
    },
    events: {
      subscribe: os.events.subscribe.handler(({ input, signal }) =>
        mapErrors(backend.events.subscribe(input, { signal }), (error) => toContractError(error, onError)),
      ),
    },
  });
}

export type EngineRouter = ReturnType<typeof createRouter>;
