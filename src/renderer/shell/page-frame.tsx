import type { ReactNode } from 'react';

/** Title, actions and a scrolling body: every page but the queue. */
export function PageFrame({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-canvas px-5">
        <h1 className="text-lg font-semibold whitespace-nowrap">{title}</h1>
        {lead !== undefined && <p className="min-w-0 flex-1 truncate text-ink-3">{lead}</p>}
        <div className="ml-auto flex shrink-0 gap-2">{actions}</div>
      </header>
      {children}
    </div>
  );
}
