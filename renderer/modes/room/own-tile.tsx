/** What the other one sees of oneself: the camera, or the screen in its place. */
import { trackOf, useTrackStream } from '../../components/device-preview';
import { VideoTile } from '../../components/video-tile';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { useTexts } from '../../services';
import { useStore } from '../../store';

export interface OwnTileProps {
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  readonly className?: string;
}

export function OwnTile({ media, outgoing, className }: OwnTileProps) {
  const texts = useTexts();
  const { camera, muted, microphone } = useStore(media);
  const screen = useStore(outgoing);
  const shared = screen.at === 'on' ? screen.track : null;
  const stream = useTrackStream(shared ?? trackOf(camera));
  return (
    <VideoTile
      stream={stream}
      name={texts.media.you}
      mirrored={shared === null}
      muted={muted || microphone.at !== 'on'}
      blank={shared === null && camera.at !== 'on'}
      waiting={shared === null && camera.at === 'starting'}
      placeholder={<strong>{texts.devices.cameraIsOff}</strong>}
      {...(className === undefined ? {} : { className })}
    />
  );
}
