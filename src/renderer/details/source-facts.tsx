import { useEffect, useState } from 'react';
import type { Inspection } from '../../common/contract/sources.ts';
import { formatBytes, formatMediaTime } from '../../common/format.ts';
import type { Problem } from '../../common/problem.ts';
import type { EngineConnection } from '../connection/engine-client.ts';
import { problemOf } from '../connection/problem-of.ts';
import { ProblemNote } from '../controls/problem-note.tsx';
import { useOpenConnection } from '../stores/connection-store.ts';
import { text } from '../text/en.ts';
import { PathLine } from './path-line.tsx';
import { Fact, Facts, Section } from './section.tsx';
import { streamLine } from './stream-words.ts';

/** What the source is, read again from the file itself. */
export function SourceFacts({ path }: { path: string }) {
  const [answer, setAnswer] = useState<{
    path: string;
    inspection: Inspection | null;
    failure: Problem | null;
  } | null>(null);
  const connection = useOpenConnection();
  useEffect(() => {
    if (connection === null) return;
    let isCurrent = true;
    inspect(connection, path).then(
      (inspection) => isCurrent && setAnswer({ path, inspection, failure: null }),
      (error: unknown) => isCurrent && setAnswer({ path, inspection: null, failure: problemOf(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [connection, path]);
  const current = answer?.path === path ? answer : null;
  const info = current?.inspection?.info ?? null;
  const problem = current?.failure ?? current?.inspection?.error ?? null;
  return (
    <Section title={text.details.source}>
      <Facts>
        <Fact name={text.details.path}>
          <PathLine path={path} />
        </Fact>
        {info !== null && (
          <>
            <Fact name={text.details.size}>{formatBytes(info.sizeBytes)}</Fact>
            <Fact name={text.details.length}>{formatMediaTime(info.durationMs)}</Fact>
            {info.streams.map((stream) => (
              <Fact key={stream.index} name={text.source.kind[stream.kind]}>
                {streamLine(stream)}
              </Fact>
            ))}
            {info.chapters.length > 0 && (
              <Fact name={text.source.chapters}>{text.source.chapterCount(info.chapters.length)}</Fact>
            )}
          </>
        )}
      </Facts>
      {current === null && <p className="mt-2 text-ink-3">{text.details.readingSource}</p>}
      {problem !== null && (
        <div className="mt-2">
          <ProblemNote problem={problem} tone="calm" />
        </div>
      )}
    </Section>
  );
}

async function inspect({ api }: EngineConnection, path: string): Promise<Inspection | null> {
  const { sources } = await api.sources.inspect({ paths: [path] });
  return sources[0] ?? null;
}
