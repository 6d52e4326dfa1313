/** Between calls: who is here, whom to call, what was, and how the last call ended. */
import { useEffect, useState } from 'react';
import type { CallState, RegistrationState } from '../../../protocol/call';
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import { cleanName } from '../../../protocol/names';
import { Avatar } from '../../components/avatar';
import { Button, IconButton } from '../../components/button';
import { DeviceFields } from '../../components/device-fields';
import { DevicePreview } from '../../components/device-preview';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { InviteDialog } from '../../components/invite-dialog';
import { StatusBanner } from '../../components/status-banner';
import { formatDuration } from '../../format';
import type { LocalMedia } from '../../media/local-media';
import { useTexts } from '../../services';
import { HubBanner } from '../../shell/hub-banner';
import { useStore } from '../../store';
import type { Desk } from './desk';
import { endNotice } from './outcome';
import { RecentList } from './recent-list';
import type { OtherUser } from './registrar';

export interface CallLobbyProps {
  readonly desk: Desk;
  readonly call: Extract<CallState, { at: 'idle' | 'ended' }>;
  readonly registration: Extract<RegistrationState, { at: 'registered' | 'offline' | 'registering' }>;
  /** From the link: a name ready to be called. */
  readonly wanted: string;
  readonly onChangeName: () => void;
}

type Dial = (name: string, withCamera: boolean) => void;

export function CallLobby({ desk, call, registration, wanted, onChangeName }: CallLobbyProps) {
  const texts = useTexts();
  const users = useStore(desk.registrar.users);
  const [dialog, setDialog] = useState<'invite' | 'devices' | null>(null);
  const t = texts.call;
  const online = registration.at === 'registered';
  const dial: Dial = (name, withCamera) => {
    desk.session.dial(name, withCamera);
  };
  const closeDialog = (): void => {
    setDialog(null);
  };
  return (
    <div className="call-lobby">
      <header className="call-lobby__head">
        <h1>{t.title}</h1>
        <div className="call-lobby__me" data-online={online}>
          <Avatar name={registration.name} size="s" />
          <div className="call-lobby__identity" role="status">
            <span>{t.online.as}</span>
            <strong>{registration.name}</strong>
          </div>
          <Button variant="plain" onClick={onChangeName}>
            {t.online.change}
          </Button>
        </div>
        <div className="call-lobby__tools">
          <Button
            icon="link"
            onClick={() => {
              setDialog('invite');
            }}
          >
            {t.invite}
          </Button>
          <Button
            icon="settings"
            onClick={() => {
              setDialog('devices');
            }}
          >
            {texts.media.devices}
          </Button>
        </div>
      </header>
      <div className="call-lobby__notices">
        {online ? <HubBanner /> : <StatusBanner tone="working" title={t.online.offline} />}
        {call.at === 'ended' && <Ended desk={desk} call={call} onDial={dial} disabled={!online} />}
      </div>
      <section className="call-lobby__people" aria-labelledby="people-heading">
        <h2 id="people-heading">{t.people.heading}</h2>
        <DialForm key={wanted} wanted={wanted} disabled={!online} onDial={dial} />
        <People users={users} disabled={!online} onDial={dial} />
      </section>
      <section className="call-lobby__recent" aria-labelledby="recent-heading">
        <RecentList recent={desk.recent} disabled={!online} onDial={dial} />
      </section>
      <InviteDialog
        open={dialog === 'invite'}
        title={t.invite}
        linkLabel={t.inviteLink}
        route="#/call"
        target={{ mode: 'call', name: registration.name }}
        onClose={closeDialog}
      />
      <Dialog open={dialog === 'devices'} title={texts.devices.heading} onClose={closeDialog}>
        <DeviceCheck media={desk.media} />
      </Dialog>
    </div>
  );
}

/** Camera and microphone are on as long as this is open, and not while one waits for a call. */
function DeviceCheck({ media }: { readonly media: LocalMedia }) {
  useEffect(() => {
    void media.open();
    return () => {
      media.release();
    };
  }, [media]);
  return (
    <>
      <DevicePreview media={media} />
      <DeviceFields media={media} />
    </>
  );
}

function Ended({
  desk,
  call,
  onDial,
  disabled,
}: {
  readonly desk: Desk;
  readonly call: Extract<CallState, { at: 'ended' }>;
  readonly onDial: Dial;
  readonly disabled: boolean;
}) {
  const texts = useTexts();
  const t = texts.call;
  const { tone, title, advice } = endNotice(call.why, call.peer, texts);
  const lasted = call.seconds > 0 ? t.lasted(formatDuration(call.seconds * 1000)) : '';
  const words = `${lasted} ${advice}`.trim();
  const again = call.why !== 'unknown-user' && call.why !== 'self-call';
  return (
    <StatusBanner tone={tone} title={title} advice={words === '' ? undefined : words}>
      {again && (
        <Button
          icon="phone"
          disabled={disabled}
          onClick={() => {
            onDial(call.peer, true);
          }}
        >
          {call.why === 'missed' || call.why === 'declined' ? t.callBack : t.again}
        </Button>
      )}
      <IconButton
        icon="close"
        label={texts.app.dismiss}
        onClick={() => {
          desk.session.dismiss();
        }}
      />
    </StatusBanner>
  );
}

function DialForm({
  wanted,
  disabled,
  onDial,
}: {
  readonly wanted: string;
  readonly disabled: boolean;
  readonly onDial: Dial;
}) {
  const texts = useTexts();
  const [name, setName] = useState(wanted);
  const [wrong, setWrong] = useState(false);
  const t = texts.call;
  function dial(withCamera: boolean): void {
    const clean = cleanName(name);
    setWrong(clean === null);
    if (clean !== null) onDial(clean, withCamera);
  }
  return (
    <form
      className="dial-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        dial(true);
      }}
    >
      <TextField
        label={t.dial.label}
        placeholder={t.dial.placeholder}
        error={wrong ? t.name.invalid : null}
        value={name}
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setName(event.target.value);
          setWrong(false);
        }}
      />
      <div className="dial-form__buttons">
        <Button type="submit" variant="primary" icon="camera" disabled={disabled}>
          {t.dial.action}
        </Button>
        <Button
          icon="phone"
          disabled={disabled}
          onClick={() => {
            dial(false);
          }}
        >
          {t.dial.voice}
        </Button>
      </div>
    </form>
  );
}

function People({
  users,
  disabled,
  onDial,
}: {
  readonly users: readonly OtherUser[];
  readonly disabled: boolean;
  readonly onDial: Dial;
}) {
  const texts = useTexts();
  const t = texts.call.people;
  if (users.length === 0) {
    return (
      <div className="people-none">
        <strong>{t.none}</strong>
        <p>{t.noneAdvice}</p>
      </div>
    );
  }
  return (
    <ul className="people">
      {users.map(({ name, busy }) => (
        <li key={name} className="person">
          <Avatar name={name} />
          <span className="person__name">{name}</span>
          <span className="person__state" data-busy={busy}>
            {busy ? t.busy : t.free}
          </span>
          <span className="person__actions">
            <IconButton
              icon="phone"
              label={t.voiceNamed(name)}
              disabled={disabled || busy}
              onClick={() => {
                onDial(name, false);
              }}
            />
            <IconButton
              className="person__call"
              icon="camera"
              label={t.callNamed(name)}
              disabled={disabled || busy}
              onClick={() => {
                onDial(name, true);
              }}
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
