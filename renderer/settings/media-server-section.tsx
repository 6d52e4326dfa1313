/** Which media server carries sound and pictures: the one in the app, or a Kurento Media Server; each can be tested. */
import { useState } from 'react';
import * as v from 'valibot';
import type { Bridge } from '../../protocol/ipc';
import {
  MAX_MEDIA_SERVERS,
  mediaServerUriSchema,
  type MediaServerReport,
  type Settings,
} from '../../protocol/settings';
import { Button } from '../components/button';
import { TextField } from '../components/field';
import { useLanguage, useServices, useTexts } from '../services';
import { useStore } from '../store';
import { Choice, DraftField, Group, useAppSide, useLock } from './parts';
import { parsePorts, formatPorts } from './ports';
import { TestResult } from './test-result';

export function MediaServerSection({ bridge }: { readonly bridge: Pick<Bridge, 'invoke'> }) {
  const { preferences } = useServices();
  const { media: t } = useTexts().settings;
  const settings = useStore(preferences);
  const lock = useLock('mediaServer');
  const { locked } = useAppSide();
  const inUse = locked.mediaServer?.value ?? settings.mediaServer;
  const listed = [...new Set([...settings.mediaServers, ...(inUse === '' ? [] : [inUse])])];
  const full = settings.mediaServers.length >= MAX_MEDIA_SERVERS;
  return (
    <>
      <Group title={t.which} lead={t.lead}>
        {lock !== undefined && <p className="settings-lock">{lock}</p>}
        <div role="radiogroup" aria-label={t.which} className="settings-choices">
          <ServerChoice bridge={bridge} uri="" inUse={inUse} locked={lock !== undefined} />
          {listed.map((uri) => (
            <ServerChoice key={uri} bridge={bridge} uri={uri} inUse={inUse} locked={lock !== undefined} />
          ))}
        </div>
        <p className="settings-note">{t.switching}</p>
        {full ? (
          <p className="settings-note">{t.full(MAX_MEDIA_SERVERS)}</p>
        ) : (
          <ServerForm known={settings.mediaServers} />
        )}
      </Group>
      <EmbeddedGroup settings={settings} />
    </>
  );
}

interface ServerChoiceProps {
  readonly bridge: Pick<Bridge, 'invoke'>;
  /** Empty: the embedded one. */
  readonly uri: string;
  readonly inUse: string;
  readonly locked: boolean;
}

function ServerChoice({ bridge, uri, inUse, locked }: ServerChoiceProps) {
  const { preferences } = useServices();
  const { settings: texts } = useTexts();
  const { mediaServers } = useStore(preferences);
  const [report, setReport] = useState<MediaServerReport | 'testing' | null>(null);
  const t = texts.media;
  const embedded = uri === '';
  const label = embedded ? t.embedded : uri;
  return (
    <Choice
      name="media-server"
      label={label}
      hint={embedded ? t.embeddedHint : undefined}
      checked={uri === inUse}
      disabled={locked}
      onChoose={() => {
        preferences.change({ mediaServer: uri });
      }}
      actions={
        <>
          {/* The one in the app runs only while it is in use. */}
          {(!embedded || inUse === '') && (
            <Button
              aria-label={texts.testOne(label)}
              busy={report === 'testing'}
              onClick={() => {
                setReport('testing');
                void bridge.invoke('settings:testMediaServer', uri).then((result) => {
                  setReport(result.ok ? result.value : { at: 'failed', why: 'unreachable' });
                });
              }}
            >
              {report === 'testing' ? texts.testing : texts.test}
            </Button>
          )}
          {!embedded && uri !== inUse && (
            <Button
              variant="plain"
              aria-label={texts.removeOne(uri)}
              onClick={() => {
                preferences.change({ mediaServers: mediaServers.filter((each) => each !== uri) });
              }}
            >
              {texts.remove}
            </Button>
          )}
        </>
      }
    >
      {report !== null && report !== 'testing' && <Report report={report} />}
    </Choice>
  );
}

function Report({ report }: { readonly report: MediaServerReport }) {
  const { media: t } = useTexts().settings;
  const number = new Intl.NumberFormat(useLanguage(), { maximumSignificantDigits: 2 });
  if (report.at === 'failed')
    return (
      <TestResult good={false}>
        <p>{t.failures[report.why]}</p>
      </TestResult>
    );
  return (
    <TestResult good>
      <p>{t.reached(report.version, number.format(report.roundTrip))}</p>
      <p>
        {t.modules(report.modules.map(({ name, version }) => `${name} ${version}`).join(', '))}{' '}
        {report.hats ? t.hats : t.noHats}
      </p>
    </TestResult>
  );
}

function ServerForm({ known }: { readonly known: readonly string[] }) {
  const { preferences } = useServices();
  const { settings: texts } = useTexts();
  const [draft, setDraft] = useState('');
  const [error, setError] = useState<string | null>(null);
  const t = texts.media;
  return (
    <form
      className="settings-form settings-form--line"
      onSubmit={(event) => {
        event.preventDefault();
        const uri = draft.trim();
        const result = v.safeParse(mediaServerUriSchema, uri);
        const wrong = !result.success ? t.addWrong : known.includes(uri) ? t.known : null;
        setError(wrong);
        if (wrong !== null) return;
        preferences.change({ mediaServers: [...known, uri] });
        setDraft('');
      }}
    >
      <TextField
        label={t.addLabel}
        hint={t.addHint}
        error={error}
        value={draft}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => {
          setDraft(event.target.value);
          setError(null);
        }}
      />
      <Button type="submit" disabled={draft.trim() === ''}>
        {texts.add}
      </Button>
    </form>
  );
}

function EmbeddedGroup({ settings }: { readonly settings: Settings }) {
  const { preferences } = useServices();
  const { media: t } = useTexts().settings;
  return (
    <Group title={t.ports}>
      <div className="settings-pair">
        <DraftField
          label={t.udpPorts}
          hint={t.udpPortsHint}
          value={formatPorts(settings.udpPorts)}
          inputMode="numeric"
          autoComplete="off"
          check={(text) => (parsePorts(text) === undefined ? t.udpPortsWrong : null)}
          onCommit={(text) => {
            preferences.change({ udpPorts: parsePorts(text) ?? null });
          }}
        />
        <DraftField
          label={t.announced}
          hint={t.announcedHint}
          value={settings.announcedAddress}
          autoComplete="off"
          spellCheck={false}
          check={(text) => (text === '' || v.is(v.pipe(v.string(), v.ip()), text) ? null : t.announcedWrong)}
          onCommit={(announcedAddress) => {
            preferences.change({ announcedAddress });
          }}
        />
      </div>
    </Group>
  );
}
