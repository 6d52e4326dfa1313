/** Keeps `data-theme` and `lang` of the page in step with the preferences and the system. */
import type { Platform } from './platform';
import type { SettingsStore } from './settings/settings-store';
import { chooseLanguage } from './texts';

export function followPreferences(
  window: Window,
  preferences: Pick<SettingsStore, 'get' | 'subscribe'>,
  platform: Platform,
): void {
  const root = window.document.documentElement;
  const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
  let told: string | null = null;
  const apply = (): void => {
    const { theme, language } = preferences.get();
    if (theme !== told) platform.showTheme(theme);
    told = theme;
    root.dataset['theme'] = theme === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : theme;
    root.lang = chooseLanguage(language, platform.locale);
  };
  preferences.subscribe(apply);
  systemIsDark.addEventListener('change', apply);
  apply();
}
