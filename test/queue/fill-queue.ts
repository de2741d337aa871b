// Works a queue without rest until it is killed: `node fill-queue.ts DATABASE`. After each transaction it prints what a
// person has been told by then, one line of JSON each.
import { writeSync } from 'node:fs';
import type { JobId } from '../../src/common/ids.ts';
import { drafts, outputOf, TestQueue } from './queue-fixture.ts';

const queue = new TestQueue(process.argv[2] ?? '');
queue.store.recover();

/** At once and as a whole: a pipe that Node writes to later would be lost with the process. */
function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

for (;;) {
  const ids = queue.store.addJobIds(drafts(5));
  tell({ added: ids });
  const [a, b, c] = ids as [JobId, JobId, JobId, JobId, JobId];
  queue.inspect(a);
  const lease = queue.claim(a);
  queue.store.updateLease(lease.taskId, {
    process: { pid: 1, startMark: 'x' },
    temporaryPath: `/out/.${a}.part`,
    publishing: { finalPath: `/out/${a}.mp4`, fileId: a, output: outputOf(`/out/${a}.mp4`) },
  });
  queue.finish(lease);
  tell({ done: a });
  queue.store.cancel([b]);
  tell({ cancelled: b });
  queue.inspect(c);
  queue.store.pause([queue.claim(c).jobId]);
  tell({ paused: c });
}
