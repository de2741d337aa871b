import type { Job } from '../../common/job.ts';
import { deviceLabel } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { usePresets } from '../stores/presets-store.ts';
import { text } from '../text/en.ts';
import { formatMoment } from './moment.ts';
import { Fact, Facts, Section } from './section.tsx';

/** What the person asked for. */
export function AskedFor({ job }: { job: Job }) {
  const preset = usePresets(
    ({ presets }) => presets?.find((one) => one.id === job.preset)?.name ?? job.preset,
  );
  const asked = useDevices(({ list }) => deviceLabel(list?.devices ?? [], job.device, null));
  return (
    <Section title={text.details.asked}>
      <Facts>
        <Fact name={text.columns.preset}>{preset}</Fact>
        <Fact name={text.columns.device}>{asked}</Fact>
        {job.priority !== 0 && <Fact name={text.details.priority}>{job.priority}</Fact>}
        <Fact name={text.details.added}>{formatMoment(job.createdAt)}</Fact>
        {job.startedAt !== null && <Fact name={text.details.started}>{formatMoment(job.startedAt)}</Fact>}
        {job.endedAt !== null && <Fact name={text.details.ended}>{formatMoment(job.endedAt)}</Fact>}
      </Facts>
    </Section>
  );
}
