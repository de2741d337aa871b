import { text } from '../text/en.ts';

/**
 * Says calmly that what is on screen may be old. Nothing is lost: the queue runs in the engine. Floats, so that no row
 * moves when it comes and goes.
 */
export function ReconnectingBar() {
  return (
    <div className="pointer-events-none absolute inset-x-0 top-2 z-30 flex justify-center px-3">
      <p
        role="status"
        className="rise-in flex h-8 max-w-full items-center gap-2 rounded-full border border-line bg-attention-soft px-3.5 shadow-2"
      >
        <span className="breathe size-2 shrink-0 rounded-full bg-attention" />
        <span className="font-medium whitespace-nowrap text-attention">{text.connection.reconnecting}</span>
        <span className="truncate text-ink-2">{text.connection.reconnectingHint}</span>
      </p>
    </div>
  );
}
