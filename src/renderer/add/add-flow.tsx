import { useEffect } from 'react';
import { useAdd } from '../stores/add-store.ts';
import { usePicker } from '../stores/picker-store.ts';
import { AddSheet } from './add-sheet.tsx';
import { pickFiles } from './pick-sources.ts';
import { ServerFolders } from './server-folders.tsx';
import { isUploading } from './take-files.ts';
import { UploadTray } from './upload-tray.tsx';

/** The parts of adding that are not tied to a page: the sheet, the server's folders, uploads that go on. */
export function AddFlow() {
  const isOpen = useAdd((state) => state.isOpen);
  const pickerMode = usePicker((state) => state.mode);
  useEffect(() => {
    const openByKey = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== 'o' ||
        !(event.ctrlKey || event.metaKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      void pickFiles();
    };
    const warn = (event: BeforeUnloadEvent) => {
      if (isUploading()) event.preventDefault();
    };
    window.addEventListener('keydown', openByKey);
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('keydown', openByKey);
      window.removeEventListener('beforeunload', warn);
    };
  }, []);
  return (
    <>
      {isOpen && <AddSheet />}
      {pickerMode !== null && <ServerFolders mode={pickerMode} />}
      <UploadTray />
    </>
  );
}
