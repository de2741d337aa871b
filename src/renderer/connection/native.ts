import type { NativeBridge } from '../../common/native-bridge.ts';

declare global {
  interface Window {
    readonly gantry?: NativeBridge;
  }
}

/** The desktop shell's calls; null in a browser. */
export const native: NativeBridge | null = typeof window === 'undefined' ? null : (window.gantry ?? null);

/** Whether shortcuts are written with ⌘ rather than Ctrl. */
export const usesCommandKey: boolean =
  native === null
    ? typeof navigator !== 'undefined' && /Mac/.test(navigator.userAgent)
    : native.platform === 'darwin';
