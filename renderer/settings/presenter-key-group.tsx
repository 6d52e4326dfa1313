/** Who may present on this computer's hub: everybody who reaches it, or only who knows a key. Takes effect at once. */
import { useState } from 'react';
import { MAX_SECRET_LENGTH } from '../../protocol/limits';
import { Button } from '../components/button';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { DraftField, Group, useAppSide, useLock } from './parts';

export function PresenterKeyGroup() {
  const { preferences } = useServices();
  const { settings: texts } = useTexts();
  const { presenterKey } = useStore(preferences);
  const { secretsProtected } = useAppSide();
  const lock = useLock('presenterKey');
  const [visible, setVisible] = useState(false);
  const t = texts.hub;
  return (
    <Group title={t.presenting}>
      {lock !== undefined && <p className="settings-lock">{lock}</p>}
      <div className="presenter-key">
        <DraftField
          label={t.presenterKey}
          hint={presenterKey === '' ? t.presenterKeyNone : t.presenterKeySet}
          type={visible ? 'text' : 'password'}
          value={presenterKey}
          maxLength={MAX_SECRET_LENGTH}
          disabled={lock !== undefined}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          check={() => null}
          onCommit={(key) => {
            preferences.change({ presenterKey: key });
          }}
        />
        <Button
          variant="plain"
          disabled={lock !== undefined}
          onClick={() => {
            setVisible(!visible);
          }}
        >
          {visible ? t.hideKey : t.showKey}
        </Button>
      </div>
      {presenterKey !== '' && secretsProtected !== null && (
        <p className="settings-note">
          {secretsProtected ? texts.connection.protected : texts.connection.unprotected}
        </p>
      )}
    </Group>
  );
}
