/**
 * A link from outside wants to open a screen: nothing happens before the user agrees, least of all when that ends a
 * session that runs.
 */
import type { LinkTarget } from '../../protocol/desktop';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';

export function LinkDialog() {
  const { desktop, router } = useServices();
  const texts = useTexts();
  const link = useStore(desktop.link);
  const t = texts.desktop.link;
  const close = (): void => {
    desktop.dismissLink();
  };
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
              if (link !== null) router.go(...routeOf(link));
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
          {desktop.running && <p>{t.endsSession}</p>}
        </>
      )}
    </Dialog>
  );
}

function routeOf({ mode, name }: LinkTarget): [mode: string, ...rest: string[]] {
  return mode === 'watch' ? ['broadcast', 'watch', name] : [mode, name];
}
