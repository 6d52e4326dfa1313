/**
 * Before a session: one's own picture with camera and microphone switches on it. Owns nothing: it shows a LocalMedia and
 * calls it.
 */
import { useMemo } from 'react';
import type { DeviceFailure } from '../media/device-failure';
import type { LocalMedia, SourceState } from '../media/local-media';
import { useTexts } from '../services';
import { useStore } from '../store';
import type { FailureText } from '../texts';
import { Button } from './button';
import { classes } from './classes';
import { Icon } from './icon';
import { LevelMeter } from './level-meter';
import { VideoTile } from './video-tile';
import './device-preview.css';

export function DevicePreview({ media }: { readonly media: LocalMedia }) {
  const texts = useTexts();
  const { camera, microphone, muted } = useStore(media);
  const stream = useTrackStream(trackOf(camera));
  const t = texts.devices;
  return (
    <div className="device-preview">
      <VideoTile
        stream={stream}
        name={texts.media.you}
        mirrored
        muted={muted || microphone.at !== 'on'}
        blank={camera.at !== 'on'}
        waiting={camera.at === 'starting'}
        placeholder={<CameraPlaceholder media={media} camera={camera} />}
      >
        {microphone.at === 'on' && (
          <LevelMeter compact track={muted ? null : microphone.track} label={t.level} />
        )}
      </VideoTile>
      <div className="device-preview__switches">
        <Switch
          icon={muted || microphone.at !== 'on' ? 'microphone-off' : 'microphone'}
          label={muted ? t.unmute : t.mute}
          off={muted || microphone.at !== 'on'}
          disabled={microphone.at !== 'on'}
          onClick={() => {
            media.setMuted(!muted);
          }}
        />
        <Switch
          icon={camera.at === 'on' ? 'camera' : 'camera-off'}
          label={camera.at === 'on' ? t.turnCameraOff : t.turnCameraOn}
          off={camera.at !== 'on'}
          disabled={camera.at === 'starting'}
          onClick={() => {
            if (camera.at === 'on') media.cameraOff();
            else void media.reopen('camera');
          }}
        />
      </div>
    </div>
  );
}

interface SwitchProps {
  readonly icon: 'microphone' | 'microphone-off' | 'camera' | 'camera-off';
  readonly label: string;
  readonly off: boolean;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function Switch({ icon, label, off, disabled, onClick }: SwitchProps) {
  return (
    <button
      type="button"
      className={classes('device-preview__switch', off && 'device-preview__switch--off')}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function CameraPlaceholder({ media, camera }: { readonly media: LocalMedia; readonly camera: SourceState }) {
  const texts = useTexts();
  switch (camera.at) {
    case 'on':
    case 'starting':
      return <span>{texts.devices.starting}</span>;
    case 'off':
      return (
        <>
          <Icon name="camera-off" className="device-preview__mark" />
          <strong>{texts.devices.cameraIsOff}</strong>
        </>
      );
    case 'failed': {
      const failure: FailureText = texts.devices.cameraFailures[camera.failure];
      return (
        <div role="status">
          <Icon name="camera-off" className="device-preview__mark" />
          <strong>{failure.title}</strong>
          <p>{failure.advice}</p>
          {mayRetry(camera.failure) && (
            <Button icon="refresh" onClick={() => void media.reopen('camera')}>
              {texts.devices.tryAgain}
            </Button>
          )}
        </div>
      );
    }
  }
}

/** Where another try cannot change anything, no button pretends it could. */
export function mayRetry(failure: DeviceFailure): boolean {
  return failure !== 'insecure' && failure !== 'unsupported' && failure !== 'none';
}

export function trackOf(source: SourceState): MediaStreamTrack | null {
  return source.at === 'on' ? source.track : null;
}

/** A stream of one track for a video element; the same object as long as the track is the same. */
export function useTrackStream(track: MediaStreamTrack | null): MediaStream | null {
  return useMemo(() => (track === null ? null : new MediaStream([track])), [track]);
}
