import { toast } from 'sonner';
import { text } from '../text/en.ts';

/** Puts text on the clipboard and says so. */
export async function copyText(value: string): Promise<void> {
  if (await toClipboard(value)) toast.success(text.toasts.copied, { id: 'copied' });
  else toast.error(text.toasts.notCopied, { id: 'copied' });
}

async function toClipboard(value: string): Promise<boolean> {
  // Pages reached over plain HTTP from another machine have no clipboard object.
  if (navigator.clipboard === undefined) return copyBySelection(value);
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copyBySelection(value);
  }
}

function copyBySelection(value: string): boolean {
  const area = document.createElement('textarea');
  area.value = value;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}
