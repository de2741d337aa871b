import { text } from '../text/en.ts';

/** Says calmly that what is on screen may be old. Nothing is lost: the queue runs in the engine. */
export function ReconnectingBar() {
  return (
    <div
      role="status"
      className="fade-in flex h-8 shrink-0 items-center gap-2 border-b border-line bg-attention-soft px-4 text-attention"
    >
      <span className="breathe size-2 rounded-full bg-attention" />
      <span className="font-medium">{text.connection.reconnecting}</span>
      <span className="truncate text-ink-2">{text.connection.reconnectingHint}</span>
    </div>
  );
}
