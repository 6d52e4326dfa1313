/** The controls that every running session has, each with its key: microphone, camera, connection panel. */
import { useEffect, useRef, type RefObject } from 'react';
import type { LocalMedia } from '../media/local-media';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { useShortcuts } from '../use-shortcuts';
import { ControlButton } from './control-bar';

export function MicrophoneControl({ media }: { readonly media: LocalMedia }) {
  const texts = useTexts();
  const { microphone, muted } = useStore(media);
  const toggle = (): void => {
    media.setMuted(!muted);
  };
  useShortcuts(new Map([['m', toggle]]));
  return (
    <ControlButton
      icon={muted ? 'microphone-off' : 'microphone'}
      label={muted ? texts.media.unmute : texts.media.mute}
      off={muted}
      shortcut="M"
      disabled={microphone.at !== 'on'}
      onClick={toggle}
    />
  );
}

/** `replaced`: something else is sent in its place, so that switching it would change nothing that anybody sees. */
export function CameraControl({
  media,
  replaced = false,
}: {
  readonly media: LocalMedia;
  readonly replaced?: boolean;
}) {
  const texts = useTexts();
  const { camera } = useStore(media);
  const on = camera.at === 'on';
  const toggle = (): void => {
    if (on) media.cameraOff();
    else void media.reopen('camera');
  };
  useShortcuts(new Map(replaced ? [] : [['v', toggle]]));
  return (
    <ControlButton
      icon={on ? 'camera' : 'camera-off'}
      label={on ? texts.media.cameraTurnOff : texts.media.cameraTurnOn}
      off={!on}
      shortcut="V"
      disabled={camera.at === 'starting' || replaced}
      onClick={toggle}
    />
  );
}

export interface PanelControlProps {
  readonly open: boolean;
  readonly onToggle: () => void;
}

export function PanelControl({ open, onToggle }: PanelControlProps) {
  const texts = useTexts();
  useShortcuts(new Map([['i', onToggle]]));
  return (
    <ControlButton
      icon="gauge"
      label={texts.media.connection}
      on={open}
      aria-pressed={open}
      shortcut="I"
      onClick={onToggle}
    />
  );
}

/** Whether the connection panel is open, which is remembered from one session to the next. */
export function useConnectionPanel(): PanelControlProps {
  const { preferences } = useServices();
  const { connectionPanel } = useStore(preferences);
  return {
    open: connectionPanel,
    onToggle: () => {
      preferences.change({ connectionPanel: !connectionPanel });
    },
  };
}

/** For the heading of a screen that a button opened: the button is gone, and a screen reader goes on here. */
export function useArrivalFocus(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}
