import { Check } from 'lucide-react';
import { Checkbox as Box } from 'radix-ui';
import { useId } from 'react';

/** A box to tick, with its label beside it. */
export function Checkbox({
  label,
  hint,
  checked,
  disabled = false,
  onChange,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <Box.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(next) => onChange(next === true)}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-surface transition-colors disabled:opacity-45 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <Box.Indicator>
          <Check size={12} strokeWidth={3} aria-hidden className="text-on-accent" />
        </Box.Indicator>
      </Box.Root>
      <label htmlFor={id} className="min-w-0">
        {label}
        {hint !== undefined && <span className="block text-sm text-ink-3">{hint}</span>}
      </label>
    </div>
  );
}
