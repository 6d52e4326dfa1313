/** Records the session on the screen, with elapsed time and size; the recording ends with the session. */
import { useEffect, useRef, useState } from 'react';
import { ControlButton } from '../components/control-bar';
import { decimal, formatDuration } from '../format';
import { useLanguage, useServices, useTexts } from '../services';
import { useStore } from '../store';
import { useNow } from '../use-now';
import { useShortcuts } from '../use-shortcuts';
import { compose, type RecordingInput } from './composition';
import { browserEncoder, recordsWebm, SessionRecorder, type RecorderState } from './session-recorder';

export interface RecordControlProps {
  /** Whom or what it is with; part of the file's name. */
  readonly title: string;
  /** What there is to record now; asked again and again. */
  readonly input: () => RecordingInput;
  /** Nothing to record yet. */
  readonly disabled?: boolean;
}

export function RecordControl({ title, input, disabled = false }: RecordControlProps) {
  const texts = useTexts();
  const language = useLanguage();
  const recorder = useRecorder(input);
  const state = useStore(recorder.state);
  const running = state.at === 'recording';
  const now = useNow(running);
  useOutcome(state);
  const t = texts.desktop.recording;
  const unable = (disabled && !running) || state.at === 'starting' || state.at === 'finishing';
  const toggle = (): void => {
    if (running) recorder.stop();
    else if (!unable) void recorder.start(title);
  };
  useShortcuts(new Map([['r', toggle]]));
  if (!recordsWebm()) return null;
  const facts =
    state.at === 'recording'
      ? `${formatDuration(now - state.since)} · ${t.megabytes(decimal(state.size / 1e6, language, 1))}`
      : t.record;
  return (
    <ControlButton
      icon={running ? 'record-on' : 'record'}
      label={facts}
      aria-label={running ? `${t.stop}: ${facts}` : t.record}
      on={running}
      className={running ? 'control--recording' : undefined}
      aria-pressed={running}
      shortcut="R"
      disabled={unable}
      onClick={toggle}
    />
  );
}

function useRecorder(input: () => RecordingInput): SessionRecorder {
  const { openRecordingSink, timers } = useServices();
  const current = useRef(input);
  useEffect(() => {
    current.current = input;
  });
  const [recorder] = useState(
    () =>
      new SessionRecorder({
        openSink: openRecordingSink,
        compose: () => compose(() => current.current(), timers),
        encode: browserEncoder,
        timers,
      }),
  );
  const { toasts } = useServices();
  const texts = useTexts();
  const said = useRef(texts);
  useEffect(() => {
    said.current = texts;
  });
  useEffect(
    () => () => {
      const { at } = recorder.state.get();
      recorder.stop();
      if (at !== 'starting' && at !== 'recording' && at !== 'finishing') return;
      // The screen is gone with its session; what became of the file is still told.
      const stop = recorder.state.subscribe(() => {
        const state = recorder.state.get();
        if (state.at !== 'saved' && state.at !== 'failed') return;
        stop();
        tell(state, said.current, toasts);
      });
    },
    [recorder, toasts],
  );
  return recorder;
}

/** Told once, as long as the screen is there. */
function useOutcome(state: RecorderState): void {
  const { toasts } = useServices();
  const texts = useTexts();
  useEffect(() => {
    if (state.at === 'saved' || state.at === 'failed') tell(state, texts, toasts);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a change of language is no second recording
  }, [state]);
}

function tell(
  state: Extract<RecorderState, { at: 'saved' | 'failed' }>,
  texts: ReturnType<typeof useTexts>,
  toasts: ReturnType<typeof useServices>['toasts'],
): void {
  const t = texts.desktop.recording;
  if (state.at === 'failed') {
    const kept = state.name === null ? '' : ` ${t.kept(state.name)}`;
    toasts.show(`${t.failures[state.why]}${kept}`, 'bad');
  } else {
    const { show } = state;
    toasts.show(t.saved(state.name), 'good', show === null ? undefined : { label: t.show, run: show });
  }
}
