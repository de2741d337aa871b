import { create } from 'zustand';

/** `sources`: files and folders to encode. `folder`: one folder to write to. */
export type PickerMode = 'sources' | 'folder';

interface PickerState {
  readonly mode: PickerMode | null;
  readonly answer: (paths: string[]) => void;
}

export const usePicker = create<PickerState>(() => ({ mode: null, answer: () => undefined }));

/** Lets a person pick from the folders of the engine's machine. Empty when they cancelled. */
export function pickOnServer(mode: PickerMode): Promise<string[]> {
  usePicker.getState().answer([]);
  return new Promise((resolve) => {
    usePicker.setState({
      mode,
      answer: (paths) => {
        usePicker.setState({ mode: null, answer: () => undefined });
        resolve(paths);
      },
    });
  });
}
