import type { ReactNode } from 'react';

/** A titled part of the page: what it is about on the left, the controls on the right. */
export function SettingsGroup({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ReactNode;
}) {
  return (
    <section className="grid gap-x-8 gap-y-3 md:grid-cols-[13rem_minmax(0,1fr)]">
      <div>
        <h2 className="font-semibold">{title}</h2>
        <p className="text-ink-3">{lead}</p>
      </div>
      <div className="flex min-w-0 flex-col gap-4 rounded-lg border border-line bg-raised p-4 shadow-1">
        {children}
      </div>
    </section>
  );
}
