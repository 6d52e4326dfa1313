import { expect, it } from 'vitest';
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
