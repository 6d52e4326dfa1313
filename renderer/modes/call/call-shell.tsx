/**
 * A call wherever its user is: it rings on every screen, and while it goes on elsewhere a bar leads back to it. The call
 * screen shows the same call at large, and then nothing of this is seen.
 */
import { useEffect, useRef, useState } from 'react';
import type { CallState } from '../../../protocol/call';
import { useSessionReport } from '../../desktop/use-session-report';
import { useServices, useTexts } from '../../services';
import type { RunningState } from '../../sessions';
import { useStore } from '../../store';
import { CallBar } from './call-bar';
import type { Desk } from './desk';
import { endNotice } from './outcome';
import { RingCard } from './ring-card';

export default function CallShell({ desk }: { readonly desk: Desk }) {
  const { router, preferences } = useServices();
  const call = useStore(desk.session.state);
  const { mode } = useStore(router);
  const { doNotDisturb } = useStore(preferences);
  const answering = useAnswering(desk);
  useCallReport(desk, call, answering.answer);
  useRingingTitle(call);
  useOutcomeToast(desk);
  if (mode === 'call') return null;
  switch (call.at) {
    case 'ringing':
      return doNotDisturb ? null : <RingCard call={call} session={desk.session} answering={answering} />;
    case 'dialing':
    case 'connecting':
    case 'live':
    case 'interrupted':
      return <CallBar desk={desk} call={call} />;
    case 'idle':
    case 'ended':
      return null;
  }
}

export interface Answering {
  /** What else runs and would end; the user has been asked about it. */
  readonly ends: RunningState | null;
  /** Answers, or asks first when something else ends with it. */
  readonly answer: (withCamera: boolean) => void;
  /** The user would rather go on with what runs, for now. */
  readonly notYet: () => void;
}

function useAnswering(desk: Desk): Answering {
  const { router, sessions } = useServices();
  const running = useStore(sessions.running);
  const ringing = useStore(desk.session.state).at === 'ringing';
  const [asked, setAsked] = useState(false);
  // Watching ends with its screen, and nobody minds.
  const others = running.filter(({ kind }) => kind !== 'call' && kind !== 'watch');
  if (!ringing && asked) setAsked(false);
  return {
    ends: asked ? (others[0] ?? null) : null,
    answer(withCamera) {
      if (others.length > 0 && !asked) return setAsked(true);
      for (const other of others) sessions.end(other);
      // Before the call changes: the bar of another screen must not appear for a moment.
      if (router.get().mode !== 'call') router.force('call');
      desk.session.accept(withCamera);
    },
    notYet() {
      setAsked(false);
    },
  };
}

/** Tray, notifications and shortcuts follow the call, whatever screen shows it. */
function useCallReport({ media, session }: Desk, call: CallState, answer: Answering['answer']): void {
  const { preferences } = useServices();
  const { doNotDisturb } = useStore(preferences);
  const { microphone, muted } = useStore(media);
  const runs = call.at !== 'idle' && call.at !== 'ended' && call.at !== 'ringing';
  useSessionReport(
    call.at === 'ringing'
      ? { at: 'ringing', peer: call.peer, silent: doNotDisturb }
      : runs
        ? {
            at: 'running',
            kind: 'call',
            peer: call.peer,
            since: 'since' in call ? call.since : null,
            muted: microphone.at === 'on' ? muted : null,
          }
        : { at: 'idle' },
    {
      accept: () => {
        answer(true);
      },
      decline: () => {
        session.decline();
      },
      'toggle-mute': () => {
        media.setMuted(!muted);
      },
      'hang-up': () => {
        session.hangUp();
      },
    },
  );
}

/** Seen from another tab. */
function useRingingTitle(call: CallState): void {
  const texts = useTexts();
  const title = call.at === 'ringing' ? texts.call.ringing.title(call.peer) : null;
  useEffect(() => {
    if (title === null) return undefined;
    const before = document.title;
    document.title = title;
    return () => {
      // Unless another screen has put its own there.
      if (document.title === title) document.title = before;
    };
  }, [title]);
}

/** How it ended is said on the call screen at length, and everywhere else in a line. */
function useOutcomeToast({ session }: Desk): void {
  const { preferences, router, toasts } = useServices();
  const texts = useTexts();
  const said = useRef(texts);
  useEffect(() => {
    said.current = texts;
  });
  useEffect(
    () =>
      session.onTransition((from, to) => {
        if (to.at !== 'ended' || router.get().mode === 'call') return;
        if (from.at === 'ringing' && preferences.get().doNotDisturb) return;
        const { tone, title } = endNotice(to.why, to.peer, said.current);
        toasts.show(title, tone === 'bad' ? 'bad' : 'info');
      }),
    [session, preferences, router, toasts],
  );
}
