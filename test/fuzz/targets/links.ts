/** Links that any web page can make the system open, and addresses that people paste: a screen and a name, or nothing. */
import * as v from 'valibot';
import { linkOf, parseLink } from '../../../main/deep-links';
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import { cleanName } from '../../../protocol/names';
import { hubUrlSchema } from '../../../protocol/settings';
import { formatRoute, parseRoute } from '../../../renderer/router';
import { claim, FOR_EVER, MILLION, none, words } from '../target';
import type { Target } from '../target';

const HUB = 'https://localhost:8443';
const MODES: readonly string[] = ['call', 'watch', 'room'];

function run(input: Buffer): void {
  const text = input.toString('utf8');
  const { mode: screen, rest } = parseRoute(text);
  for (const part of [screen, ...rest]) claim(part.length <= MAX_NAME_LENGTH, 'parts of a route are names');

  const link = parseLink(text, [HUB]);
  claim(linkOf(['--flag', text], [HUB])?.name === link?.name, 'a start reads the same link');
  if (link === null) return;
  const { mode, name, hub } = link;
  if (hub !== undefined)
    claim(v.is(hubUrlSchema, hub), "another hub's address is one that could have been typed");
  claim(MODES.includes(mode), 'a link leads to a screen that there is');
  if (name === '') claim(mode === 'watch', 'only the main channel needs no name');
  else {
    claim(cleanName(name) === name, 'a name is one that a person could have typed');
    claim(parseRoute(formatRoute(mode, name)).rest[0] === name, 'the page comes to the same name');
  }
}

export const links: Target = {
  name: 'links',
  about: 'deep links and routes',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare: () => ({
    samples: [
      'callcast://call/alice',
      'callcast://watch/',
      'callcast://watch/main%20stage',
      'CALLCAST://ROOM/Caf%C3%A9/',
      'callcast://room/%F0%9F%91%8B%F0%9F%8F%BD',
      'callcast://call/bob?hub=example.org',
      'callcast://room/lobby?hub=[2001:db8::1]:8443',
      `${HUB}/#/broadcast/watch/news`,
      `${HUB}/#/call/b%C3%B6b`,
      `${HUB}/#/room/lobby`,
      '#/broadcast/watch/news',
    ].map((text) => Buffer.from(text)),
    words: words(
      'callcast:',
      '//',
      '/',
      '#',
      '?hub=',
      '?hub=localhost:8443',
      '&',
      '[::1]',
      '@',
      ':',
      '%',
      '%2f',
      '%00',
      '%e2%80%ae',
      '%ed%a0%80',
      '%cc%81',
      '%E1%84%80%E1%85%A1',
      '..',
      'call',
      'watch',
      'room',
      'javascript:',
      HUB,
      '\u00a0',
    ),
    text: true,
    maxBytes: 2_048,
    begin: () => ({ run }),
  }),
};
