/** The hub's and the media server's state as one of a few conditions that the UI has words and colours for. */
import type { MediaServerTrouble } from '../../protocol/media-server-process';
import type { HubStatus } from '../signaling/hub-link';
import type { Texts } from '../texts';

export interface HubHealth {
  readonly tone: 'good' | 'working' | 'bad';
  /** A few words for the header. */
  readonly short: string;
  readonly hub: string;
  readonly mediaServer: string;
  /** What to do about it. */
  readonly advice: string;
}

/** @param trouble why this computer's media server does not start, where it is known */
export function healthOf(
  status: HubStatus,
  texts: Texts,
  trouble: MediaServerTrouble | null = null,
): HubHealth {
  const t = texts.status;
  const hubOnly = { mediaServer: t.mediaStarting };
  switch (status.at) {
    case 'starting':
      return { tone: 'working', short: t.starting, hub: t.starting, ...hubOnly, advice: '' };
    case 'connecting':
      return { tone: 'working', short: t.connecting, hub: t.connecting, ...hubOnly, advice: '' };
    case 'unreachable':
      return {
        tone: 'bad',
        short: t.unreachable,
        hub: t.hubLost,
        mediaServer: texts.connection.unknown,
        advice: t.unreachableAdvice,
      };
    case 'failed':
      return {
        tone: 'bad',
        short: t.failed,
        hub: t.failed,
        mediaServer: texts.connection.unknown,
        advice: status.message,
      };
    case 'ready':
      break;
  }
  if (trouble !== null && status.mediaServer !== 'ready')
    return {
      tone: 'bad',
      short: t.mediaTroubles[trouble].short,
      hub: t.hubReady,
      mediaServer: t.mediaTroubles[trouble].short,
      advice: t.mediaTroubles[trouble].advice,
    };
  switch (status.mediaServer) {
    case 'ready':
      return {
        tone: 'good',
        short: t.ready,
        hub: t.hubReady,
        mediaServer: t.mediaReady,
        advice: t.readyAdvice,
      };
    case 'connecting':
      return {
        tone: 'working',
        short: t.mediaConnecting,
        hub: t.hubReady,
        mediaServer: t.mediaStarting,
        advice: '',
      };
    case 'unavailable':
      return {
        tone: 'bad',
        short: t.mediaUnavailable,
        hub: t.hubReady,
        mediaServer: t.mediaLost,
        advice: t.mediaAdvice,
      };
  }
}
