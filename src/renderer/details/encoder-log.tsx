import { ClipboardCopy } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Job } from '../../common/job.ts';
import { copyText } from '../connection/copy-text.ts';
import { problemOf } from '../connection/problem-of.ts';
import { Button } from '../controls/button.tsx';
import { useOpenConnection } from '../stores/connection-store.ts';
import { text } from '../text/en.ts';
import { Fold, Section } from './section.tsx';

const RUNNING_REFRESH_MS = 2_000;

/** What the encoder said. Read when opened; read again while it still says things. */
export function EncoderLog({ job }: { job: Job }) {
  if (job.attempts.length === 0) return null;
  return (
    <Section title={text.details.log}>
      <Fold title={text.details.showLog}>
        <LogText job={job} />
      </Fold>
    </Section>
  );
}

function LogText({ job }: { job: Job }) {
  const [log, setLog] = useState<string | null>(null);
  const { id, status } = job;
  const connection = useOpenConnection();
  useEffect(() => {
    if (connection === null) return;
    let isCurrent = true;
    const read = async () => {
      const answer = await connection.api.jobs
        .log({ id })
        .catch((error: unknown) => ({ text: problemOf(error).message }));
      if (isCurrent) setLog(answer.text);
    };
    void read();
    const timer = status === 'running' ? setInterval(() => void read(), RUNNING_REFRESH_MS) : null;
    return () => {
      isCurrent = false;
      if (timer !== null) clearInterval(timer);
    };
  }, [connection, id, status]);
  if (log === null) return <p className="text-ink-3">{text.details.readingLog}</p>;
  if (log.trim() === '') return <p className="text-ink-3">{text.details.emptyLog}</p>;
  return (
    <>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls and holds no control is reached by keyboard so
        tabIndex={0}
        aria-label={text.details.log}
        className="max-h-72 overflow-auto rounded-md bg-sunken p-2.5"
      >
        <pre className="font-mono text-xs break-words whitespace-pre-wrap text-ink-2">{log}</pre>
      </section>
      <Button size="sm" look="quiet" icon={ClipboardCopy} onClick={() => void copyText(log)} className="mt-1">
        {text.details.copyLog}
      </Button>
    </>
  );
}
