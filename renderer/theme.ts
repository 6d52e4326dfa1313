/** Keeps `data-theme` and `lang` of the page in step with the preferences and the system. */
import type { PreferencesStore } from './preferences';
import { chooseLanguage } from './texts';

export function followPreferences(window: Window, preferences: PreferencesStore, locale: string): void {
  const root = window.document.documentElement;
  const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const { theme, language } = preferences.get();
    root.dataset['theme'] = theme === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : theme;
    root.lang = chooseLanguage(language, locale);
  };
  preferences.subscribe(apply);
  systemIsDark.addEventListener('change', apply);
  apply();
}
