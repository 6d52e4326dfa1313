/**
 * The findings as text to send to somebody. Whatever reaches this function, only words of the lists, finite numbers and
 * version numbers leave it; a word that is on no list becomes `other`.
 */
import { CHECKS, MEASURES, WORDS, statusOf, type Finding } from './findings';

export interface Surroundings {
  /** Of Callcast; empty in a browser. */
  readonly version: string;
  readonly kind: 'app' | 'browser';
  /** `navigator.userAgent`. */
  readonly userAgent: string;
  /** As chosen, such as `es`. */
  readonly language: 'en' | 'es';
}

/** Three parts at most: four of them would be an address. */
const VERSION = /^\d{1,4}(?:\.\d{1,5}){0,2}$/;
const ENGINES = ['Firefox', 'Edg', 'Electron', 'Chrome', 'Version'] as const;
const SYSTEMS = ['Windows', 'Mac OS X', 'Android', 'CrOS', 'Linux', 'iPhone', 'iPad'] as const;

export function reportText(findings: readonly Finding[], around: Surroundings): string {
  const place = around.kind === 'app' ? 'app' : 'browser';
  const language = around.language === 'es' ? 'es' : 'en';
  const lines = [
    `Callcast ${VERSION.test(around.version) ? around.version : '-'} (${place}, ${language})`,
    `System: ${systemOf(around.userAgent)}, ${engineOf(around.userAgent)}`,
  ];
  for (const check of CHECKS)
    for (const finding of findings) if (finding.check === check) lines.push(lineOf(finding));
  return `${lines.join('\n')}\n`;
}

function lineOf(finding: Finding): string {
  const { check, word, measures = {}, version } = finding;
  const known = Object.hasOwn(WORDS[check], word);
  const details = MEASURES.flatMap((name) => {
    const value: unknown = Object.hasOwn(measures, name) ? measures[name] : undefined;
    return typeof value === 'number' && Number.isFinite(value)
      ? [`${name} ${Math.round(value * 10) / 10}`]
      : [];
  });
  if (typeof version === 'string' && VERSION.test(version)) details.push(`version ${version}`);
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`;
  return `${check}: ${known ? statusOf(finding) : 'bad'}, ${known ? word : 'other'}${more}`;
}

function systemOf(userAgent: string): string {
  return SYSTEMS.find((name) => userAgent.includes(name)) ?? 'other';
}

function engineOf(userAgent: string): string {
  for (const name of ENGINES) {
    const major = new RegExp(`\\b${name}/(\\d{1,4})\\b`).exec(userAgent)?.[1];
    if (major !== undefined) return `${name === 'Version' ? 'Safari' : name} ${major}`;
  }
  return 'other';
}
