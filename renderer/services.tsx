/** What the composition root built, handed to the screens. */
import { createContext, use, type ReactNode } from 'react';
import type { Desktop } from './desktop/desktop';
import type { Desk } from './modes/call/desk';
import type { Devices } from './media/devices';
import type { LocalMedia } from './media/local-media';
import type { OutgoingMedia } from './media/outgoing-media';
import type { openPeer } from './media/peer';
import type { Platform } from './platform';
import type { OpenSink } from './recording/recording-sink';
import type { Router } from './router';
import type { Sessions } from './sessions';
import type { SettingsStore } from './settings/settings-store';
import type { Calls } from './shell/calls';
import type { HubLink } from './signaling/hub-link';
import { useStore } from './store';
import { chooseLanguage, languages, type Language, type Texts } from './texts';
import type { Timers } from './timers';
import type { Toasts } from './toasts';

export interface Services {
  readonly platform: Platform;
  /** Around the window, where there is something. */
  readonly desktop: Desktop;
  readonly router: Router;
  /** What runs in this page. */
  readonly sessions: Sessions;
  /** Name, ringing and call, on whatever screen. */
  readonly calls: Calls<Desk>;
  readonly preferences: SettingsStore;
  /** A connection with the media server, with this person's ICE servers and limits. */
  readonly openPeer: typeof openPeer;
  readonly devices: Devices;
  readonly hub: HubLink;
  readonly toasts: Toasts;
  readonly timers: Timers;
  /** What this device keeps, and what this window keeps until it closes. */
  readonly storage: { readonly local: Storage; readonly session: Storage };
  /** Where a recording goes. */
  readonly openRecordingSink: OpenSink;
  /** A camera and a microphone of one's own; whoever opens it closes it. */
  openLocalMedia(): LocalMedia;
  /** The same with a screen in the camera's place where wanted; whoever opens it closes it. */
  openOutgoingMedia(media: LocalMedia): OutgoingMedia;
}

const ServicesContext = createContext<Services | null>(null);

export function ServicesProvider({
  services,
  children,
}: {
  readonly services: Services;
  readonly children: ReactNode;
}) {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === null) throw new Error('A screen is outside of ServicesProvider.');
  return services;
}

export function useLanguage(): Language {
  const { preferences, platform } = useServices();
  return chooseLanguage(useStore(preferences).language, platform.locale);
}

export function useTexts(): Texts {
  return languages[useLanguage()].texts;
}
