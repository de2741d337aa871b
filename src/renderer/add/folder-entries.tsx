import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, ChevronRight, File, FileVideo, Folder } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import type { FolderEntry } from '../../common/contract/sources.ts';
import { formatBytes } from '../../common/format.ts';
import { classNames } from '../controls/class-names.ts';
import { MiddleEllipsis } from '../controls/middle-ellipsis.tsx';
import { text } from '../text/en.ts';

type Entry = z.infer<typeof FolderEntry>;

const ROW_HEIGHT = 32;

interface FolderEntriesProps {
  entries: readonly Entry[];
  /** Null where only a folder to write to is wanted. */
  chosen: ReadonlySet<string> | null;
  isReading: boolean;
  onToggle(path: string): void;
  onOpen(path: string): void;
  onUp(): void;
  onFinish(): void;
}

/** The contents of a folder. Arrows move, Space chooses, Enter opens a folder, Backspace goes up, letters jump. */
export function FolderEntries({
  entries,
  chosen,
  isReading,
  onToggle,
  onOpen,
  onUp,
  onFinish,
}: FolderEntriesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const typed = useRef({ text: '', atMs: 0 });
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  useEffect(() => {
    scroller.current?.focus();
  }, []);
  const active = Math.min(at, entries.length - 1);
  const moveTo = (index: number) => {
    const next = Math.min(entries.length - 1, Math.max(0, index));
    setAt(next);
    virtualizer.scrollToIndex(next);
  };
  const jump = (letter: string) => {
    const now = Date.now();
    const prefix = now - typed.current.atMs < 700 ? typed.current.text + letter : letter;
    typed.current = { text: prefix, atMs: now };
    const found = entries.findIndex((entry) => entry.name.toLowerCase().startsWith(prefix.toLowerCase()));
    if (found >= 0) moveTo(found);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === 'Enter') onFinish();
      return;
    }
    const entry = entries[active];
    if (event.key === 'ArrowDown') moveTo(active + 1);
    else if (event.key === 'ArrowUp') moveTo(active - 1);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(entries.length - 1);
    else if (event.key === 'Backspace' || event.key === 'ArrowLeft') onUp();
    else if ((event.key === 'Enter' || event.key === 'ArrowRight') && entry?.kind === 'folder')
      onOpen(entry.path);
    else if (event.key === 'Enter' && entry !== undefined && chosen !== null) onToggle(entry.path);
    else if (event.key === ' ' && entry !== undefined && chosen !== null) onToggle(entry.path);
    else if (event.key.length === 1 && event.key !== ' ') jump(event.key);
    else return;
    event.preventDefault();
  };
  const rows = virtualizer.getVirtualItems();
  const activeEntry = rows.some((row) => row.index === active) ? entries[active] : undefined;
  return (
    <div
      ref={scroller}
      role="listbox"
      data-focus-first
      tabIndex={0}
      aria-label={text.picker.entries}
      aria-multiselectable={chosen !== null}
      aria-activedescendant={activeEntry === undefined ? undefined : entryElementId(active)}
      aria-busy={isReading}
      onKeyDown={onKeyDown}
      className="group/entries relative min-h-0 flex-1 overflow-y-auto py-1 outline-none select-none"
    >
      {entries.length === 0 && (
        // biome-ignore lint/a11y/useFocusableInteractive: a list of choices must have one; this one only says that there is none
        <div role="option" aria-selected={false} aria-disabled className="p-8 text-center text-ink-3">
          {isReading
            ? text.picker.reading
            : chosen === null
              ? text.picker.noFolders
              : text.picker.nothingHere}
        </div>
      )}
      <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map((row) => {
          const entry = entries[row.index];
          if (entry === undefined) return null;
          const isChosen = chosen?.has(entry.path) ?? false;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of all its options
            // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its active option
            <div
              key={entry.path}
              id={entryElementId(row.index)}
              role="option"
              aria-selected={isChosen}
              aria-posinset={row.index + 1}
              aria-setsize={entries.length}
              onClick={() => {
                setAt(row.index);
                if (entry.kind === 'file') onToggle(entry.path);
              }}
              onDoubleClick={() => entry.kind === 'folder' && onOpen(entry.path)}
              style={{ height: ROW_HEIGHT, transform: `translateY(${row.start}px)` }}
              className={classNames(
                'absolute inset-x-1 top-0 flex items-center gap-2.5 rounded-md px-2',
                isChosen ? 'bg-selected' : 'hover:bg-hover',
                row.index === active && 'group-focus/entries:shadow-[inset_0_0_0_1.5px_var(--accent)]',
              )}
            >
              {chosen !== null && (
                // biome-ignore lint/a11y/useKeyWithClickEvents: Space does the same in the listbox
                // biome-ignore lint/a11y/noStaticElementInteractions: a larger target for what the option itself does
                <span
                  onClick={(event) => {
                    event.stopPropagation();
                    setAt(row.index);
                    onToggle(entry.path);
                  }}
                  className={classNames(
                    'flex size-4 shrink-0 items-center justify-center rounded-sm border',
                    isChosen ? 'border-accent bg-accent text-on-accent' : 'border-line-strong bg-surface',
                  )}
                >
                  {isChosen && <Check size={12} strokeWidth={3} aria-hidden />}
                </span>
              )}
              <EntryIcon entry={entry} />
              <MiddleEllipsis text={entry.name} className="flex-1" />
              {entry.kind === 'file' ? (
                <span className="figures shrink-0 text-sm text-ink-3">{formatBytes(entry.sizeBytes)}</span>
              ) : (
                // biome-ignore lint/a11y/useKeyWithClickEvents: Enter does the same in the listbox
                // biome-ignore lint/a11y/noStaticElementInteractions: a single press for what a double press on the option does
                <span
                  onClick={(event) => {
                    event.stopPropagation();
                    onOpen(entry.path);
                  }}
                  className="flex size-6 shrink-0 items-center justify-center rounded-sm text-ink-3 hover:bg-pressed hover:text-ink"
                >
                  <ChevronRight size={14} strokeWidth={1.75} aria-hidden />
                </span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function EntryIcon({ entry }: { entry: Entry }) {
  const shared = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const;
  if (entry.kind === 'folder') return <Folder {...shared} className="shrink-0 text-accent" />;
  if (entry.looksLikeMedia) return <FileVideo {...shared} className="shrink-0 text-ink-2" />;
  return <File {...shared} className="shrink-0 text-ink-3" />;
}

function entryElementId(index: number): string {
  return `entry-${index}`;
}
