/** Numbers and times as the user's language writes them. */
import type { Texts } from './texts';

/** `1:05`, or `1:02:03` from an hour on. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function formatBitrate(bitsPerSecond: number | null, texts: Texts, language: string): string {
  if (bitsPerSecond === null) return texts.connection.unknown;
  if (bitsPerSecond >= 1_000_000) {
    return texts.connection.megabits(decimal(bitsPerSecond / 1_000_000, language, 1));
  }
  return texts.connection.kilobits(decimal(bitsPerSecond / 1000, language, 0));
}

export function formatPercent(share: number | null, texts: Texts, language: string): string {
  if (share === null) return texts.connection.unknown;
  return new Intl.NumberFormat(language, {
    style: 'percent',
    maximumFractionDigits: share < 0.1 ? 1 : 0,
  }).format(share);
}

export function decimal(value: number, language: string, digits: number): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
