/** Where to look when something does not work. */
import type { Bridge } from '../../protocol/ipc';
import { Button } from '../components/button';
import { useTexts } from '../services';
import { Group, useAppSide } from './parts';

export function HelpSection({ bridge }: { readonly bridge: Pick<Bridge, 'invoke'> | null }) {
  const { help: t } = useTexts().settings;
  const { folder } = useAppSide();
  return (
    <>
      <Group title={t.diagnosis} lead={t.diagnosisHint}>
        <div className="settings-actions">
          <a className="button button--quiet" href="#/diagnosis">
            {t.runDiagnosis}
          </a>
        </div>
      </Group>
      {bridge !== null && (
        <Group title={t.log} lead={t.logHint}>
          <div className="settings-actions">
            <Button onClick={() => void bridge.invoke('log:show')}>{t.showLog}</Button>
          </div>
          <p className="settings-note">
            {t.folder} <span className="settings-path">{folder}</span>
          </p>
        </Group>
      )}
    </>
  );
}
