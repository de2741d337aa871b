import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';

/** A short explanation on hover or focus. The child must be able to take a ref. */
export function Tip({ text, children }: { text: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="fade-in z-50 max-w-96 rounded-md bg-ink px-2 py-1 text-sm break-words text-surface shadow-2"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
