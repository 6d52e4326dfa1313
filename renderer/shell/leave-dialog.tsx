/** Another screen was asked for while something runs here that would end with this one: the user decides. */
import { useEffect, useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { useServices, useTexts } from '../services';
import { endsAt, isShared, type RunningState } from '../sessions';
import { useStore } from '../store';

interface Question {
  readonly session: RunningState;
  readonly go: () => void;
}

export function LeaveDialog() {
  const { platform, router, sessions } = useServices();
  const texts = useTexts();
  const running = useStore(sessions.running);
  const [question, setQuestion] = useState<Question | null>(null);
  useEffect(
    () =>
      router.guard((to, go) => {
        const session = sessions.running.get().find((each) => endsAt(each, to));
        if (session === undefined) return true;
        setQuestion({ session, go });
        return false;
      }),
    [router, sessions],
  );
  // The app itself asks before it quits; there, this would only keep the window from closing, without a word.
  const asks = platform.kind === 'browser' && running.some(isShared);
  useEffect(() => {
    if (!asks) return undefined;
    const leaving = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', leaving);
    return () => {
      window.removeEventListener('beforeunload', leaving);
    };
  }, [asks]);

  const close = (): void => {
    setQuestion(null);
  };
  const kind = question?.session.kind;
  const t = kind === undefined || kind === 'call' || kind === 'watch' ? null : texts.shell.leaving[kind];
  // It may end by itself while the question is open.
  const stillRuns = running.some((session) => session.kind === kind);
  return (
    <Dialog
      open={question !== null && stillRuns}
      title={t?.title ?? ''}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{texts.shell.leaving.stay}</Button>
          <Button
            variant="danger"
            onClick={() => {
              close();
              question?.go();
            }}
          >
            {t?.leave}
          </Button>
        </>
      }
    >
      <p>{t?.advice}</p>
    </Dialog>
  );
}
