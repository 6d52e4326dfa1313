/** A labelled input with room for a hint or what is wrong with it, tied together for screen readers. */
import { useId, type ComponentProps, type ReactNode } from 'react';
import { classes } from './classes';
import { Icon, type IconName } from './icon';
import './field.css';

interface FieldFrame {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly icon?: IconName;
}

interface Ties {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

export interface FieldProps extends FieldFrame {
  readonly children: (ties: Ties) => ReactNode;
}

export function Field({ label, hint, error, icon, children }: FieldProps) {
  const id = useId();
  const wrong = typeof error === 'string' && error !== '';
  const note = wrong ? error : hint;
  const noted = note !== undefined && note !== null && note !== '';
  return (
    <div className={classes('field', wrong && 'field--wrong')}>
      <label className="field__label" htmlFor={id}>
        {icon !== undefined && <Icon name={icon} />}
        {label}
      </label>
      {children({
        id,
        'aria-describedby': noted ? `${id}-note` : undefined,
        'aria-invalid': wrong || undefined,
      })}
      {noted && (
        <div className="field__note" id={`${id}-note`} role={wrong ? 'alert' : undefined}>
          {note}
        </div>
      )}
    </div>
  );
}

export interface TextFieldProps extends FieldFrame, Omit<ComponentProps<'input'>, 'id' | 'children'> {}

export function TextField({ label, hint, error, icon, className, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error ?? null} {...(icon === undefined ? {} : { icon })}>
      {(ties) => <input {...input} {...ties} className={classes('field__input', className)} />}
    </Field>
  );
}

export interface SelectFieldProps extends FieldFrame {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly disabled?: boolean;
}

export function SelectField({
  label,
  hint,
  error,
  icon,
  value,
  options,
  onChange,
  disabled,
}: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error ?? null} {...(icon === undefined ? {} : { icon })}>
      {(ties) => (
        <span className="field__select">
          <select
            {...ties}
            className="field__input"
            value={value}
            disabled={disabled}
            onChange={(event) => {
              onChange(event.target.value);
            }}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
          <Icon name="chevron-down" />
        </span>
      )}
    </Field>
  );
}
