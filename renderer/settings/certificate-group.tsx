/** The certificate of this computer's hub: its own, or the user's files; and its fingerprint, for others to compare. */
import { useState } from 'react';
import type { Bridge } from '../../protocol/ipc';
import { Button } from '../components/button';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { Fingerprint } from './fingerprint';
import { Choice, Group, useAppSide, useLock } from './parts';

export function CertificateGroup({ bridge }: { readonly bridge: Pick<Bridge, 'invoke'> }) {
  const { preferences } = useServices();
  const { hub: t } = useTexts().settings;
  const { certificate } = useStore(preferences);
  const { ownFingerprint } = useAppSide();
  const lock = useLock('certificate');
  const locked = lock !== undefined;
  const [wantsFiles, setWantsFiles] = useState(false);
  const files = certificate !== null || wantsFiles;
  return (
    <Group title={t.certificate}>
      {locked && <p className="settings-lock">{lock}</p>}
      <div role="radiogroup" aria-label={t.certificate} className="settings-choices">
        <Choice
          name="certificate"
          label={t.certificateOwn}
          checked={!files}
          disabled={locked}
          onChoose={() => {
            setWantsFiles(false);
            preferences.change({ certificate: null });
          }}
        />
        <Choice
          name="certificate"
          label={t.certificateFiles}
          checked={files}
          disabled={locked}
          onChoose={() => {
            setWantsFiles(true);
          }}
        >
          {files && <Files bridge={bridge} locked={locked} />}
        </Choice>
      </div>
      {ownFingerprint !== null && (
        <>
          <Fingerprint label={t.ownFingerprint} value={ownFingerprint} />
          <p className="settings-note">{t.ownFingerprintHint}</p>
        </>
      )}
    </Group>
  );
}

function Files({ bridge, locked }: { readonly bridge: Pick<Bridge, 'invoke'>; readonly locked: boolean }) {
  const { preferences } = useServices();
  const { hub: t } = useTexts().settings;
  const { certificate } = useStore(preferences);
  const [chosen, setChosen] = useState({
    certificate: certificate?.certFile ?? '',
    key: certificate?.keyFile ?? '',
  });
  const choose = async (kind: 'certificate' | 'key'): Promise<void> => {
    const result = await bridge.invoke('settings:chooseFile', kind);
    if (result.ok && result.value !== null) setChosen({ ...chosen, [kind]: result.value });
  };
  const same = chosen.certificate === certificate?.certFile && chosen.key === certificate.keyFile;
  return (
    <div className="settings-form">
      {(['certificate', 'key'] as const).map((kind) => (
        <div key={kind} className="settings-file">
          <div>
            <strong>{kind === 'key' ? t.keyFile : t.certFile}</strong>
            <p>{chosen[kind] === '' ? '–' : chosen[kind]}</p>
          </div>
          <Button
            disabled={locked}
            aria-label={`${t.choose} ${kind === 'key' ? t.keyFile : t.certFile}`}
            onClick={() => void choose(kind)}
          >
            {t.choose}
          </Button>
        </div>
      ))}
      <p className="settings-note">{t.restarts}</p>
      <Button
        variant="primary"
        disabled={locked || same || chosen.certificate === '' || chosen.key === ''}
        onClick={() => {
          preferences.change({ certificate: { certFile: chosen.certificate, keyFile: chosen.key } });
        }}
      >
        {t.useFiles}
      </Button>
    </div>
  );
}
