/** Alone in a room: one's own picture, and how to get somebody here. */
import type { ReactNode } from 'react';
import type { MeetingState } from '../../../protocol/room';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { useTexts } from '../../services';
import { OwnTile } from './own-tile';

export interface WaitingStageProps {
  readonly state: MeetingState;
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  /** The invitation. */
  readonly children: ReactNode;
}

export function WaitingStage({ state, media, outgoing, children }: WaitingStageProps) {
  const texts = useTexts();
  const t = texts.room.waiting;
  const again = state.at === 'waiting' && state.after === 'meeting';
  const waiting = state.at === 'waiting';
  return (
    <div className="waiting">
      <div className="waiting__picture">
        <OwnTile media={media} outgoing={outgoing} />
      </div>
      <div className="waiting__words">
        <div role="status">
          <h2>{waiting ? (again ? t.titleAgain : t.title) : texts.room.joining}</h2>
          {waiting && <p>{again ? t.adviceAgain : t.advice}</p>}
        </div>
        {waiting && <div className="waiting__invite">{children}</div>}
      </div>
    </div>
  );
}
