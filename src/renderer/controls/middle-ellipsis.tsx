import { classNames } from './class-names.ts';
import { splitForEllipsis } from './split-for-ellipsis.ts';

/** One line of text that is shortened in its middle: the end of a name tells files apart. */
export function MiddleEllipsis({ text, className }: { text: string; className?: string }) {
  const { head, tail } = splitForEllipsis(text);
  return (
    <span title={text} className={classNames('flex min-w-0 whitespace-pre', className)}>
      <span className="min-w-0 overflow-hidden text-ellipsis">{head}</span>
      {tail !== '' && <span className="shrink-0">{tail}</span>}
    </span>
  );
}
