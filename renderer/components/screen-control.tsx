/** Shares a screen in the camera's place, and takes it back; says why when it cannot. */
import { useEffect } from 'react';
import type { OutgoingMedia } from '../media/outgoing-media';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { useShortcuts } from '../use-shortcuts';
import { ControlButton } from './control-bar';

export function ScreenControl({ outgoing }: { readonly outgoing: OutgoingMedia }) {
  const texts = useTexts();
  const state = useStore(outgoing);
  useScreenFailures(outgoing);
  const on = state.at === 'on';
  const toggle = (): void => {
    if (on) outgoing.stopSharing();
    else void outgoing.share();
  };
  useShortcuts(new Map([['s', toggle]]));
  if (!outgoing.supported) return null;
  return (
    <ControlButton
      icon="screen"
      label={on ? texts.screen.stop : texts.screen.share}
      on={on}
      aria-pressed={on}
      shortcut="S"
      disabled={state.at === 'choosing'}
      onClick={toggle}
    />
  );
}

/** Each failure is a sentence, once. */
export function useScreenFailures(outgoing: OutgoingMedia): void {
  const { toasts } = useServices();
  const texts = useTexts();
  const state = useStore(outgoing);
  useEffect(() => {
    if (state.at !== 'failed') return;
    const { title, advice } = texts.screen.failures[state.failure];
    toasts.show(`${title}. ${advice}`, 'bad');
  }, [state, toasts, texts]);
}
