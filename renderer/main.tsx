/** Composition root of the UI: builds the services once, then hands them to the screens. */
// First of all: it names the order of the cascade's layers.
import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { openDesktop } from './desktop/desktop';
import { captureConstraints } from './media/capture-constraints';
import { openDevices } from './media/devices';
import { asRtcServers } from './media/ice-servers';
import { LocalMedia } from './media/local-media';
import { mixTracks, OutgoingMedia } from './media/outgoing-media';
import { isReachable, onNetworkChange } from './media/network-changes';
import { watchingNetwork } from './media/network-watch';
import { openPeer } from './media/peer';
import { followSpeaker } from './media/speaker';
import { openPlatform } from './platform';
import { chooseSink } from './recording/recording-sink';
import { openRouter } from './router';
import type { Services } from './services';
import { openSessions } from './sessions';
import { showNotices } from './settings/notices';
import { appSettings, browserSettings, type SettingsStore } from './settings/settings-store';
import { followUpdates } from './settings/update-notice';
import { App } from './shell/app';
import { openCalls } from './shell/calls';
import { openHubLink } from './signaling/hub-link';
import { chooseLanguage, languages, type Texts } from './texts';
import { followPreferences } from './theme';
import { browserTimers } from './timers';
import { openToasts } from './toasts';

function buildServices(preferences: SettingsStore): Services {
  const timers = browserTimers;
  const toasts = openToasts(timers);
  const platform = openPlatform(window);
  // Absent in a page that was not loaded securely, whatever the types say.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  const devices = openDevices(mediaDevices, 'setSinkId' in HTMLMediaElement.prototype);
  const hub = openHubLink({
    platform,
    timers,
    random: Math.random,
    openSocket: (url) => new WebSocket(url),
    reachable: (url) => isReachable(navigator, url),
  });
  const watched = watchingNetwork({
    openPeer,
    onNetworkChange: (listener) => onNetworkChange(window, listener),
    onDoubt: () => {
      hub.doubt();
    },
    timers,
  });
  onNetworkChange(window, () => {
    hub.networkChanged();
  });
  const say = (sentence: (texts: Texts) => string, tone?: 'info' | 'bad'): void => {
    const language = chooseLanguage(preferences.get().language, platform.locale);
    toasts.show(sentence(languages[language].texts), tone);
  };
  followSpeaker(
    devices,
    () => preferences.get().speaker,
    (change) => {
      say((texts) => texts.devices.changes.speaker[change]);
    },
  );
  followSpeaker(
    devices,
    () => {
      const { ringDevice, speaker } = preferences.get();
      // Said once, where it is one and the same.
      return ringDevice === speaker ? '' : ringDevice;
    },
    (change) => {
      say((texts) => texts.devices.changes.ringDevice[change]);
    },
  );
  const desktop = openDesktop(window.callcast);
  const router = openRouter(window);
  const services: Omit<Services, 'calls'> = {
    platform,
    desktop,
    sessions: openSessions(desktop),
    preferences,
    devices,
    hub,
    timers,
    router,
    toasts,
    storage: { local: window.localStorage, session: window.sessionStorage },
    openOutgoingMedia: (media) =>
      new OutgoingMedia({
        media,
        // Phones have no such thing, whatever the types say.
        getDisplayMedia:
          mediaDevices !== undefined && 'getDisplayMedia' in mediaDevices
            ? (options) => mediaDevices.getDisplayMedia(options)
            : undefined,
        mix: mixTracks,
        timers,
      }),
    openPeer: (options) => {
      const { iceServers, maxBitrate } = preferences.get();
      return watched({ iceServers: asRtcServers(iceServers), maxKilobits: maxBitrate, ...options });
    },
    openRecordingSink: chooseSink(window.callcast, window),
    openLocalMedia: () =>
      new LocalMedia({
        mediaDevices,
        secure: window.isSecureContext,
        timers,
        chosen: (kind) => preferences.get()[kind],
        constraints: (kind) => captureConstraints(kind, preferences.get()),
        onOpened: () => void devices.refresh(),
        onChange: (kind, change) => {
          say((texts) => texts.devices.changes[kind][change], change === 'lost' ? 'bad' : 'info');
        },
      }),
  };
  return {
    ...services,
    calls: openCalls({
      address: platform.hub,
      needed: () => {
        const { availableForCalls, callName } = preferences.get();
        return (availableForCalls && callName !== '') || router.get().mode === 'call';
      },
      onChange: (listener) => {
        preferences.subscribe(listener);
        router.subscribe(listener);
      },
      openDesk: async () => (await import('./modes/call/desk')).openDesk(services),
    }),
  };
}

async function start(): Promise<void> {
  const { callcast } = window;
  const settings =
    callcast === undefined ? browserSettings(window.localStorage) : await appSettings(callcast);
  const services = buildServices(settings);
  followPreferences(window, services.preferences, services.platform);
  const root = document.getElementById('root');
  if (root !== null) createRoot(root).render(<App services={services} />);
  if (callcast === undefined) return;
  void showNotices(callcast, services);
  followUpdates(callcast, services);
  callcast.on('app:show', (screen) => {
    services.router.go(screen);
  });
}

void start();
