/**
 * A link from outside wants to open a screen: nothing happens before the user agrees, least of all when that ends a
 * session that runs. One that is meant for another hub is hub-link-dialog.tsx's.
 */
import type { LinkTarget } from '../../protocol/desktop';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import type { Route } from '../router';
import { useServices, useTexts } from '../services';
import { endsAt } from '../sessions';
import { useStore } from '../store';
import { HubLinkDialog } from './hub-link-dialog';

export function LinkDialog() {
  const { desktop, router, sessions } = useServices();
  const texts = useTexts();
  const link = useStore(desktop.link);
  const running = useStore(sessions.running);
  const t = texts.desktop.link;
  const close = (): void => {
    desktop.dismissLink();
  };
  if (link?.hub !== undefined) {
    // What was found out about the hub of one link says nothing of the next.
    const key = JSON.stringify(link);
    return <HubLinkDialog key={key} link={link} hub={link.hub} route={routeOf(link)} />;
  }
  return (
    <Dialog
      open={link !== null}
      title={t.title}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t.cancel}</Button>
          <Button
            variant="primary"
            onClick={() => {
              close();
              // The question is asked here.
              if (link !== null) router.force(...routeOf(link));
            }}
          >
            {t.open}
          </Button>
        </>
      }
    >
      {link !== null && (
        <>
          <p>{link.name === '' ? t.mainChannel : t.to[link.mode](link.name)}</p>
          {running.some((session) => endsAt(session, arrivalOf(link))) && <p>{t.endsSession}</p>}
        </>
      )}
    </Dialog>
  );
}

function arrivalOf(link: LinkTarget): Route {
  const [mode, ...rest] = routeOf(link);
  return { mode, rest };
}

function routeOf({ mode, name }: LinkTarget): [mode: string, ...rest: string[]] {
  return mode === 'watch' ? ['broadcast', 'watch', name] : [mode, name];
}
