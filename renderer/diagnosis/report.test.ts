import { describe, expect, it } from 'vitest';
import type { Finding } from './findings';
import { reportText, type Surroundings } from './report';

const around: Surroundings = {
  version: '1.2.3',
  kind: 'app',
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Callcast/1.2.3 Chrome/130.0.6723.191 Electron/33.4.11',
  language: 'en',
};

describe('the report', () => {
  it('tells each finding in the order of the checks', () => {
    const findings: Finding[] = [
      { check: 'udp', word: 'ok', measures: { roundTrip: 1.23, kilobits: 800 } },
      { check: 'camera', word: 'ok', measures: { width: 1280, height: 720 } },
      { check: 'media-server', word: 'ok', version: '7.3.1' },
      { check: 'microphone', word: 'busy' },
    ];
    expect(reportText(findings, around)).toBe(
      [
        'Callcast 1.2.3 (app, en)',
        'System: Linux, Electron 33',
        'camera: good, ok (width 1280, height 720)',
        'microphone: bad, busy',
        'media-server: good, ok (version 7.3.1)',
        'udp: good, ok (roundTrip 1.2, kilobits 800)',
        '',
      ].join('\n'),
    );
  });

  const secrets = [
    'v=0\r\no=- 46117 2 IN IP4 192.168.0.7\r\ns=-',
    'candidate:1 1 udp 2122260223 192.168.0.7 54321 typ host',
    '192.168.0.7',
    'fe80::1ff:fe23:4567:890a',
    'studio.example.org',
    'turn:alice:secret@turn.example.org',
    'a=ice-pwd:asd88fgpdd777uzjYhagZg',
    'Alice',
    '__proto__',
    'constructor',
    '\u202Egnihtemos',
    'x'.repeat(100_000),
  ];

  it.each(secrets)('lets nothing out that is no word of its lists: %.30s', (secret) => {
    // What no honest code does: everything that can be a text is the secret.
    const hostile = [
      {
        check: 'camera',
        word: secret,
        measures: { width: secret, [secret]: 7, roundTrip: Infinity },
        [secret]: secret,
      },
      { check: 'media-server', word: 'ok', version: secret, label: secret },
      { check: 'udp', word: secret },
      { check: secret, word: secret },
    ] as unknown as Finding[];
    const text = reportText(hostile, {
      version: secret,
      kind: secret as 'app',
      userAgent: secret,
      language: secret as 'en',
    });
    expect(text).not.toContain(secret);
    expect(text.length).toBeLessThan(300);
    for (const line of text.split('\n')) expect(line).toMatch(/^[\w :,.()-]*$/);
    expect(text).toContain('camera: bad, other\n');
  });

  it('tells of a browser no more than its kind and its major version', () => {
    const firefox =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0 (of Alice)';
    expect(reportText([], { ...around, userAgent: firefox })).toContain('System: Windows, Firefox 140\n');
  });
});
