import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

/** A labelled control with an optional line of help or of what is wrong. */
export function Field({
  label,
  hint,
  problem,
  children,
}: {
  label: string;
  hint?: ReactNode;
  problem?: string | null;
  children: (ids: { id: string; 'aria-describedby': string | undefined }) => ReactNode;
}) {
  const id = useId();
  const hasNote = Boolean(problem) || hint !== undefined;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium text-ink-2">
        {label}
      </label>
      {children({ id, 'aria-describedby': hasNote ? `${id}-note` : undefined })}
      {hasNote && (
        <div id={`${id}-note`} className={classNames('text-sm', problem ? 'text-failed' : 'text-ink-3')}>
          {problem || hint}
        </div>
      )}
    </div>
  );
}

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      className={classNames(
        'h-7 min-w-0 rounded-md border border-line-strong bg-surface px-2 shadow-1 transition-colors',
        'hover:border-ink-3 aria-invalid:border-failed disabled:opacity-45',
        className,
      )}
      {...rest}
    />
  );
}

/** A number, or nothing where `emptyMeans` says what nothing means. */
export function NumberInput({
  value,
  onChange,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'type'> & {
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  return (
    <TextInput
      type="number"
      inputMode="decimal"
      value={value ?? ''}
      onChange={(event) => {
        const next = event.target.valueAsNumber;
        onChange(Number.isFinite(next) ? next : null);
      }}
      {...rest}
    />
  );
}
