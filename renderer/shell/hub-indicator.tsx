/** A dot and a word in the header; pressed, it tells the whole. */
import { useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { healthOf } from './hub-health';
import './hub-indicator.css';

export function HubIndicator() {
  const { hub, platform } = useServices();
  const texts = useTexts();
  const status = useStore(hub.status);
  const health = healthOf(status, texts, useStore(platform.mediaServerTrouble));
  const [open, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <button
        type="button"
        className={`hub-indicator hub-indicator--${health.tone}`}
        aria-haspopup="dialog"
        aria-label={`${texts.status.label}: ${health.short}`}
        onClick={() => {
          setOpen(true);
        }}
      >
        <span className="hub-indicator__dot" aria-hidden="true" />
        <span className="hub-indicator__text">{health.short}</span>
      </button>
      <Dialog
        open={open}
        title={texts.status.label}
        onClose={close}
        actions={
          status.at === 'unreachable' ? (
            <Button
              variant="primary"
              icon="refresh"
              onClick={() => {
                hub.retryNow();
              }}
            >
              {texts.app.retry}
            </Button>
          ) : undefined
        }
      >
        <dl className="hub-indicator__facts">
          <dt>{texts.status.hub}</dt>
          <dd>{health.hub}</dd>
          <dt>{texts.status.mediaServer}</dt>
          <dd>{health.mediaServer}</dd>
        </dl>
        {health.advice !== '' && <p>{health.advice}</p>}
      </Dialog>
    </>
  );
}
