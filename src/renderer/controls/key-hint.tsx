/** A key as it is written on the keyboard. */
export function KeyHint({ keys }: { keys: string }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line-strong bg-surface px-1 font-sans text-xs text-ink-2">
      {keys}
    </kbd>
  );
}
