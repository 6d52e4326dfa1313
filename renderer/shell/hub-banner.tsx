/** Says, above a screen, what keeps it from working: only when something does, and not for the blink of a start. */
import { useEffect, useState } from 'react';
import { Button } from '../components/button';
import { StatusBanner } from '../components/status-banner';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { healthOf } from './hub-health';

/** A start that takes no longer than this needs no explanation. */
const PATIENCE_MS = 1_500;

export function HubBanner() {
  const { hub, platform, timers } = useServices();
  const texts = useTexts();
  const status = useStore(hub.status);
  const health = healthOf(status, texts, useStore(platform.mediaServerTrouble));
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (health.tone === 'good') return undefined;
    return timers.after(PATIENCE_MS, () => {
      setLate(true);
    });
  }, [health.tone, timers]);
  if (health.tone === 'good' || (health.tone === 'working' && !late)) return null;
  // A retry in progress is not news; the words stay until it works.
  return (
    <StatusBanner
      tone={health.tone === 'bad' ? 'warn' : 'working'}
      title={health.short}
      advice={health.advice === '' ? undefined : health.advice}
    >
      {status.at === 'unreachable' && (
        <Button
          icon="refresh"
          onClick={() => {
            hub.retryNow();
          }}
        >
          {texts.app.retry}
        </Button>
      )}
    </StatusBanner>
  );
}
