import { AddBar } from '../add/add-bar.tsx';
import { Button } from '../controls/button.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { JobDetails } from '../details/job-details.tsx';
import { useDetails } from '../stores/details-store.ts';
import { reloadJobs, showJobs, useJobs } from '../stores/jobs-store.ts';
import { text } from '../text/en.ts';
import { EmptyQueue } from './empty-queue.tsx';
import { JobList } from './job-list.tsx';
import { NoGpuBar } from './no-gpu-bar.tsx';
import { QueueToolbar } from './queue-toolbar.tsx';
import { SelectionBar } from './selection-bar.tsx';

export function QueuePage() {
  const total = useJobs((state) => state.total);
  const failure = useJobs((state) => state.failure);
  const isNarrowed = useJobs((state) => state.filter !== 'all' || state.search !== '');
  const openJob = useDetails((state) => state.jobId);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">{text.rail.queue}</h1>
      <AddBar />
      <QueueToolbar />
      <NoGpuBar />
      <div className="relative flex min-h-0 flex-1">
        <section aria-label={text.rail.queue} className="relative flex min-h-0 min-w-0 flex-1 flex-col">
          {failure !== null && (
            <div className="p-3">
              <ProblemNote problem={failure}>
                <Button size="sm" onClick={() => reloadJobs('now')}>
                  {text.common.tryAgain}
                </Button>
              </ProblemNote>
            </div>
          )}
          {total === 0 ? isNarrowed ? <NothingMatches /> : <EmptyQueue /> : <JobList />}
          <SelectionBar />
        </section>
        {openJob !== null && <JobDetails id={openJob} />}
      </div>
    </div>
  );
}

function NothingMatches() {
  return (
    <div className="flex flex-1 flex-col items-center justify-center gap-3 p-8 text-center">
      <p className="text-ink-2">{text.queue.nothingMatches}</p>
      <Button onClick={() => showJobs({ filter: 'all', search: '' })}>{text.queue.showAll}</Button>
    </div>
  );
}
