/** What the sections of the settings consist of: a group under a heading, a switch, a choice, a line that is typed. */
import { useEffect, useId, useState, type ReactNode } from 'react';
import type { SettingName } from '../../protocol/settings';
import { classes } from '../components/classes';
import { TextField, type TextFieldProps } from '../components/field';
import { useServices, useTexts } from '../services';
import type { Store } from '../store';
import { useStore } from '../store';
import type { AppSide } from './settings-store';
import './parts.css';

interface GroupProps {
  readonly title: string;
  readonly lead?: string;
  readonly children: ReactNode;
}

export function Group({ title, lead, children }: GroupProps) {
  const id = useId();
  return (
    <section className="settings-group" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {lead !== undefined && <p className="settings-group__lead">{lead}</p>}
      <div className="settings-group__body">{children}</div>
    </section>
  );
}

interface ChoiceProps {
  /** Of the group of choices. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChoose: () => void;
  /** Buttons beside the choice. */
  readonly actions?: ReactNode;
  /** Under the choice: what came of it. */
  readonly children?: ReactNode;
}

export function Choice({
  name,
  label,
  hint,
  checked,
  disabled = false,
  onChoose,
  actions,
  children,
}: ChoiceProps) {
  const id = useId();
  return (
    <div className={classes('choice', checked && 'choice--checked')}>
      <input
        id={id}
        type="radio"
        name={name}
        className="choice__input"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={onChoose}
      />
      <div className="choice__text">
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && <p id={`${id}-hint`}>{hint}</p>}
      </div>
      {actions !== undefined && <div className="choice__actions">{actions}</div>}
      {children !== undefined && children !== null && children !== false && (
        <div className="choice__more">{children}</div>
      )}
    </div>
  );
}

interface DraftProps extends Omit<TextFieldProps, 'value' | 'onChange' | 'onBlur' | 'onKeyDown' | 'error'> {
  readonly value: string;
  /** Null when it can be used, else what is wrong with it. */
  readonly check: (text: string) => string | null;
  readonly onCommit: (text: string) => void;
}

/** A line that counts when it is finished (Enter, or leaving it), not while it is being typed. */
export function DraftField({ value, check, onCommit, ...field }: DraftProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    // Changed elsewhere: what is shown follows.
    setDraft(null);
    setError(null);
  }, [value]);
  const commit = (): void => {
    if (draft === null) return;
    const text = draft.trim();
    const wrong = check(text);
    setError(wrong);
    if (wrong !== null) return;
    setDraft(null);
    if (text !== value) onCommit(text);
  };
  return (
    <TextField
      {...field}
      value={draft ?? value}
      error={error}
      onChange={(event) => {
        setDraft(event.target.value);
        setError(null);
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        if (event.key === 'Escape') {
          setDraft(null);
          setError(null);
        }
      }}
    />
  );
}

const IN_A_BROWSER: AppSide = {
  locked: {},
  secretsProtected: null,
  canStartAtLogin: false,
  ownFingerprint: null,
  trouble: null,
  folder: '',
};
const NO_APP: Store<AppSide> = { get: () => IN_A_BROWSER, subscribe: () => () => undefined };

export function useAppSide(): AppSide {
  const { preferences } = useServices();
  return useStore(preferences.app ?? NO_APP);
}

/** Why a setting cannot be changed in this run; undefined when it can. */
export function useLock(name: SettingName): string | undefined {
  const { locked } = useAppSide();
  const { lockedBy, lockedTo } = useTexts().settings;
  const lock = locked[name];
  if (lock === undefined) return undefined;
  return lock.value === '' ? lockedBy(lock.option) : lockedTo(lock.option, lock.value);
}
