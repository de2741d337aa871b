import { classNames } from './class-names.ts';

/** A few values side by side, one of them chosen. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { readonly value: T; readonly label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want to be part of a form
    <div
      role="group"
      aria-label={label}
      className="flex h-7 shrink-0 rounded-md border border-line bg-sunken p-px"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={classNames(
            'figures rounded-[5px] px-2 transition-colors',
            option.value === value ? 'bg-raised font-medium text-ink shadow-1' : 'text-ink-2 hover:text-ink',
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
