/**
 * From text to lines by section: where lines begin and end, how large a description may be. What an attribute means is
 * parse.ts's business. Only the grammar of RFC 8866 that browsers and Kurento need.
 */
import { MAX_SDP_LENGTH } from '../../protocol/limits';
import { SdpError } from './error';

/** A browser offers a few dozen sections at most; a room server's offer to a browser a few hundred lines each. */
const MAX_SECTIONS = 64;
const MAX_LINES = 8_000;

export interface MediaLine {
  readonly media: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: string;
}

/** The lines of one section (or of the session, before the first m-line), attributes by name in their order. */
export class SectionLines {
  readonly #attributes = new Map<string, string[]>();
  readonly bandwidths: string[] = [];

  addAttribute(text: string): void {
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1);
    const values = this.#attributes.get(name);
    if (values === undefined) this.#attributes.set(name, [value]);
    else values.push(value);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** The first value, trimmed; a flag's is ''. */
  first(name: string): string | undefined {
    return this.#attributes.get(name)?.[0]?.trim();
  }

  all(name: string): readonly string[] {
    return this.#attributes.get(name) ?? [];
  }
}

export interface Lines {
  readonly session: SectionLines;
  readonly media: readonly { readonly line: MediaLine; readonly lines: SectionLines }[];
}

/** Throws SdpError for anything that is not `v=0` followed by lines of the form `x=…`. */
export function readLines(sdp: string): Lines {
  if (typeof sdp !== 'string') throw new SdpError('Invalid SDP', 'not a text');
  if (sdp.trim() === '') throw new SdpError('Empty offer not valid', 'empty');
  if (sdp.length > MAX_SDP_LENGTH)
    throw new SdpError('Invalid SDP', `longer than ${MAX_SDP_LENGTH} characters`);
  const texts = sdp.split(/\r\n|\n|\r/);
  if (texts.length > MAX_LINES) throw new SdpError('Invalid SDP', `more than ${MAX_LINES} lines`);
  if (texts[0]?.trim() !== 'v=0') throw new SdpError('Invalid SDP', 'does not begin with v=0');

  const session = new SectionLines();
  const media: { line: MediaLine; lines: SectionLines }[] = [];
  let current = session;
  for (const text of texts) {
    if (text.trim() === '') continue;
    if (!/^[a-z]=/.test(text)) throw new SdpError('Invalid SDP', 'a line is not of the form x=value');
    const value = text.slice(2);
    switch (text[0]) {
      case 'm':
        if (media.length >= MAX_SECTIONS)
          throw new SdpError('Invalid SDP', `more than ${MAX_SECTIONS} sections`);
        current = new SectionLines();
        media.push({ line: readMediaLine(value), lines: current });
        break;
      case 'a':
        current.addAttribute(value);
        break;
      case 'b':
        current.bandwidths.push(value);
        break;
      default: // o, s, t, c and the rest say nothing that ICE does not say better
    }
  }
  return { session, media };
}

function readMediaLine(value: string): MediaLine {
  const match = /^([A-Za-z0-9_.-]{1,32}) +(\d{1,5})(?:\/\d{1,5})? +([A-Za-z0-9_./-]{1,64})(?: +(.*))?$/.exec(
    value.trimEnd(),
  );
  const port = Number(match?.[2]);
  if (match === null || port > 0xffff) throw new SdpError('Invalid SDP', 'bad m-line');
  return { media: match[1] ?? '', port, protocol: match[3] ?? '', formats: match[4] ?? '' };
}
