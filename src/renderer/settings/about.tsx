import { CircleCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { DoctorReport, FfmpegBuild } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { ProblemNote } from '../controls/problem-note.tsx';
import { Fact, Facts } from '../details/section.tsx';
import { useOpenConnection } from '../stores/connection-store.ts';
import { text } from '../text/en.ts';
import { SettingsGroup } from './settings-group.tsx';

/** Which version this is, what it found, and what is wrong. */
export function About() {
  const [report, setReport] = useState<DoctorReport | null>(null);
  const [failure, setFailure] = useState<Problem | null>(null);
  const connection = useOpenConnection();
  useEffect(() => {
    if (connection === null) return;
    let isCurrent = true;
    connection.api.system.doctor().then(
      (found) => isCurrent && setReport(found),
      (error: unknown) => isCurrent && setFailure(problemOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [connection]);
  return (
    <SettingsGroup title={text.settings.about} lead={text.settings.aboutLead}>
      {report === null && failure === null && <p className="text-ink-3">{text.settings.looking}</p>}
      {report === null && failure !== null && <ProblemNote problem={failure} tone="calm" />}
      {report !== null && (
        <>
          {report.ok ? (
            <p className="flex items-center gap-2">
              <CircleCheck size={16} strokeWidth={1.75} aria-hidden className="text-done" />
              {text.settings.allWell}
            </p>
          ) : (
            report.problems.map((problem) => (
              <ProblemNote key={`${problem.code}-${problem.message}`} problem={problem} tone="calm" />
            ))
          )}
          <Facts>
            <Fact name={text.settings.version}>{report.gantryVersion}</Fact>
            <Fact name={text.settings.node}>{report.nodeVersion}</Fact>
            <Fact name={text.settings.platform}>{report.platform}</Fact>
            <Fact name={text.settings.home}>{report.home}</Fact>
          </Facts>
          <div>
            <h3 className="mb-1 text-sm font-medium text-ink-3">{text.settings.builds}</h3>
            <ul className="flex flex-col divide-y divide-line">
              {report.builds.map((build) => (
                <Build key={build.id} build={build} />
              ))}
              {report.builds.length === 0 && <li className="text-ink-3">{text.settings.noBuilds}</li>}
            </ul>
          </div>
        </>
      )}
    </SettingsGroup>
  );
}

function Build({ build }: { build: FfmpegBuild }) {
  return (
    <li className="py-1.5">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{text.settings.build(build.version)}</span>
        <span className="text-sm text-ink-3">{text.settings.origin[build.origin]}</span>
      </p>
      <p className="text-sm break-all text-ink-2">{build.ffmpegPath}</p>
      {build.problem !== null && <p className="text-sm text-failed">{build.problem.message}</p>}
    </li>
  );
}
