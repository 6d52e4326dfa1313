/** Chooses the language: the user's choice, else the system's, else English. */
import { en, type Texts } from './en';
import { es } from './es';

export type { FailureText, Texts } from './en';
export type Language = 'en' | 'es';

export const languages: Record<Language, { readonly texts: Texts; readonly name: string }> = {
  en: { texts: en, name: 'English' },
  es: { texts: es, name: 'Español' },
};

/** `locale` is a language tag, such as `es-AR`. */
export function chooseLanguage(choice: Language | 'system', locale: string): Language {
  if (choice !== 'system') return choice;
  return locale.toLowerCase().split(/[-_]/)[0] === 'es' ? 'es' : 'en';
}
