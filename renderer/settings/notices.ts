/** Tells what became of the settings file, once: the main process forgets it when asked. */
import type { Bridge } from '../../protocol/ipc';
import type { SettingsNotice } from '../../protocol/settings';
import type { Services } from '../services';
import { chooseLanguage, languages, type Texts } from '../texts';

export async function showNotices(
  bridge: Pick<Bridge, 'invoke'>,
  { toasts, preferences, platform }: Pick<Services, 'toasts' | 'preferences' | 'platform'>,
): Promise<void> {
  const result = await bridge.invoke('settings:notices');
  if (!result.ok) return;
  const { texts } = languages[chooseLanguage(preferences.get().language, platform.locale)];
  for (const notice of result.value) toasts.show(sentenceOf(notice, texts), 'bad');
}

export function sentenceOf({ why, keptAs = '–', fields = [] }: SettingsNotice, texts: Texts): string {
  const t = texts.settings.notices;
  switch (why) {
    case 'corrupt':
      return t.corrupt(keptAs);
    case 'newer':
      return t.newer(keptAs);
    case 'bad-values':
      return t.badValues(fields.map((name) => texts.settings.names[name]).join(', '));
    case 'unwritable':
      return t.unwritable;
  }
}
