import type { CommandContext } from './context.ts';
import type { EngineApi } from './session.ts';

/** Opens a session for one command and closes it however the command ends. */
export async function withApi<T>(context: CommandContext, work: (api: EngineApi) => Promise<T>): Promise<T> {
  const session = await context.openSession();
  try {
    return await work(session.api);
  } finally {
    await session.close();
  }
}
