/** A newer version is here: says so until it is answered, now or later. */
import type { Bridge } from '../../protocol/ipc';
import type { Services } from '../services';
import { chooseLanguage, languages } from '../texts';

export function followUpdates(
  bridge: Pick<Bridge, 'invoke' | 'on'>,
  { toasts, preferences, platform }: Pick<Services, 'toasts' | 'preferences' | 'platform'>,
): void {
  const texts = () =>
    languages[chooseLanguage(preferences.get().language, platform.locale)].texts.desktop.updates;
  let told: string | null = null;
  const tell = (version: string): void => {
    // Looked for twice a day: the same one is no news.
    if (version === told) return;
    told = version;
    const install = async (): Promise<void> => {
      const result = await bridge.invoke('updates:install');
      if (!result.ok || !result.value) toasts.show(texts().busy);
    };
    const t = texts();
    toasts.ask(t.ready(version), { label: t.restart, run: () => void install() }, t.later);
  };
  bridge.on('updates:ready', tell);
  void bridge.invoke('updates:get').then((result) => {
    if (result.ok && result.value !== null) tell(result.value);
  });
}
