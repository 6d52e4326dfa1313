/** The name by which others call: asked for once, remembered on this device. */
import { useState } from 'react';
import type { RegistrationState } from '../../../protocol/call';
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import { cleanName } from '../../../protocol/names';
import { Button } from '../../components/button';
import { TextField } from '../../components/field';
import { useServices, useTexts } from '../../services';
import { HubBanner } from '../../shell/hub-banner';
import { CallPicture } from '../pictures';
import type { Desk } from './desk';

export interface NameFormProps {
  readonly desk: Desk | null;
  readonly registration: RegistrationState;
  /** The name that is to be changed; null where there is none yet. */
  readonly before: string | null;
  /** The form has done its work: with another name, or with the one from before. */
  readonly onDone?: (name: string) => void;
}

export function NameForm({ desk, registration, before, onDone }: NameFormProps) {
  const { preferences } = useServices();
  const texts = useTexts();
  const [name, setName] = useState(() => preferences.get().callName);
  const [problem, setProblem] = useState<'typed' | 'told' | null>('told');
  const t = texts.call;
  const told = registration.at === 'refused' ? texts.errors[registration.code] : null;
  const error =
    problem === 'typed'
      ? t.name.invalid
      : problem === 'told' && told !== null
        ? `${told.title}. ${told.advice}`
        : null;
  return (
    <div className="name-form">
      <div className="name-form__picture">
        <CallPicture />
      </div>
      <div className="name-form__body">
        <h1>{t.title}</h1>
        <p>{t.lead}</p>
        <HubBanner />
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            const clean = cleanName(name);
            setProblem(clean === null ? 'typed' : 'told');
            if (clean === null) return;
            desk?.goOnline(clean);
            onDone?.(clean);
          }}
        >
          <TextField
            label={t.name.label}
            hint={t.name.hint}
            error={error}
            icon="person"
            value={name}
            maxLength={MAX_NAME_LENGTH}
            autoComplete="nickname"
            spellCheck={false}
            onChange={(event) => {
              setName(event.target.value);
              setProblem(null);
            }}
          />
          <Button
            type="submit"
            variant="primary"
            size="l"
            busy={registration.at === 'registering'}
            disabled={desk === null}
          >
            {registration.at === 'registering' ? t.name.registering : t.name.register}
          </Button>
          {before !== null && (
            <Button
              onClick={() => {
                onDone?.(before);
              }}
            >
              {t.online.keep(before)}
            </Button>
          )}
        </form>
      </div>
    </div>
  );
}
