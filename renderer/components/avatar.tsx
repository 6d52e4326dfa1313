/** A person without a picture: initials on a colour that stays the same for the same name. */
import { classes } from './classes';
import './avatar.css';

const HUES = ['mirror', 'magic', 'broadcast', 'call', 'room'] as const;

export interface AvatarProps {
  readonly name: string;
  readonly size?: 's' | 'm' | 'l';
  /** Rings around it: it is ringing. */
  readonly ringing?: boolean;
}

export function Avatar({ name, size = 'm', ringing = false }: AvatarProps) {
  return (
    <span
      className={classes('avatar', `avatar--${size}`, `avatar--${hueOf(name)}`, ringing && 'avatar--ringing')}
      aria-hidden="true"
    >
      <span className="avatar__letters">{initialsOf(name)}</span>
    </span>
  );
}

function hueOf(name: string): string {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return HUES[sum % HUES.length] ?? 'call';
}

/** First letters of the first and last word; letters may be more than one code unit. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const [first, last] = [words[0] ?? '', words.length > 1 ? (words.at(-1) ?? '') : ''];
  return [first, last]
    .map((word) => [...word][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}
