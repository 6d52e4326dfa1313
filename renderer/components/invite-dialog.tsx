/** How others get here: the links, a QR code, the addresses of this computer, and in the app whether they may come. */
import { useState } from 'react';
import type { LinkTarget } from '../../protocol/desktop';
import { appLinkTo } from '../desktop/app-link';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { Button } from './button';
import { CopyButton, CopyLink } from './copy-link';
import { Dialog } from './dialog';
import { QrCode } from './qr-code';
import { SelectField } from './field';
import { StatusBanner } from './status-banner';
import './invite-dialog.css';

export interface InviteDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** Where the link leads, such as `#/broadcast/watch`. */
  readonly route: string;
  /** Where the link for the app leads. */
  readonly target: LinkTarget;
  /** What the dialog and the link are called, where it is not about viewers. */
  readonly title?: string;
  readonly linkLabel?: string;
}

export function InviteDialog({ open, onClose, route, target, title, linkLabel }: InviteDialogProps) {
  const texts = useTexts();
  return (
    <Dialog open={open} title={title ?? texts.invite.title} onClose={onClose}>
      <Invitation route={route} target={target} label={linkLabel ?? texts.invite.link} />
    </Dialog>
  );
}

export function Invitation({
  route,
  target,
  label,
}: Pick<InviteDialogProps, 'route' | 'target'> & { readonly label: string }) {
  const { platform } = useServices();
  const texts = useTexts();
  const sharing = useStore(platform.sharing);
  const [chosen, setChosen] = useState('');
  const t = texts.invite;
  const bases = sharing.by === 'page' ? [sharing.url] : (sharing.urls ?? []).map(withoutSlash);
  const base = bases.includes(chosen) ? chosen : bases[0];
  const appLink = base === undefined ? null : appLinkTo(target, base);
  return (
    <>
      {sharing.by === 'app' && <SharingSwitch urls={sharing.urls} />}
      {sharing.by === 'page' && sharing.local && (
        <StatusBanner tone="warn" title={t.localPage} advice={t.localPageAdvice} />
      )}
      {base !== undefined && (
        <div className="invitation">
          <div className="invitation__link">
            <CopyLink url={`${base}/${route}`} label={label} />
          </div>
          <QrCode text={`${base}/${route}`} label={t.qr} />
          <div className="invitation__words">
            {bases.length > 1 && (
              <SelectField
                label={t.links}
                hint={t.linksHint}
                value={base}
                options={bases.map((each) => ({ value: each, label: each.replace(/^https?:\/\//, '') }))}
                onChange={setChosen}
              />
            )}
            <p>{t.explain}</p>
            {base.startsWith('https:') && <p className="invitation__small">{t.certificate}</p>}
            {appLink !== null && (
              <div>
                <CopyButton url={appLink}>{t.appLink}</CopyButton>
              </div>
            )}
          </div>
        </div>
      )}
    </>
  );
}

function SharingSwitch({ urls }: { readonly urls: readonly string[] | null }) {
  const { platform, toasts } = useServices();
  const texts = useTexts();
  const [working, setWorking] = useState(false);
  const t = texts.invite;
  async function share(on: boolean): Promise<void> {
    setWorking(true);
    const result = await platform.share(on).catch(() => null);
    setWorking(false);
    if (result === null || !result.ok) toasts.show(t.failed, 'bad');
  }
  if (urls === null) {
    return (
      <StatusBanner tone="info" title={t.off} advice={t.offAdvice}>
        <Button variant="primary" icon="globe" busy={working} onClick={() => void share(true)}>
          {t.start}
        </Button>
      </StatusBanner>
    );
  }
  const alone = urls.length === 0;
  return (
    <StatusBanner
      tone={alone ? 'warn' : 'good'}
      title={alone ? t.none : t.on}
      {...(alone ? { advice: t.noneAdvice } : {})}
    >
      <Button busy={working} onClick={() => void share(false)}>
        {t.stop}
      </Button>
    </StatusBanner>
  );
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
