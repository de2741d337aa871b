import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';
import { Tip } from './tip.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong shadow-1',
  plain: 'bg-surface text-ink border border-line-strong hover:bg-hover active:bg-pressed shadow-1',
  quiet: 'text-ink-2 hover:bg-pressed hover:text-ink',
  danger: 'bg-surface text-failed border border-line-strong hover:bg-failed-soft shadow-1',
};

interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  size?: 'sm' | 'md';
  icon?: LucideIcon;
}

export function Button({
  look = 'plain',
  size = 'md',
  icon: Icon,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors',
        'disabled:pointer-events-none disabled:opacity-45',
        size === 'sm' ? 'h-6 px-2 text-sm' : 'h-7 px-2.5',
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {Icon && <Icon size={size === 'sm' ? 14 : 16} strokeWidth={1.75} aria-hidden className="-ml-0.5" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Read aloud, and shown on hover. */
  label: string;
  icon: LucideIcon;
  /** What the tip says where it should say less than the label. */
  tip?: string;
}

/** A square button with only an icon. */
export function IconButton({ label, icon: Icon, tip, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={tip ?? label}>
      <button
        type="button"
        aria-label={label}
        className={classNames(
          'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-2 transition-colors',
          'hover:bg-pressed hover:text-ink disabled:pointer-events-none disabled:opacity-45 data-[state=open]:bg-pressed',
          className,
        )}
        {...rest}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </button>
    </Tip>
  );
}
