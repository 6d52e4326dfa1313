/** What the composition root built, handed to the screens. */
import { createContext, use, type ReactNode } from 'react';
import type { Devices } from './media/devices';
import type { LocalMedia } from './media/local-media';
import type { Platform } from './platform';
import type { PreferencesStore } from './preferences';
import type { Router } from './router';
import type { HubLink } from './signaling/hub-link';
import { useStore } from './store';
import { chooseLanguage, languages, type Language, type Texts } from './texts';
import type { Timers } from './timers';
import type { Toasts } from './toasts';

export interface Services {
  readonly platform: Platform;
  readonly router: Router;
  readonly preferences: PreferencesStore;
  readonly devices: Devices;
  readonly hub: HubLink;
  readonly toasts: Toasts;
  readonly timers: Timers;
  /** A camera and a microphone of one's own; whoever opens it closes it. */
  openLocalMedia(): LocalMedia;
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
