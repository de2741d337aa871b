import { useEffect } from 'react';
import { useSummary } from '../stores/summary-store.ts';
import { text } from '../text/en.ts';

/** Says in the tab and the task bar whether anything runs. */
export function useWindowTitle(): void {
  const running = useSummary(({ summary }) => summary?.counts.running ?? 0);
  useEffect(() => {
    document.title = running === 0 ? text.app.name : text.app.titleRunning(running);
  }, [running]);
}
