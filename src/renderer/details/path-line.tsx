import { ClipboardCopy } from 'lucide-react';
import { copyText } from '../connection/copy-text.ts';
import { IconButton } from '../controls/button.tsx';
import { text } from '../text/en.ts';

/** A whole path, wrapped where it must, with a way to copy it. */
export function PathLine({ path }: { path: string }) {
  return (
    <span className="group/path flex items-start gap-1">
      <span className="min-w-0 flex-1 wrap-anywhere">{path}</span>
      <IconButton
        icon={ClipboardCopy}
        label={text.actions.copyPath}
        onClick={() => void copyText(path)}
        className="-my-1 opacity-0 group-hover/path:opacity-100 focus-visible:opacity-100 [@media(hover:none)]:opacity-100"
      />
    </span>
  );
}
