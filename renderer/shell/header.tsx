/** Where one is, how the hub is, and the two choices that belong everywhere: language and theme. */
import { IconButton } from '../components/button';
import { Icon, type IconName } from '../components/icon';
import type { Settings } from '../../protocol/settings';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { languages } from '../texts';
import { BrandMark } from './brand-mark';
import { HubIndicator } from './hub-indicator';
import { PresenceButton } from './presence-button';
import './header.css';

const nextTheme: Record<Settings['theme'], Settings['theme']> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};
const themeIcon: Record<Settings['theme'], IconName> = { system: 'sun-moon', light: 'sun', dark: 'moon' };

/** `title` is null on the home screen. */
export function Header({ title }: { readonly title: string | null }) {
  const texts = useTexts();
  return (
    <header className="header">
      <div className="header__where">
        <a className="header__home" href="#/">
          {title !== null && <Icon name="arrow-left" className="header__back" />}
          <BrandMark />
          <span className="header__name">{texts.app.name}</span>
          <span className="visually-hidden">{title === null ? texts.app.home : texts.app.back}</span>
        </a>
        {title !== null && <span className="header__mode">{title}</span>}
      </div>
      <div className="header__tools">
        <HubIndicator />
        <PresenceButton />
        <LanguageSelect />
        <ThemeButton />
        <a
          className="icon-button"
          href="#/settings"
          aria-label={texts.settings.open}
          title={texts.settings.open}
        >
          <Icon name="settings" />
        </a>
      </div>
    </header>
  );
}

function ThemeButton() {
  const { preferences } = useServices();
  const texts = useTexts();
  const { theme } = useStore(preferences);
  return (
    <IconButton
      icon={themeIcon[theme]}
      label={`${texts.app.theme.label}: ${texts.app.theme[theme]}`}
      onClick={() => {
        preferences.change({ theme: nextTheme[theme] });
      }}
    />
  );
}

function LanguageSelect() {
  const { preferences } = useServices();
  const texts = useTexts();
  const { language } = useStore(preferences);
  return (
    <label className="header__language">
      <span className="visually-hidden">{texts.app.language.label}</span>
      <Icon name="globe" />
      <select
        value={language}
        onChange={(event) => {
          const { value } = event.target;
          preferences.change({ language: value === 'en' || value === 'es' ? value : 'system' });
        }}
      >
        <option value="system">{texts.app.language.system}</option>
        {Object.entries(languages).map(([id, { name }]) => (
          <option key={id} value={id} lang={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
