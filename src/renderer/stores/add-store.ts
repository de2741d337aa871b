import { create } from 'zustand';
import type { DeviceChoice, OutputChoice } from '../../common/job.ts';
import type { PresetId } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { Settings } from '../../common/settings.ts';
import type { SourceInfo } from '../../common/source.ts';

/** How far a file is on its way into the queue. */
export type AddStage =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'uploading'; readonly fraction: number }
  /** On the engine's machine, being inspected. */
  | { readonly kind: 'reading'; readonly path: string }
  | { readonly kind: 'ready'; readonly path: string; readonly info: SourceInfo }
  /** Too large to look into here: the engine walks it when it is added. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'upload-failed'; readonly problem: Problem }
  /** Cannot be encoded: left out. */
  | { readonly kind: 'refused'; readonly problem: Problem };

/** What the new jobs are to be. */
export interface AddChoices {
  readonly preset: PresetId;
  readonly device: DeviceChoice;
  readonly output: OutputChoice;
}

export interface AddItem {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number | null;
  /** Null for what is already on the engine's machine. */
  readonly file: File | null;
  readonly stage: AddStage;
  /** Set once the person pressed Start while the upload went on: the job is added when it is complete. */
  readonly promised: AddChoices | null;
}

interface AddState {
  readonly isOpen: boolean;
  readonly items: readonly AddItem[];
  /** Choices of this session; null takes the settings' own. */
  readonly preset: PresetId | null;
  readonly device: DeviceChoice;
  readonly output: OutputChoice | null;
}

export const useAdd = create<AddState>(() => ({
  isOpen: false,
  items: [],
  preset: null,
  device: 'auto',
  output: null,
}));

export function setStage(key: number, stage: AddStage): void {
  useAdd.setState((state) => ({
    items: state.items.map((item) => (item.key === key ? { ...item, stage } : item)),
  }));
}

export function findItem(key: number): AddItem | undefined {
  return useAdd.getState().items.find((item) => item.key === key);
}

export function dropItems(keys: ReadonlySet<number>): void {
  useAdd.setState((state) => ({ items: state.items.filter((item) => !keys.has(item.key)) }));
}

/** The choices that a new job gets now. */
export function choicesOf(
  state: Pick<AddState, 'preset' | 'device' | 'output'>,
  settings: Settings,
): AddChoices {
  return {
    preset: state.preset ?? settings.defaultPreset,
    device: state.device,
    output: state.output ?? settings.output,
  };
}

/** Items that the sheet shows: those that were not started yet. */
export function openItems(items: readonly AddItem[]): AddItem[] {
  return items.filter((item) => item.promised === null);
}
