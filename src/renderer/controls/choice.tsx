import { Check, ChevronDown } from 'lucide-react';
import { Select } from 'radix-ui';
import { classNames } from './class-names.ts';

export interface ChoiceOption<T extends string> {
  readonly value: T;
  readonly label: string;
  /** A second, quieter line: what the option means, or why it cannot be chosen. */
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** One of several values, in a list that opens. */
export function Choice<T extends string>({
  id,
  label,
  value,
  options,
  onChange,
  className,
  disabled = false,
}: {
  id?: string;
  /** Read aloud where no visible label points at `id`. */
  label?: string;
  value: T;
  options: readonly ChoiceOption<T>[];
  onChange: (value: T) => void;
  className?: string;
  disabled?: boolean;
}) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Select.Root
      value={value}
      disabled={disabled}
      onValueChange={(next) => {
        const option = options.find((candidate) => candidate.value === next);
        if (option !== undefined) onChange(option.value);
      }}
    >
      <Select.Trigger
        id={id}
        aria-label={label}
        className={classNames(
          'inline-flex h-7 min-w-0 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2.5 text-left shadow-1',
          'transition-colors hover:bg-hover disabled:opacity-45 data-[state=open]:bg-hover',
          className,
        )}
      >
        <span className="min-w-0 flex-1 truncate">
          <Select.Value>{chosen?.label ?? value}</Select.Value>
        </span>
        <Select.Icon>
          <ChevronDown size={14} strokeWidth={1.75} aria-hidden className="text-ink-3" />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className="rise-in z-50 max-h-[min(24rem,var(--radix-select-content-available-height))] max-w-96 min-w-[var(--radix-select-trigger-width)] overflow-hidden rounded-lg border border-line bg-raised shadow-2"
        >
          <Select.Viewport className="p-1">
            {options.map((option) => (
              <Select.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="flex items-start gap-2 rounded-md px-2 py-1 outline-none select-none data-[disabled]:opacity-55 data-[highlighted]:bg-pressed"
              >
                <span className="min-w-0 flex-1">
                  <Select.ItemText>{option.label}</Select.ItemText>
                  {option.hint !== undefined && (
                    <span className="block text-sm text-ink-2">{option.hint}</span>
                  )}
                </span>
                <span className="flex size-5 items-center justify-center">
                  <Select.ItemIndicator>
                    <Check size={14} strokeWidth={2} aria-hidden className="text-accent" />
                  </Select.ItemIndicator>
                </span>
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  );
}
