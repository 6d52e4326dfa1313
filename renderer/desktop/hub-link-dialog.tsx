/**
 * A link that is meant for another hub names it, and nothing has been said to that hub so far. The user decides twice:
 * whether to ask for its certificate, and, seeing that, whether the app uses this hub from now on.
 */
import { useState } from 'react';
import type { LinkTarget } from '../../protocol/desktop';
import type { HubCertificateReport } from '../../protocol/settings';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { useServices, useTexts } from '../services';
import { Fingerprint } from '../settings/fingerprint';
import { useLock } from '../settings/parts';
import { TestResult } from '../settings/test-result';
import { useStore } from '../store';

export interface HubLinkDialogProps {
  readonly link: LinkTarget;
  /** `https://HOST:PORT/`. */
  readonly hub: string;
  readonly route: readonly [mode: string, ...rest: string[]];
}

type Look = 'none' | 'looking' | HubCertificateReport;

export function HubLinkDialog({ link, hub, route }: HubLinkDialogProps) {
  const { desktop, router, preferences, sessions } = useServices();
  const texts = useTexts();
  const t = texts.desktop.link;
  const { hub: about } = texts.settings;
  const lock = useLock('remoteHub');
  const running = useStore(sessions.running);
  const [look, setLook] = useState<Look>('none');
  const found = typeof look === 'object' && look.at === 'found' ? look : null;
  const failed = typeof look === 'object' && look.at === 'failed' ? look : null;
  const close = (): void => {
    desktop.dismissLink();
  };
  const ask = (): void => {
    setLook('looking');
    void window.callcast?.invoke('settings:hubCertificate', hub).then((result) => {
      setLook(result.ok ? result.value : { at: 'failed', why: 'unreachable' });
    });
  };
  const use = ({ trusted, fingerprint }: NonNullable<typeof found>): void => {
    close();
    // With the other hub the page is loaded anew, and stays where it is sent now.
    router.force(...route);
    // What the system's authorities vouch for may be renewed at any time: nothing is pinned.
    preferences.change({ remoteHub: { url: hub, fingerprint: trusted ? '' : fingerprint } });
  };
  return (
    <Dialog
      open
      title={t.title}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t.cancel}</Button>
          {found === null ? (
            <Button variant="primary" busy={look === 'looking'} disabled={lock !== undefined} onClick={ask}>
              {t.lookAtHub}
            </Button>
          ) : (
            <Button
              variant="primary"
              onClick={() => {
                use(found);
              }}
            >
              {found.trusted ? t.useHub : t.trustHub}
            </Button>
          )}
        </>
      }
    >
      <p>{link.name === '' ? t.mainChannel : t.to[link.mode](link.name)}</p>
      <p>{t.otherHub(new URL(hub).host)}</p>
      <p className="settings-note">{t.otherHubMeans}</p>
      {lock !== undefined && <p className="settings-lock">{lock}</p>}
      {failed !== null && (
        <TestResult good={false}>
          <p>{about.failures[failed.why]}</p>
        </TestResult>
      )}
      {found !== null && (
        <>
          <Fingerprint label={about.fingerprint} value={found.fingerprint} />
          <p className="settings-note">{found.trusted ? about.trusted : about.compare}</p>
        </>
      )}
      {running.length > 0 && <p>{t.endsSession}</p>}
    </Dialog>
  );
}
