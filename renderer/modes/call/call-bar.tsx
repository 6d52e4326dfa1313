/** The call goes on while the user looks at something else: with whom, how long, and what one needs at once. */
import { useEffect, useRef } from 'react';
import type { CallState } from '../../../protocol/call';
import { Avatar } from '../../components/avatar';
import { IconButton } from '../../components/button';
import { Icon } from '../../components/icon';
import { formatDuration } from '../../format';
import { speakerInUse } from '../../media/speaker';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import { useNow } from '../../use-now';
import type { Desk } from './desk';
import './call-shell.css';

type Running = Extract<CallState, { at: 'dialing' | 'connecting' | 'live' | 'interrupted' }>;

export function CallBar({ desk, call }: { readonly desk: Desk; readonly call: Running }) {
  const { media, session } = desk;
  const texts = useTexts();
  const { microphone, muted } = useStore(media);
  const t = texts.call;
  const stands = call.at === 'live' || call.at === 'interrupted';
  const sentence = stands
    ? t.live.title(call.peer)
    : call.at === 'connecting'
      ? t.connecting(call.peer)
      : t.dialing.calling(call.peer);
  return (
    <section className="call-bar" aria-label={texts.shell.call.region}>
      <a className="call-bar__back" href="#/call" title={texts.shell.call.back}>
        <Avatar name={call.peer} size="s" />
        <span className="call-bar__words">
          <span className="call-bar__with" role="status">
            {sentence}
          </span>
          {call.at === 'interrupted' && (
            <span className="call-bar__trouble">{texts.shell.call.interrupted}</span>
          )}
        </span>
        {stands && <Lasting since={call.since} />}
        <span className="call-bar__return">
          {texts.shell.call.back}
          <Icon name="arrow-right" />
        </span>
      </a>
      <IconButton
        icon={muted ? 'microphone-off' : 'microphone'}
        label={muted ? texts.media.unmute : texts.media.mute}
        className={muted ? 'call-bar__muted' : undefined}
        disabled={microphone.at !== 'on'}
        onClick={() => {
          media.setMuted(!muted);
        }}
      />
      <IconButton
        icon="hang-up"
        className="call-bar__end"
        label={stands ? t.live.hangUp : t.dialing.cancel}
        onClick={() => {
          session.hangUp();
        }}
      />
      <Voice desk={desk} />
    </section>
  );
}

function Lasting({ since }: { readonly since: number }) {
  const now = useNow(true);
  return (
    <span className="call-bar__time numeric" role="timer">
      {formatDuration(now - since)}
    </span>
  );
}

/** The other side stays audible; its picture waits for the call screen. */
function Voice({ desk }: { readonly desk: Desk }) {
  const { devices, preferences } = useServices();
  const stream = useStore(desk.session.picture);
  const { speaker: chosen } = useStore(preferences);
  const speaker = speakerInUse(useStore(devices).speakers, chosen);
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (element === null) return undefined;
    element.srcObject = stream;
    // Refused only without any click on the page before, and there was one: the call was dialed or accepted.
    if (stream !== null) element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    const element = audio.current;
    // A speaker that is gone since: the system's choice goes on.
    if (element !== null && 'setSinkId' in element) element.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);
  return <audio ref={audio} hidden />;
}
