/** STUN and TURN servers: a list, one form to add to it, and for each a test that says what it is good for. */
import { useState } from 'react';
import * as v from 'valibot';
import { iceServerSchema, MAX_ICE_SERVERS, type IceServer } from '../../protocol/settings';
import { Button } from '../components/button';
import { TextField } from '../components/field';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { testIceServer, type IceTestResult } from './ice-test';
import { Group, useAppSide } from './parts';
import { TestResult } from './test-result';

export function ConnectionSection() {
  const { preferences } = useServices();
  const { connection: t } = useTexts().settings;
  const { iceServers } = useStore(preferences);
  const { secretsProtected } = useAppSide();
  return (
    <Group title={t.servers} lead={t.lead}>
      {iceServers.length === 0 ? (
        <p className="settings-note">{t.none}</p>
      ) : (
        <ul className="settings-list">
          {iceServers.map((server, index) => (
            <ServerRow
              key={`${index} ${server.url}`}
              server={server}
              onRemove={() => {
                preferences.change({ iceServers: iceServers.filter((each) => each !== server) });
              }}
            />
          ))}
        </ul>
      )}
      {secretsProtected !== null && iceServers.some(({ kind }) => kind === 'turn') && (
        <p className="settings-note">{secretsProtected ? t.protected : t.unprotected}</p>
      )}
      {iceServers.length < MAX_ICE_SERVERS ? (
        <ServerForm
          onAdd={(server) => {
            preferences.change({ iceServers: [...iceServers, server] });
          }}
        />
      ) : (
        <p className="settings-note">{t.full(MAX_ICE_SERVERS)}</p>
      )}
    </Group>
  );
}

function ServerRow({ server, onRemove }: { readonly server: IceServer; readonly onRemove: () => void }) {
  const { timers } = useServices();
  const { settings: texts } = useTexts();
  const t = texts.connection;
  const [result, setResult] = useState<IceTestResult | 'testing' | null>(null);
  const done = result === 'testing' ? null : result;
  return (
    <li className="settings-row">
      <div className="settings-row__text">
        <strong>{server.url}</strong>
        {server.kind === 'turn' && <p>{server.user}</p>}
      </div>
      <div className="settings-row__actions">
        <Button
          aria-label={texts.testOne(server.url)}
          busy={result === 'testing'}
          onClick={() => {
            setResult('testing');
            void testIceServer(server, timers).then(setResult);
          }}
        >
          {result === 'testing' ? texts.testing : texts.test}
        </Button>
        <Button variant="plain" aria-label={texts.removeOne(server.url)} onClick={onRemove}>
          {texts.remove}
        </Button>
      </div>
      {done !== null && (
        <div className="settings-row__more">
          <TestResult good={['relay', 'public', 'answers'].includes(done.verdict)}>
            <p>{t.found[done.verdict]}</p>
            <p>
              {done.types.length === 0
                ? t.nothing
                : t.candidates([...new Set(done.types.map((type) => t.candidate[type]))].join(', '))}
            </p>
          </TestResult>
        </div>
      )}
    </li>
  );
}

const EMPTY = { url: '', user: '', password: '' };

function ServerForm({ onAdd }: { readonly onAdd: (server: IceServer) => void }) {
  const { settings: texts } = useTexts();
  const t = texts.connection;
  const [draft, setDraft] = useState(EMPTY);
  const [wrong, setWrong] = useState(false);
  const turn = /^turns?:/i.test(draft.url.trim());
  const set = (patch: Partial<typeof EMPTY>): void => {
    setDraft({ ...draft, ...patch });
    setWrong(false);
  };
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        const url = draft.url.trim();
        const raw = turn ? { kind: 'turn', ...draft, url } : { kind: 'stun', url };
        const result = v.safeParse(iceServerSchema, raw);
        setWrong(!result.success);
        if (!result.success) return;
        onAdd(result.output);
        setDraft(EMPTY);
      }}
    >
      <TextField
        label={t.url}
        hint={t.urlHint}
        error={wrong ? t.urlWrong : null}
        value={draft.url}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => {
          set({ url: event.target.value });
        }}
      />
      {turn && (
        <div className="settings-pair">
          <TextField
            label={t.user}
            value={draft.user}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              set({ user: event.target.value });
            }}
          />
          <TextField
            label={t.password}
            type="password"
            value={draft.password}
            autoComplete="off"
            onChange={(event) => {
              set({ password: event.target.value });
            }}
          />
        </div>
      )}
      <Button type="submit" disabled={draft.url.trim() === ''}>
        {texts.add}
      </Button>
    </form>
  );
}
