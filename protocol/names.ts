/** Names that people type: of users, channels and rooms. The hub and the screens clean and judge them the same way. */
import { MAX_NAME_LENGTH } from './limits';

/** Control characters, lone surrogates, and what turns the direction of the text around it. */
const UNFIT = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * The name as the hub keeps it: without surrounding blanks, composed (Unicode NFC), so that two ways of typing the same
 * name are the same name. Null when it is empty, invisible, too long, or would disturb the text around it.
 */
export function cleanName(raw: string): string | null {
  const name = raw.normalize('NFC').trim();
  if (name.length > MAX_NAME_LENGTH || UNFIT.test(name) || !VISIBLE.test(name)) return null;
  return name;
}
