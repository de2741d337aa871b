import { serveMessagePort } from '../engine/api/message-port.ts';
import { createEngine } from '../engine/engine.ts';
import { hostEngine } from './engine-host.ts';
import { EngineStart } from './engine-messages.ts';

// The program of the utility process: the engine, away from the window, so that neither can stall the other.
const start = EngineStart.parse(JSON.parse(process.argv.at(-1) ?? ''));
await hostEngine({
  parent: process.parentPort,
  open: () => createEngine({ ...start, env: process.env, command: 'the Gantry app' }),
  serve: (engine, port) => serveMessagePort(engine.router, port),
  exit: (code) => process.exit(code),
});
