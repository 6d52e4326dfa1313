/** One screen for everything that can be decided, in sections; in a browser, only what concerns the browser. */
import { useEffect, useRef, type ReactNode } from 'react';
import type { Bridge } from '../../protocol/ipc';
import { Icon, type IconName } from '../components/icon';
import { formatRoute } from '../router';
import { useTexts } from '../services';
import { ConnectionSection } from './connection-section';
import { DevicesSection } from './devices-section';
import { GeneralSection } from './general-section';
import { HelpSection } from './help-section';
import { HubSection } from './hub-section';
import { MediaServerSection } from './media-server-section';
import './settings.css';

const SECTIONS = [
  { id: 'general', icon: 'person', app: false },
  { id: 'devices', icon: 'camera', app: false },
  { id: 'media-server', icon: 'gauge', app: true },
  { id: 'hub', icon: 'people', app: true },
  { id: 'connection', icon: 'globe', app: false },
  { id: 'help', icon: 'info', app: false },
] as const satisfies readonly { id: string; icon: IconName; app: boolean }[];
type SectionId = (typeof SECTIONS)[number]['id'];

export function SettingsScreen({ rest }: { readonly rest: readonly string[] }) {
  const { settings: t } = useTexts();
  const bridge = window.callcast ?? null;
  const there = SECTIONS.filter(({ app }) => !app || bridge !== null);
  const shown = there.find(({ id }) => id === rest[0])?.id ?? 'general';
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the sections are one line that is wider than the screen.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [shown]);
  return (
    <div className="settings">
      <h1 className="settings__title">{t.title}</h1>
      <nav ref={nav} className="settings__nav" aria-label={t.sections}>
        <ul>
          {there.map(({ id, icon }) => (
            <li key={id}>
              <a href={formatRoute('settings', id)} aria-current={id === shown ? 'page' : undefined}>
                <Icon name={icon} />
                {t.section[id]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="settings__section">
        <h2 className="visually-hidden">{t.section[shown]}</h2>
        {sectionOf(shown, bridge)}
      </div>
    </div>
  );
}

function sectionOf(id: SectionId, bridge: Bridge | null): ReactNode {
  switch (id) {
    case 'general':
      return <GeneralSection />;
    case 'devices':
      return <DevicesSection />;
    case 'media-server':
      return bridge && <MediaServerSection bridge={bridge} />;
    case 'hub':
      return bridge && <HubSection bridge={bridge} />;
    case 'connection':
      return <ConnectionSection />;
    case 'help':
      return <HelpSection bridge={bridge} />;
  }
}
