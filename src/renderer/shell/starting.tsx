import { text } from '../text/en.ts';
import { Mark } from './mark.tsx';

/** Before the first answer of the engine. */
export function Starting({ isRetrying }: { isRetrying: boolean }) {
  return (
    <main className="flex h-full flex-col items-center justify-center gap-4 p-8 text-center">
      <Mark size={40} />
      <div role="status">
        <h1 className="text-lg font-semibold">
          {isRetrying ? text.connection.notReachable : text.connection.connecting}
        </h1>
        {isRetrying && <p className="mt-1 max-w-sm text-ink-2">{text.connection.notReachableHint}</p>}
      </div>
    </main>
  );
}
