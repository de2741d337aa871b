import type { LucideIcon } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A menu that opens from `trigger`. */
export function Menu({
  trigger,
  align = 'end',
  children,
}: {
  trigger: ReactNode;
  align?: 'start' | 'end';
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="rise-in z-50 min-w-48 rounded-lg border border-line bg-raised p-1 shadow-2"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({
  icon: Icon,
  keys,
  danger = false,
  disabled = false,
  onSelect,
  children,
}: {
  icon: LucideIcon;
  /** The shortcut that does the same. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item
      disabled={disabled}
      onSelect={onSelect}
      className={classNames(
        'flex h-7 items-center gap-2 rounded-md px-2 outline-none select-none',
        'data-[disabled]:opacity-45 data-[highlighted]:bg-pressed',
        danger ? 'text-failed' : 'text-ink',
      )}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className={danger ? '' : 'text-ink-2'} />
      <span className="flex-1">{children}</span>
      {keys !== undefined && <span className="pl-4 text-sm text-ink-3">{keys}</span>}
    </DropdownMenu.Item>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
