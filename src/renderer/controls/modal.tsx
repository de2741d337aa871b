import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { text } from '../text/en.ts';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';

/** A window over the window: keeps the focus inside, closes by Escape. */
export function Modal({
  title,
  description,
  width,
  onClose,
  children,
  footer,
  onKeyDown,
}: {
  title: string;
  description?: string;
  width: 'narrow' | 'medium' | 'wide';
  onClose: () => void;
  children: ReactNode;
  footer: ReactNode;
  onKeyDown?: (event: React.KeyboardEvent) => void;
}) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fade-in fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          // A press beside the window would throw away what was chosen or written in it.
          onInteractOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={(event) => {
            // The first control would be Close; what the window is for comes first.
            const first =
              event.currentTarget instanceof HTMLElement
                ? event.currentTarget.querySelector<HTMLElement>('[data-focus-first]')
                : null;
            if (first === null) return;
            event.preventDefault();
            first.focus();
          }}
          {...(onKeyDown === undefined ? {} : { onKeyDown })}
          className={classNames(
            'fixed inset-0 z-40 m-auto flex h-fit max-h-[calc(100dvh-4rem)] w-[calc(100vw-2rem)] flex-col overflow-hidden',
            'rise-in rounded-lg border border-line bg-raised shadow-3 outline-none',
            width === 'narrow' && 'max-w-md',
            width === 'medium' && 'max-w-2xl',
            width === 'wide' && 'max-w-5xl',
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
              {description !== undefined && (
                <Dialog.Description className="text-ink-2">{description}</Dialog.Description>
              )}
            </div>
            <Dialog.Close asChild>
              <IconButton icon={X} label={text.common.close} className="-mr-2" />
            </Dialog.Close>
          </header>
          {children}
          <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">
            {footer}
          </footer>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
