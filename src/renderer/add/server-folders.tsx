import { ChevronRight, CornerLeftUp } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../controls/button.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import { classNames } from '../controls/class-names.ts';
import { Modal } from '../controls/modal.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { type PickerMode, usePicker } from '../stores/picker-store.ts';
import { text } from '../text/en.ts';
import { FolderEntries } from './folder-entries.tsx';
import { pathCrumbs } from './path-crumbs.ts';
import { useFolder } from './use-folder.ts';

/** Picks from the folders of the engine's machine: files and folders to encode, or a folder to write to. */
export function ServerFolders({ mode }: { mode: PickerMode }) {
  const answer = usePicker((state) => state.answer);
  const { listing, problem, isReading, go } = useFolder();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [showsAll, setShowsAll] = useState(false);
  const entries = (listing?.entries ?? []).filter(
    (entry) =>
      (entry.kind === 'folder' || (mode === 'sources' && (showsAll || entry.looksLikeMedia))) &&
      (showsAll || !entry.name.startsWith('.')),
  );
  const toggle = (path: string) => {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  };
  const finish = () => {
    if (mode === 'sources') answer([...chosen]);
    else if (listing !== null) answer([listing.path]);
  };
  return (
    <Modal
      title={text.picker[mode].title}
      description={text.picker[mode].body}
      width="medium"
      onClose={() => answer([])}
      footer={
        <>
          <span className="mr-auto">
            <Checkbox label={text.picker[mode].showAll} checked={showsAll} onChange={setShowsAll} />
          </span>
          <Button onClick={() => answer([])}>{text.common.cancel}</Button>
          <Button
            look="primary"
            disabled={mode === 'sources' ? chosen.size === 0 : listing === null}
            onClick={finish}
          >
            {mode === 'sources' ? text.picker.add(chosen.size) : text.picker.useFolder}
          </Button>
        </>
      }
    >
      <div className="flex h-10 items-center gap-1 border-y border-line bg-canvas px-3">
        <IconButton
          icon={CornerLeftUp}
          label={text.picker.up}
          disabled={listing?.parent == null}
          onClick={() => void go(listing?.parent ?? null)}
        />
        <nav
          aria-label={text.picker.crumbs}
          className="flex min-w-0 flex-1 items-center overflow-x-auto [scrollbar-width:none]"
        >
          {(listing === null ? [] : pathCrumbs(listing.path)).map((crumb, place, all) => (
            <span key={crumb.path} className="flex shrink-0 items-center">
              {place > 0 && <ChevronRight size={14} strokeWidth={1.75} aria-hidden className="text-ink-3" />}
              <button
                type="button"
                aria-current={place === all.length - 1 ? 'location' : undefined}
                onClick={() => void go(crumb.path)}
                className={classNames(
                  'max-w-48 truncate rounded-md px-1.5 py-0.5 hover:bg-pressed',
                  place === all.length - 1 ? 'font-medium' : 'text-ink-2',
                )}
              >
                {crumb.name}
              </button>
            </span>
          ))}
        </nav>
      </div>
      <div className="flex h-[min(50dvh,26rem)] min-h-40">
        <Places
          places={listing?.places ?? []}
          current={listing?.path ?? null}
          onGo={(path) => void go(path)}
        />
        <div className="flex min-w-0 flex-1 flex-col">
          {problem !== null && (
            <div className="p-3">
              <ProblemNote problem={problem} />
            </div>
          )}
          <FolderEntries
            key={listing?.path}
            entries={entries}
            chosen={mode === 'sources' ? chosen : null}
            isReading={isReading}
            onToggle={toggle}
            onOpen={(path) => void go(path)}
            onUp={() => listing?.parent != null && void go(listing.parent)}
            onFinish={finish}
          />
        </div>
      </div>
    </Modal>
  );
}

function Places({
  places,
  current,
  onGo,
}: {
  places: readonly { name: string; path: string }[];
  current: string | null;
  onGo: (path: string) => void;
}) {
  return (
    <nav
      aria-label={text.picker.places}
      className="w-40 shrink-0 overflow-y-auto border-r border-line bg-canvas p-2 max-sm:hidden"
    >
      {places.map((place) => (
        <button
          key={place.path}
          type="button"
          title={place.path}
          aria-current={place.path === current ? 'location' : undefined}
          onClick={() => onGo(place.path)}
          className={classNames(
            'block h-7 w-full truncate rounded-md px-2 text-left transition-colors hover:bg-pressed',
            place.path === current ? 'bg-pressed font-medium' : 'text-ink-2',
          )}
        >
          {place.name}
        </button>
      ))}
    </nav>
  );
}
