/** Shares a screen in the camera's place, and takes it back; says why when it cannot. */
import { useEffect } from 'react';
import type { OutgoingMedia } from '../media/outgoing-media';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { ControlButton } from './control-bar';

export function ScreenControl({ outgoing }: { readonly outgoing: OutgoingMedia }) {
  const texts = useTexts();
  const state = useStore(outgoing);
  useScreenFailures(outgoing);
  const on = state.at === 'on';
  if (!outgoing.supported) return null;
  return (
    <ControlButton
      icon="screen"
      label={on ? texts.screen.stop : texts.screen.share}
      on={on}
      aria-pressed={on}
      shortcut="S"
      disabled={state.at === 'choosing'}
      onClick={() => {
        toggleScreen(outgoing);
      }}
    />
  );
}

export function toggleScreen(outgoing: OutgoingMedia): void {
  if (outgoing.get().at === 'on') outgoing.stopSharing();
  else void outgoing.share();
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
