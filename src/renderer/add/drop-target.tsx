import { ArrowDownToLine } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { attempt } from '../connection/attempt.ts';
import { native } from '../connection/native.ts';
import { text } from '../text/en.ts';
import { filesOfEntries } from './dropped-files.ts';
import { takeFiles, takePaths } from './take-files.ts';

/** Makes the whole window a place to drop files and folders on. */
export function DropTarget({ children }: { children: ReactNode }) {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    // Entering a child fires before leaving its parent: only a count tells when the window was left.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const over = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      takeDropped(event.dataTransfer);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return (
    <>
      {children}
      {isOver && (
        <div className="fade-in pointer-events-none fixed inset-0 z-50 bg-veil p-4">
          <div className="flex h-full flex-col items-center justify-center gap-3 rounded-lg border-2 border-dashed border-accent bg-accent-soft/90 text-accent">
            <ArrowDownToLine size={32} strokeWidth={1.5} aria-hidden />
            <span className="text-xl font-semibold">{text.add.dropHere}</span>
          </div>
        </div>
      )}
    </>
  );
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function takeDropped(data: DataTransfer): void {
  if (native !== null) {
    const bridge = native;
    takePaths([...data.files].map((file) => bridge.pathForFile(file)).filter((path) => path !== ''));
    return;
  }
  // Entries must be asked for before the first await: the browser empties the object when the handler returns.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  // Files that another program made on the fly have no entry.
  const loose = entries.length === 0 ? [...data.files] : [];
  void attempt(async () => {
    if (loose.length > 0) return takeFiles(loose);
    const { files, leftOut } = await filesOfEntries(entries);
    takeFiles(files, leftOut);
  });
}
