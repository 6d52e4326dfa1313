/** Composition root of the UI: builds the services once, then hands them to the screens. */
// First of all: it names the order of the cascade's layers.
import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { openDevices } from './media/devices';
import { LocalMedia } from './media/local-media';
import { openPlatform } from './platform';
import { openPreferences } from './preferences';
import { openRouter } from './router';
import type { Services } from './services';
import { App } from './shell/app';
import { openHubLink } from './signaling/hub-link';
import { chooseLanguage, languages } from './texts';
import { followPreferences } from './theme';
import { browserTimers } from './timers';
import { openToasts } from './toasts';

function buildServices(): Services {
  const timers = browserTimers;
  const toasts = openToasts(timers);
  const platform = openPlatform(window);
  const preferences = openPreferences(window.localStorage);
  // Absent in a page that was not loaded securely, whatever the types say.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  const devices = openDevices(mediaDevices, 'setSinkId' in HTMLMediaElement.prototype);
  const hub = openHubLink({ platform, timers, random: Math.random, openSocket: (url) => new WebSocket(url) });
  window.addEventListener('online', () => {
    hub.retryNow();
  });
  return {
    platform,
    preferences,
    devices,
    hub,
    timers,
    router: openRouter(window),
    toasts,
    openLocalMedia: () =>
      new LocalMedia({
        mediaDevices,
        secure: window.isSecureContext,
        timers,
        chosen: (kind) => preferences.get()[kind],
        onOpened: () => void devices.refresh(),
        onChange: (kind, change) => {
          const language = chooseLanguage(preferences.get().language, platform.locale);
          toasts.show(
            languages[language].texts.devices.changes[kind][change],
            change === 'lost' ? 'bad' : 'info',
          );
        },
      }),
  };
}

const services = buildServices();
followPreferences(window, services.preferences, services.platform);
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App services={services} />);
