/**
 * One person's (or screen's) picture with a name. It shows what it is given, says so when there is no picture, and takes
 * the picture's own proportions.
 */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { speakerInUse } from '../media/speaker';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { classes } from './classes';
import { Icon } from './icon';
import './video-tile.css';

export interface VideoTileProps {
  readonly stream: MediaStream | null;
  readonly name: string;
  /** As in a looking glass: for one's own camera. */
  readonly mirrored?: boolean;
  /** This person's microphone is off. */
  readonly muted?: boolean;
  /** Plays the stream's sound here. */
  readonly sound?: boolean;
  /** 0 to 1. */
  readonly volume?: number;
  /** Device that plays the sound; empty for the system's choice. */
  readonly speaker?: string;
  /** Instead of a picture; also shown until the first frame when `waiting`. */
  readonly placeholder?: ReactNode;
  /** No picture is expected (camera off, sound only): shows the placeholder over whatever frame was last. */
  readonly blank?: boolean;
  /** A picture is on its way. */
  readonly waiting?: boolean;
  /** Over the picture: a level, a badge. */
  readonly children?: ReactNode;
  readonly onFirstFrame?: () => void;
  readonly className?: string;
  /** For full screen and the like: called with the element when it is there, and with null when it goes. */
  readonly onVideo?: (video: HTMLVideoElement | null) => void;
}

export function VideoTile(props: VideoTileProps) {
  const {
    stream,
    name,
    mirrored = false,
    muted = false,
    sound = false,
    blank = false,
    waiting = false,
  } = props;
  const texts = useTexts();
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const { hasPicture, aspect, blocked, unblock } = usePlayback(video, props);
  const showsPicture = hasPicture && !blank;
  const { onVideo } = props;
  useEffect(() => {
    onVideo?.(video);
    return () => {
      onVideo?.(null);
    };
  }, [video, onVideo]);
  return (
    <figure
      className={classes('video-tile', waiting && !showsPicture && 'video-tile--waiting', props.className)}
      style={aspect === null ? undefined : { aspectRatio: String(aspect) }}
      data-has-picture={showsPicture}
    >
      <video
        ref={setVideo}
        className={classes('video-tile__video', mirrored && 'video-tile__video--mirrored')}
        aria-label={name}
        hidden={!showsPicture}
        playsInline
        autoPlay
        muted={!sound}
        data-stream={stream === null ? undefined : 'yes'}
      />
      {!showsPicture && (
        <div className="video-tile__placeholder">{props.placeholder ?? <DefaultPlaceholder />}</div>
      )}
      <div className="video-tile__over">{props.children}</div>
      {blocked && (
        <button type="button" className="video-tile__unblock" onClick={unblock}>
          <Icon name="speaker" />
          {texts.media.playBlocked}
        </button>
      )}
      <figcaption className="video-tile__caption">
        {muted && <Icon name="microphone-off" />}
        <span>{name}</span>
        {muted && <span className="visually-hidden">({texts.media.muted})</span>}
      </figcaption>
    </figure>
  );
}

function DefaultPlaceholder() {
  return <Icon name="person" className="video-tile__person" />;
}

/** Widest and tallest picture that a tile follows; beyond, bars appear. */
const [NARROWEST, WIDEST] = [9 / 16, 21 / 9];

function usePlayback(video: HTMLVideoElement | null, props: VideoTileProps) {
  const { stream, sound = false, volume = 1, speaker: chosen = '', onFirstFrame } = props;
  const speaker = speakerInUse(useStore(useServices().devices).speakers, chosen);
  const [hasPicture, setHasPicture] = useState(false);
  const [aspect, setAspect] = useState<number | null>(null);
  const [blocked, setBlocked] = useState(false);
  const firstFrame = useRef(onFirstFrame);
  useEffect(() => {
    firstFrame.current = onFirstFrame;
  });

  useEffect(() => {
    if (video === null) return undefined;
    video.srcObject = stream;
    setHasPicture(false);
    setBlocked(false);
    if (stream === null) return undefined;
    const play = (): void => {
      video.play().catch((error: unknown) => {
        // Sound without a click is refused on a fresh page; everything else is a newer play() replacing this one.
        if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
        setBlocked(true);
        // The picture at least: that one is allowed without sound.
        video.muted = true;
        video.play().catch(() => undefined);
      });
    };
    const resized = (): void => {
      if (video.videoWidth === 0) return;
      setAspect(Math.min(WIDEST, Math.max(NARROWEST, video.videoWidth / video.videoHeight)));
    };
    const cancelFrame = onNextFrame(video, () => {
      setHasPicture(true);
      firstFrame.current?.();
    });
    video.addEventListener('resize', resized);
    stream.addEventListener('addtrack', play);
    play();
    return () => {
      cancelFrame();
      video.removeEventListener('resize', resized);
      stream.removeEventListener('addtrack', play);
      video.srcObject = null;
    };
  }, [video, stream]);

  useEffect(() => {
    if (video === null) return;
    // React sets `muted` only once.
    video.muted = !sound;
    video.volume = volume;
  }, [video, sound, volume]);

  useEffect(() => {
    // A speaker that is gone since: the system's choice goes on.
    if (video !== null && 'setSinkId' in video) video.setSinkId(speaker).catch(() => undefined);
  }, [video, speaker]);

  return {
    hasPicture,
    aspect,
    blocked,
    unblock: () => {
      setBlocked(false);
      if (video === null) return;
      video.muted = !sound;
      void video.play().catch(() => undefined);
    },
  };
}

/** Calls once a frame is on the screen; where browsers do not tell, once data is there. Answers its cancel. */
function onNextFrame(video: HTMLVideoElement, task: () => void): () => void {
  if ('requestVideoFrameCallback' in video) {
    const handle = video.requestVideoFrameCallback(task);
    return () => {
      video.cancelVideoFrameCallback(handle);
    };
  }
  const element: HTMLVideoElement = video;
  const ready = (): void => {
    if (element.videoWidth > 0) task();
  };
  element.addEventListener('timeupdate', ready, { once: true });
  return () => {
    element.removeEventListener('timeupdate', ready);
  };
}
