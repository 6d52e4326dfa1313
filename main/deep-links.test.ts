import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanName } from '../protocol/names';
import { LinkInbox, linkOf, originsOf, parseLink } from './deep-links';

const HUB = 'https://localhost:8443';

it('leads to a person, a channel and a room', () => {
  expect(parseLink('callcast://call/Ana')).toEqual({ mode: 'call', name: 'Ana' });
  expect(parseLink('callcast://watch/news')).toEqual({ mode: 'watch', name: 'news' });
  expect(parseLink('callcast://room/amber-fox-3/')).toEqual({ mode: 'room', name: 'amber-fox-3' });
  expect(parseLink('callcast://call/Ana%20Mar%C3%ADa')).toEqual({ mode: 'call', name: 'Ana María' });
  expect(parseLink('CALLCAST://CALL/Ana')).toEqual({ mode: 'call', name: 'Ana' });
});

it('knows the main channel by having no name', () => {
  expect(parseLink('callcast://watch/')).toEqual({ mode: 'watch', name: '' });
  expect(parseLink('callcast://watch')).toEqual({ mode: 'watch', name: '' });
});

it("leads to the pages of the app's own hub, and of no other", () => {
  expect(parseLink(`${HUB}/#/call/Ana`, [HUB])).toEqual({ mode: 'call', name: 'Ana' });
  expect(parseLink(`${HUB}/#/broadcast/watch/news`, [HUB])).toEqual({ mode: 'watch', name: 'news' });
  expect(parseLink(`${HUB}/#/broadcast/watch`, [HUB])).toEqual({ mode: 'watch', name: '' });
  expect(parseLink(`${HUB}/#/room/r`, [HUB])).toEqual({ mode: 'room', name: 'r' });
  for (const link of [
    'https://localhost:8444/#/room/r',
    'http://localhost:8443/#/room/r',
    'https://user@localhost:8443/#/room/r',
    `${HUB}/page#/room/r`,
    `${HUB}/?x#/room/r`,
    `${HUB}/`,
    `${HUB}/#room/r`,
    `${HUB}/#/mirror`,
    `${HUB}/#/broadcast/present/x`,
    `${HUB}/#/settings/x`,
  ])
    expect(parseLink(link, [HUB]), link).toBeNull();
});

it('follows what invitations offer for the app', () => {
  // As renderer/desktop/app-link.ts writes them.
  expect(parseLink('callcast://call/Ana%20Mar%C3%ADa?hub=192.168.0.7:8443')).toEqual({
    mode: 'call',
    name: 'Ana María',
    hub: 'https://192.168.0.7:8443/',
  });
  expect(parseLink('callcast://watch?hub=hub.example:443')).toEqual({
    mode: 'watch',
    name: '',
    hub: 'https://hub.example/',
  });
  expect(parseLink('callcast://room/a%2Fb?hub=[fd00::7]:9000')).toEqual({
    mode: 'room',
    name: 'a/b',
    hub: 'https://[fd00::7]:9000/',
  });
});

it('takes nothing that is too long, unfit to be seen, or leads elsewhere', () => {
  for (const link of [
    '',
    'callcast:',
    'callcast://',
    'callcast://call',
    'callcast://call/',
    'callcast:call/Ana',
    'callcast://quit/now',
    'callcast://call/Ana/Ben',
    'callcast://call:80/Ana',
    'callcast://me@call/Ana',
    'callcast://call/Ana?accept=1',
    'callcast://call/Ana#x',
    'callcast://call/%',
    'callcast://call/%ff',
    'callcast://call/%00Ana',
    'callcast://call/%E2%80%AEanA',
    'callcast://call/%20',
    `callcast://call/${'x'.repeat(65)}`,
    `callcast://call/Ana${' '.repeat(2_000)}`,
    'javascript:alert(1)',
    'file:///etc/passwd',
  ])
    expect(parseLink(link), JSON.stringify(link)).toBeNull();
});

it('is found among the arguments of a start', () => {
  expect(linkOf(['--user-data-dir=/tmp/x', '/app', 'callcast://room/r', 'callcast://room/s'])).toEqual({
    mode: 'room',
    name: 'r',
  });
  expect(linkOf(['--as_uri=https://localhost:8443/'], [HUB])).toBeNull();
});

it('knows a hub by all of its addresses', () => {
  expect(
    originsOf({
      at: 'ready',
      url: 'wss://localhost:8443',
      mediaServer: 'ready',
      sharedUrls: ['https://192.168.0.7:8443/'],
    }),
  ).toEqual(['https://localhost:8443', 'https://192.168.0.7:8443']);
  expect(originsOf({ at: 'remote', url: 'wss://hub.example' })).toEqual(['https://hub.example']);
  expect(originsOf({ at: 'starting' })).toEqual([]);
});

it('keeps the last link until it is taken, once', () => {
  const inbox = new LinkInbox();
  expect(inbox.take()).toBeNull();
  inbox.put({ mode: 'room', name: 'a' });
  inbox.put({ mode: 'room', name: 'b' });
  expect(inbox.take()).toEqual({ mode: 'room', name: 'b' });
  expect(inbox.take()).toBeNull();
});

it('leads to another hub when it says which, and says nothing of the one in use', () => {
  const at = (place: string) => parseLink(`callcast://watch/news?hub=${place}`, [HUB]);
  const link = { mode: 'watch', name: 'news' };
  expect(at('friend.example')).toEqual({ ...link, hub: 'https://friend.example:8443/' });
  expect(at('192.168.0.7:9000')).toEqual({ ...link, hub: 'https://192.168.0.7:9000/' });
  expect(at('Friend.Example:8443')).toEqual({ ...link, hub: 'https://friend.example:8443/' });
  expect(at('friend.example%3A8444')).toEqual({ ...link, hub: 'https://friend.example:8444/' });
  expect(at('[fd00::7]:9000')).toEqual({ ...link, hub: 'https://[fd00::7]:9000/' });
  expect(at('localhost:8443')).toEqual(link);
  expect(at('localhost')).toEqual(link);
  expect(parseLink('callcast://call/Ana?hub=friend.example')).toEqual({
    mode: 'call',
    name: 'Ana',
    hub: 'https://friend.example:8443/',
  });
});

it('takes no hub that is written in an odd way', () => {
  for (const query of [
    '?hub',
    '?hub=',
    '?hub=:8443',
    '?hub=a&hub=b',
    '?hub=a&x=1',
    '?x=1&hub=a',
    '?HUB=a',
    '?hub=a/',
    '?hub=a/path',
    '?hub=https://a',
    '?hub=user@a',
    '?hub=user:pw@a',
    '?hub=a:0',
    '?hub=a:65536',
    '?hub=a:99999999',
    '?hub=a:80:90',
    '?hub=a%20b',
    '?hub=a%00',
    '?hub=%',
    '?hub=%ff',
    '?hub=a%2Fb',
    '?hub=a%23b',
    '?hub=a%3Fb',
    '?hub=a%40b',
    '?hub=a\\b',
    '?hub=..',
    '?hub=-a',
    '?hub=a-',
    '?hub=[::1',
    '?hub=[zz]',
    // An address in disguise, and letters that look like others.
    '?hub=2130706433',
    '?hub=0x7f.1',
    '?hub=127.1',
    '?hub=fr%D1%96end.example',
    '?hub=%EF%BD%81.example',
    `?hub=${'a'.repeat(300)}`,
  ])
    expect(parseLink(`callcast://watch/news${query}`), query).toBeNull();
  expect(parseLink('callcast://quit/now?hub=friend.example')).toBeNull();
  expect(parseLink('callcast://watch/news?hub=friend.example#x')).toBeNull();
  expect(parseLink(`${HUB}/?hub=friend.example#/room/r`, [HUB])).toBeNull();
});

it('answers whatever comes with a link that a person could have typed, or with none', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ maxLength: 80 }).map((text) => `callcast://${text}`),
    fc.string({ maxLength: 80 }).map((text) => `callcast://watch/x?hub=${text}`),
    fc.tuple(fc.webAuthority(), fc.webQueryParameters()).map(([at, query]) => `callcast://${at}?${query}`),
    fc.webAuthority().map((at) => `callcast://room/x?hub=${at}`),
  );
  fc.assert(
    fc.property(anything, (raw) => {
      const link = parseLink(raw, [HUB]);
      if (link === null) return;
      expect(['call', 'watch', 'room']).toContain(link.mode);
      if (link.name !== '') expect(cleanName(link.name)).toBe(link.name);
      if (link.hub === undefined) return;
      const url = new URL(link.hub);
      expect(url.href.replace(/^https:\/\/([^/]+)\/$/, 'https://$1/')).toBe(link.hub.replace(':443/', '/'));
      expect([url.protocol, url.username, url.password, url.pathname, url.search, url.hash]).toEqual([
        'https:',
        '',
        '',
        '/',
        '',
        '',
      ]);
    }),
    { numRuns: 300 },
  );
});
