import { expect, it } from 'vitest';
import { isAppUrl, isHttpsUrl } from './app-origin';

it('knows the app by scheme and host', () => {
  expect(isAppUrl('app://callcast/')).toBe(true);
  expect(isAppUrl('app://callcast')).toBe(true);
  expect(isAppUrl('app://callcast/index.html#/mirror')).toBe(true);
});

it('takes nothing else for it', () => {
  const others = [
    'app://callcast.example/',
    'app://callcast:80/',
    'app://user@other/',
    'apps://callcast/',
    'https://callcast/',
    'file:///app://callcast/',
    'data:text/html,app://callcast/',
    'about:blank',
    '',
  ];
  for (const url of others) expect(isAppUrl(url), url).toBe(false);
});

it('knows https links', () => {
  expect(isHttpsUrl('https://example.org/')).toBe(true);
  for (const url of ['http://example.org/', 'javascript:alert(1)', 'file:///etc/passwd', 'smb://x/', 'x']) {
    expect(isHttpsUrl(url), url).toBe(false);
  }
});
