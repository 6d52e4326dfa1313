/** Something is to begin that a call ends for: the user decides which of the two it shall be. */
import { useEffect } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';

export function BeginDialog() {
  const { router, sessions } = useServices();
  const texts = useTexts();
  const beginning = useStore(sessions.beginning);
  const t = texts.shell.beginning;
  const stay = (): void => {
    sessions.decide(false);
  };
  // What was to begin belongs to the screen that is left now.
  useEffect(
    () =>
      router.subscribe(() => {
        sessions.decide(false);
      }),
    [router, sessions],
  );
  return (
    <Dialog
      open={beginning !== null}
      title={t.title}
      onClose={stay}
      actions={
        <>
          <Button onClick={stay}>{t.keep}</Button>
          <Button
            variant="danger"
            onClick={() => {
              sessions.decide(true);
            }}
          >
            {beginning !== null && t.instead[beginning.kind]}
          </Button>
        </>
      }
    >
      <p>{beginning !== null && t.advice[beginning.kind](beginning.peer)}</p>
    </Dialog>
  );
}
