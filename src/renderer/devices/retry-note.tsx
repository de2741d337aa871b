import { useEffect, useState } from 'react';
import { formatEta } from '../../common/format.ts';
import { useTelemetry } from '../stores/telemetry-store.ts';
import { text } from '../text/en.ts';

/** When a GPU that failed is tried again, counted down by the engine's clock. */
export function RetryNote({ retryAt }: { retryAt: string }) {
  const aheadMs = useTelemetry((state) => state.engineAheadMs);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <span className="figures">{retryText(Date.parse(retryAt) - (now + aheadMs))}</span>;
}

export function retryText(leftMs: number): string {
  return leftMs > 0 ? text.devices.retryIn(formatEta(leftMs)) : text.devices.retryNow;
}
