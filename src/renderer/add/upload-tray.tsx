import { X } from 'lucide-react';
import { formatPercent } from '../../common/format.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { ProgressBar } from '../controls/progress-bar.tsx';
import { useAdd } from '../stores/add-store.ts';
import { text } from '../text/en.ts';
import { leaveOut, retryUpload } from './take-files.ts';

/** Uploads that go on after Start; each becomes a job as it completes. */
export function UploadTray() {
  const promised = useAdd((state) => state.items).filter((item) => item.promised !== null);
  if (promised.length === 0) return null;
  const done = promised.reduce(
    (sum, { stage }) => sum + (stage.kind === 'uploading' ? stage.fraction : 0),
    0,
  );
  const failed = promised.filter((item) => item.stage.kind === 'upload-failed');
  const tryAgain = () => {
    for (const item of failed) retryUpload(item.key);
  };
  const fraction = done / promised.length;
  return (
    <div
      role="status"
      className="rise-in fixed bottom-14 left-1/2 z-30 w-80 -translate-x-1/2 rounded-lg border border-line bg-raised p-3 shadow-2"
    >
      <div className="mb-2 flex items-center gap-2">
        <span className="flex-1 font-medium">
          {failed.length > 0 ? text.add.uploadsFailed(failed.length) : text.add.uploadsGoOn(promised.length)}
        </span>
        {failed.length > 0 ? (
          <Button size="sm" onClick={tryAgain}>
            {text.common.tryAgain}
          </Button>
        ) : (
          <span className="figures text-sm text-ink-2">{formatPercent(fraction)}</span>
        )}
        <IconButton
          icon={X}
          label={text.add.stopUploads}
          onClick={() => leaveOut(promised.map((item) => item.key))}
          className="-my-1 -mr-1"
        />
      </div>
      <ProgressBar fraction={fraction} label={text.add.uploadsGoOn(promised.length)} />
    </div>
  );
}
