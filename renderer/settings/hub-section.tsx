/** Which hub this app meets others at: its own, with where it listens, or another computer's, by its certificate. */
import { useState } from 'react';
import * as v from 'valibot';
import type { Bridge } from '../../protocol/ipc';
import { hubUrlSchema, type HubCertificateReport, type Settings } from '../../protocol/settings';
import { Button } from '../components/button';
import { SelectField, TextField } from '../components/field';
import { StatusBanner } from '../components/status-banner';
import { SwitchField } from '../components/switch-field';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { CertificateGroup } from './certificate-group';
import { Fingerprint } from './fingerprint';
import { Choice, DraftField, Group, useAppSide, useLock } from './parts';
import { PresenterKeyGroup } from './presenter-key-group';
import { TestResult } from './test-result';

type Invoke = Pick<Bridge, 'invoke'>;

export function HubSection({ bridge }: { readonly bridge: Invoke }) {
  const { preferences, platform } = useServices();
  const { hub: t } = useTexts().settings;
  const settings = useStore(preferences);
  const address = useStore(platform.hub);
  const lock = useLock('remoteHub');
  const remote = lock === undefined ? settings.remoteHub : null;
  const [wantsRemote, setWantsRemote] = useState(false);
  const showsRemote = remote !== null || wantsRemote;
  return (
    <>
      {address.at === 'failed' && <StatusBanner tone="bad" title={address.message} />}
      <Group title={t.which} lead={t.lead}>
        {lock !== undefined && <p className="settings-lock">{lock}</p>}
        <div role="radiogroup" aria-label={t.which} className="settings-choices">
          <Choice
            name="hub"
            label={t.own}
            hint={t.ownHint}
            checked={!showsRemote}
            disabled={lock !== undefined}
            onChoose={() => {
              setWantsRemote(false);
              preferences.change({ remoteHub: null });
            }}
          />
          <Choice
            name="hub"
            label={t.remote}
            hint={t.remoteHint}
            checked={showsRemote}
            disabled={lock !== undefined}
            onChoose={() => {
              setWantsRemote(true);
            }}
          >
            {showsRemote && <RemoteHub bridge={bridge} current={remote} />}
          </Choice>
        </div>
      </Group>
      {!showsRemote && (
        <>
          <ListenGroup settings={settings} />
          <PresenterKeyGroup />
          <CertificateGroup bridge={bridge} />
        </>
      )}
    </>
  );
}

function RemoteHub({
  bridge,
  current,
}: {
  readonly bridge: Invoke;
  readonly current: Settings['remoteHub'];
}) {
  const { preferences } = useServices();
  const { hub: t, testing } = useTexts().settings;
  const [url, setUrl] = useState(current?.url ?? '');
  const [wrong, setWrong] = useState(false);
  const [seen, setSeen] = useState<{ url: string; report: HubCertificateReport } | 'looking' | null>(null);
  const look = (): void => {
    const wanted = url.trim();
    const valid = v.is(hubUrlSchema, wanted);
    setWrong(!valid);
    if (!valid) return;
    setSeen('looking');
    void bridge.invoke('settings:hubCertificate', wanted).then((result) => {
      const report: HubCertificateReport = result.ok ? result.value : { at: 'failed', why: 'unreachable' };
      setSeen({ url: wanted, report });
    });
  };
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        look();
      }}
    >
      <TextField
        label={t.url}
        hint={t.urlHint}
        error={wrong ? t.urlWrong : null}
        value={url}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => {
          setUrl(event.target.value);
          setWrong(false);
          setSeen(null);
        }}
      />
      {current !== null && current.fingerprint !== '' && seen === null && (
        <Fingerprint label={t.pinned} value={current.fingerprint} />
      )}
      <Button type="submit" busy={seen === 'looking'} disabled={url.trim() === ''}>
        {seen === 'looking' ? testing : t.look}
      </Button>
      {seen !== null && seen !== 'looking' && (
        <Certificate
          report={seen.report}
          before={current?.url === seen.url ? current.fingerprint : ''}
          onTrust={(fingerprint) => {
            preferences.change({ remoteHub: { url: seen.url, fingerprint } });
          }}
        />
      )}
    </form>
  );
}

interface CertificateProps {
  readonly report: HubCertificateReport;
  /** What was trusted for this address; empty: nothing. */
  readonly before: string;
  readonly onTrust: (fingerprint: string) => void;
}

function Certificate({ report, before, onTrust }: CertificateProps) {
  const { hub: t } = useTexts().settings;
  if (report.at === 'failed')
    return (
      <TestResult good={false}>
        <p>{t.failures[report.why]}</p>
      </TestResult>
    );
  const changed = before !== '' && before !== report.fingerprint;
  return (
    <div className="hub-certificate" role="status">
      {changed && <StatusBanner tone="bad" title={t.changed} />}
      <Fingerprint label={t.fingerprint} value={report.fingerprint} />
      <p className="settings-note">{report.trusted ? t.trusted : t.compare}</p>
      <Button
        variant="primary"
        onClick={() => {
          // What the system's authorities vouch for may be renewed at any time: nothing is pinned.
          onTrust(report.trusted ? '' : report.fingerprint);
        }}
      >
        {report.trusted ? t.connect : t.trust}
      </Button>
    </div>
  );
}

function ListenGroup({ settings }: { readonly settings: Settings }) {
  const { preferences } = useServices();
  const { hub: t } = useTexts().settings;
  const { trouble, locked } = useAppSide();
  const lock = useLock('hubListen');
  const portLock = useLock('hubPort');
  const { hubListen, hubPort, hubAnyPort } = settings;
  const [wantsOne, setWantsOne] = useState(false);
  const one = wantsOne || (hubListen !== 'localhost' && hubListen !== '0.0.0.0');
  return (
    <Group title={t.ownSettings}>
      {lock !== undefined && <p className="settings-lock">{lock}</p>}
      {trouble === 'cannot-listen' && <StatusBanner tone="bad" title={t.cannotListen} />}
      <SelectField
        label={t.listen}
        value={one ? 'one' : hubListen}
        disabled={lock !== undefined}
        options={[
          { value: 'localhost', label: t.listenLocal },
          { value: '0.0.0.0', label: t.listenAll },
          { value: 'one', label: t.listenOne },
        ]}
        onChange={(value) => {
          setWantsOne(value === 'one');
          if (value !== 'one') preferences.change({ hubListen: value });
        }}
      />
      {one && (
        <DraftField
          label={t.address}
          value={hubListen === 'localhost' || hubListen === '0.0.0.0' ? '' : hubListen}
          disabled={lock !== undefined}
          spellCheck={false}
          autoComplete="off"
          check={(text) => (v.is(v.pipe(v.string(), v.ip()), text) ? null : t.addressWrong)}
          onCommit={(text) => {
            preferences.change({ hubListen: text });
          }}
        />
      )}
      <DraftField
        label={t.port}
        hint={portLock ?? t.restarts}
        value={String(hubPort)}
        disabled={locked.hubPort !== undefined}
        inputMode="numeric"
        autoComplete="off"
        check={(text) => (/^\d{1,5}$/.test(text) && isPort(Number(text)) ? null : t.portWrong)}
        onCommit={(text) => {
          preferences.change({ hubPort: Number(text) });
        }}
      />
      <SwitchField
        label={t.anyPort}
        checked={hubAnyPort}
        disabled={locked.hubAnyPort !== undefined}
        onChange={(on) => {
          preferences.change({ hubAnyPort: on });
        }}
      />
    </Group>
  );
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
