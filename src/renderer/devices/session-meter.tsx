import { classNames } from '../controls/class-names.ts';
import { text } from '../text/en.ts';

/** More than this many blocks say no more than the figures do. */
const MOST_BLOCKS = 16;

/** Encodes on a device against how many it takes: own ones filled, those of other programs hatched. */
export function SessionMeter({
  sessions: { used, others, limit },
  color,
}: {
  sessions: { used: number; others: number; limit: number | null };
  color: string;
}) {
  const own = Math.max(0, used - others);
  const blocks = limit === null ? 0 : Math.max(limit, used);
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-ink-2">
      {blocks > 0 && blocks <= MOST_BLOCKS && (
        <span className="flex gap-0.5" aria-hidden>
          {[...Array(blocks).keys()].map((place) => (
            <span
              key={place}
              className={classNames('h-3 w-1.5 rounded-[2px]', place >= used && 'bg-track')}
              style={
                place < own
                  ? { background: color }
                  : place < used
                    ? {
                        background:
                          'repeating-linear-gradient(135deg, var(--ink-3) 0 2px, var(--track) 2px 4px)',
                      }
                    : undefined
              }
            />
          ))}
        </span>
      )}
      <span className="figures">{text.devices.sessions(used, limit)}</span>
      {others > 0 && <span className="figures text-ink-3">{text.devices.otherSessions(others)}</span>}
    </p>
  );
}
