/** Two in a room: the other one large, oneself in the corner. */
import type { MeetingState } from '../../../protocol/room';
import { LevelMeter } from '../../components/level-meter';
import { LiveBadge } from '../../components/live-badge';
import { VideoTile } from '../../components/video-tile';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import { OwnTile } from './own-tile';
import type { RoomSession } from './room-session';

export interface MeetingStageProps {
  readonly session: RoomSession;
  readonly state: MeetingState;
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
}

export function MeetingStage({ session, state, media, outgoing }: MeetingStageProps) {
  const { preferences } = useServices();
  const texts = useTexts();
  const { speaker } = useStore(preferences);
  const remote = useStore(session.remote);
  const other = useStore(session.otherPresence);
  const t = texts.room;
  const connected = state.at === 'live' || state.at === 'interrupted';
  const soundOnly = other !== null && !other.camera && !other.screen;
  return (
    <div className="meeting">
      <VideoTile
        className="meeting__other"
        stream={remote}
        name={t.other}
        sound
        speaker={speaker}
        muted={other !== null && !other.microphone}
        blank={soundOnly}
        waiting={!connected}
        placeholder={<strong>{connected && soundOnly ? t.otherCameraOff : t.connecting}</strong>}
      >
        {connected && <LiveBadge since={state.since} label={t.live} />}
        {connected && (
          <LevelMeter
            compact
            track={remote?.getAudioTracks()[0] ?? null}
            label={`${t.other}: ${texts.devices.level}`}
          />
        )}
      </VideoTile>
      <OwnTile className="meeting__own" media={media} outgoing={outgoing} />
    </div>
  );
}
