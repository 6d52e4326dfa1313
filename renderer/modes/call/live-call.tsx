/** A call from dialing to hanging up: the other side large, oneself in the corner, the controls under them. */
import { useState } from 'react';
import type { CallState } from '../../../protocol/call';
import { Avatar } from '../../components/avatar';
import { ConnectionPanel } from '../../components/connection-panel';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { DeviceControl } from '../../components/device-control';
import { trackOf, useTrackStream } from '../../components/device-preview';
import { Icon } from '../../components/icon';
import { LevelMeter } from '../../components/level-meter';
import { LiveBadge } from '../../components/live-badge';
import {
  CameraControl,
  MicrophoneControl,
  PanelControl,
  useArrivalFocus,
  useConnectionPanel,
} from '../../components/live-controls';
import { LiveSession } from '../../components/live-session';
import { useIsMuteOfPictures } from '../../components/picture-flow';
import { ScreenControl } from '../../components/screen-control';
import { StatusBanner } from '../../components/status-banner';
import { VideoTile } from '../../components/video-tile';
import { inputOfTwo } from '../../recording/composition';
import { RecordControl } from '../../recording/record-control';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import type { Desk } from './desk';

type Running = Extract<CallState, { at: 'dialing' | 'connecting' | 'live' | 'interrupted' }>;

export function LiveCall({ desk, call }: { readonly desk: Desk; readonly call: Running }) {
  const { media, outgoing, session } = desk;
  const { preferences } = useServices();
  const texts = useTexts();
  const { camera, microphone, muted } = useStore(media);
  const screen = useStore(outgoing);
  const picture = useStore(session.picture);
  const stats = useStore(session.stats);
  const peer = useStore(session.peerMedia);
  const { speaker } = useStore(preferences);
  const panel = useConnectionPanel();
  const [swapped, setSwapped] = useState(false);
  const heading = useArrivalFocus();
  const own = useTrackStream(screen.at === 'on' ? screen.track : trackOf(camera));
  const still = useIsMuteOfPictures(stats);
  const t = texts.call;
  const stands = call.at === 'live' || call.at === 'interrupted';
  // The other side says so; with one that does not, pictures that stay away tell.
  const noPicture = peer === null ? still : !peer.camera && !peer.screen;
  const voice = picture?.getAudioTracks()[0] ?? null;

  return (
    <LiveSession panel={panel.open ? <ConnectionPanel stats={stats} onClose={panel.onToggle} /> : null}>
      <h1 ref={heading} className="visually-hidden" tabIndex={-1}>
        {stands ? t.live.title(call.peer) : sentenceOf(call, t)}
      </h1>
      <p className="visually-hidden" role="status">
        {stands ? t.live.title(call.peer) : sentenceOf(call, t)}
      </p>
      <p className="visually-hidden" role="status">
        {stands && peer?.microphone === false && t.live.muted(call.peer)}
      </p>
      <Lost call={call} />
      <div className="live-call__stage" data-swapped={swapped}>
        <VideoTile
          className="live-call__peer"
          stream={picture}
          name={call.peer}
          muted={stands && peer?.microphone === false}
          sound
          speaker={speaker}
          blank={!stands || noPicture}
          placeholder={
            <div className="live-call__person">
              <Avatar name={call.peer} size="l" ringing={call.at === 'dialing' && call.ringing} />
              <strong>{stands ? call.peer : sentenceOf(call, t)}</strong>
              {stands && peer !== null && noPicture && (
                <span className="live-call__camera-off">
                  <Icon name="camera-off" />
                  {t.live.cameraOff}
                </span>
              )}
            </div>
          }
        >
          {stands && <LiveBadge since={call.since} label={t.live.badge} />}
          {stands && <LevelMeter compact track={voice} label={`${call.peer}: ${texts.devices.level}`} />}
        </VideoTile>
        <div className="live-call__own">
          <VideoTile
            stream={own}
            name={t.live.you}
            mirrored={screen.at !== 'on'}
            muted={muted || microphone.at !== 'on'}
            blank={own === null}
            waiting={camera.at === 'starting'}
            placeholder={<Icon name={camera.at === 'starting' ? 'camera' : 'camera-off'} />}
          />
          <button
            type="button"
            className="live-call__swap"
            aria-label={t.live.swap}
            title={t.live.swap}
            onClick={() => {
              setSwapped(!swapped);
            }}
          />
        </div>
      </div>
      <ControlBar label={texts.media.controls}>
        <MicrophoneControl media={media} />
        <CameraControl media={media} replaced={screen.at === 'on'} />
        <ScreenControl outgoing={outgoing} />
        <PanelControl {...panel} />
        <RecordControl
          title={call.peer}
          input={() => inputOfTwo(picture?.getTracks() ?? [], outgoing.tracks)}
          disabled={!stands}
        />
        <DeviceControl media={media} />
        <ControlButton
          icon="hang-up"
          tone="danger"
          label={call.at === 'dialing' ? t.dialing.cancel : t.live.hangUp}
          onClick={() => {
            session.hangUp();
          }}
        />
      </ControlBar>
    </LiveSession>
  );
}

function sentenceOf(call: Running, t: ReturnType<typeof useTexts>['call']): string {
  switch (call.at) {
    case 'dialing':
      return call.ringing ? t.dialing.ringing(call.peer) : t.dialing.calling(call.peer);
    case 'connecting':
      return t.connecting(call.peer);
    case 'live':
    case 'interrupted':
      return t.live.title(call.peer);
  }
}

/** What is going on while a connection to the hub is away; the media goes on by itself. */
function Lost({ call }: { readonly call: Running }) {
  const texts = useTexts();
  const t = texts.call.lost;
  if (call.at === 'interrupted') {
    const { title, advice } = t[call.lost];
    return (
      <StatusBanner
        tone="working"
        title={typeof title === 'string' ? title : title(call.peer)}
        advice={advice}
      />
    );
  }
  if (call.at === 'live' || !call.offline) return null;
  return <StatusBanner tone="working" title={t.before.title} advice={t.before.advice} />;
}
