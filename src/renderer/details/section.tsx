import { ChevronRight } from 'lucide-react';
import { Collapsible } from 'radix-ui';
import { type ReactNode, useState } from 'react';

/** A titled part of the pane. */
export function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="mt-5">
      <div className="mb-2 flex items-center gap-2 border-b border-line pb-1">
        <h3 className="flex-1 text-sm font-medium text-ink-3">{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A part that opens. What it shows is made only once it is open. */
export function Fold({
  title,
  isOpenAtFirst = false,
  children,
}: {
  title: ReactNode;
  isOpenAtFirst?: boolean;
  children: ReactNode;
}) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <Collapsible.Root open={isOpen} onOpenChange={setIsOpen}>
      <Collapsible.Trigger className="group/fold -mx-1 flex h-7 w-[calc(100%+0.5rem)] items-center gap-1 rounded-md px-1 text-left text-ink-2 transition-colors hover:bg-hover hover:text-ink">
        <ChevronRight
          size={14}
          strokeWidth={1.75}
          aria-hidden
          className="shrink-0 transition-transform group-data-[state=open]/fold:rotate-90"
        />
        <span className="min-w-0 flex-1 truncate">{title}</span>
      </Collapsible.Trigger>
      <Collapsible.Content className="pt-1 pb-2">{children}</Collapsible.Content>
    </Collapsible.Root>
  );
}

/** Names and values, one pair a line. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
