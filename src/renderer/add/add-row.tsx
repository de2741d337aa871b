import { CircleCheck, CircleX, FileVideo, Folder, RotateCcw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { assertNever } from '../../common/assert-never.ts';
import { formatBytes, formatMediaTime, formatPercent } from '../../common/format.ts';
import { IconButton } from '../controls/button.tsx';
import { MiddleEllipsis } from '../controls/middle-ellipsis.tsx';
import { ProgressBar } from '../controls/progress-bar.tsx';
import { sourceLine } from '../details/stream-words.ts';
import type { AddItem, AddStage } from '../stores/add-store.ts';
import { text } from '../text/en.ts';
import { leaveOut, retryUpload } from './take-files.ts';

export const ADD_ROW_HEIGHT = 52;

/** One file on its way into the queue: what it is, or why it cannot be encoded. */
export function AddRow({ item, top }: { item: AddItem; top: number }) {
  const { stage } = item;
  return (
    <li
      className="absolute inset-x-0 top-0 flex items-center gap-3 border-b border-line pr-3 pl-5"
      style={{ height: ADD_ROW_HEIGHT, transform: `translateY(${top}px)` }}
    >
      <StageIcon stage={stage} />
      <div className="min-w-0 flex-1">
        <MiddleEllipsis text={item.name} className="font-medium" />
        <StageLine item={item} />
      </div>
      {stage.kind === 'ready' && (
        <div className="figures shrink-0 text-right text-sm">
          <div className="text-ink-2">{formatMediaTime(stage.info.durationMs)}</div>
          <div className="text-ink-3">{formatBytes(stage.info.sizeBytes)}</div>
        </div>
      )}
      {stage.kind === 'upload-failed' && (
        <IconButton
          icon={RotateCcw}
          label={text.add.uploadAgain(item.name)}
          onClick={() => retryUpload(item.key)}
        />
      )}
      <IconButton
        icon={X}
        label={text.add.leaveOut(item.name)}
        tip={text.add.leaveOutShort}
        onClick={() => leaveOut([item.key])}
      />
    </li>
  );
}

function StageIcon({ stage }: { stage: AddStage }) {
  const shared = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const;
  switch (stage.kind) {
    case 'ready':
      return <CircleCheck {...shared} className="shrink-0 text-done" />;
    case 'refused':
    case 'upload-failed':
      return <CircleX {...shared} className="shrink-0 text-failed" />;
    case 'folder':
      return <Folder {...shared} className="shrink-0 text-ink-2" />;
    case 'waiting':
    case 'uploading':
    case 'reading':
      return <FileVideo {...shared} className="shrink-0 text-ink-3" />;
    default:
      return assertNever(stage);
  }
}

function StageLine({ item }: { item: AddItem }): ReactNode {
  const { stage } = item;
  switch (stage.kind) {
    case 'waiting':
      return <p className="truncate text-sm text-ink-3">{text.add.waiting}</p>;
    case 'uploading':
      return (
        <div className="flex items-center gap-3">
          <div className="flex-1">
            <ProgressBar fraction={stage.fraction} label={text.add.uploadProgress(item.name)} />
          </div>
          <span className="figures text-sm text-ink-2">
            {text.add.uploaded(formatPercent(stage.fraction), formatBytes(item.sizeBytes))}
          </span>
        </div>
      );
    case 'reading':
      return <p className="truncate text-sm text-ink-3">{text.add.reading}</p>;
    case 'ready':
      return <p className="truncate text-sm text-ink-2">{sourceLine(stage.info)}</p>;
    case 'folder':
      return <p className="truncate text-sm text-ink-2">{text.add.largeFolder}</p>;
    case 'refused':
    case 'upload-failed':
      return (
        <p
          className="truncate text-sm text-failed"
          title={`${stage.problem.message} ${stage.problem.nextStep}`}
        >
          {stage.problem.message}
        </p>
      );
    default:
      return assertNever(stage);
  }
}
