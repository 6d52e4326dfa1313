/** Session descriptions: read, answered, accepted as answers, and their candidates. */
import {
  acceptAnswer,
  buildAnswer,
  buildOffer,
  formatCandidate,
  parseCandidate,
  parseRemote,
  SdpError,
} from '../../../media-server/sdp';
import type { LocalOptions } from '../../../media-server/sdp';
import { descriptions } from '../corpus';
import { claim, FOR_EVER, MILLION, words } from '../target';
import type { Target } from '../target';

const LOCAL: LocalOptions = {
  sessionId: 4_004_203_972,
  cname: 'user1@host-1',
  transport: (index) => ({
    iceUfrag: `uf${index}x`,
    icePwd: 'passwordpasswordpassword',
    fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
  }),
  stream: (kind) => (kind === 'audio' ? { ssrc: 1, rtxSsrc: 11 } : { ssrc: 2, rtxSsrc: 12 }),
  data: true,
  rtx: true,
};
const WORDS = words(
  '\r\n',
  'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n',
  'a=mid:__proto__\r\n',
  'a=mid:constructor\r\n',
  'a=rid:q send\r\n',
  'a=simulcast:send q;h,~f\r\n',
  'a=ssrc-group:SIM 1 2 3\r\n',
  'a=ssrc-group:FID 1 2\r\n',
  'a=rtpmap:96 VP8/90000\r\n',
  'a=fmtp:97 apt=97\r\n',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n',
  'a=group:BUNDLE 0 1\r\n',
  'a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n',
  'a=inactive\r\n',
  'a=fingerprint:sha-256 AA:BB\r\n',
  '\0',
  '\u2028',
  'a=',
  ':',
  ' ',
  ';',
);

export const sdp: Target = {
  name: 'sdp',
  about: 'session descriptions, answers, candidates',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: (error) => error instanceof SdpError,
  prepare() {
    const offer = buildOffer({
      ...LOCAL,
      media: ['audio', 'video'],
    } as Parameters<typeof buildOffer>[0]);
    const run = (input: Buffer) => {
      const text = input.toString('utf8');
      const lines = text.split('\n', 40);
      const candidate = parseCandidate(lines[input.length % lines.length] ?? '');
      if (candidate) claim(formatCandidate(candidate).length < 2_000, 'candidates are short');
      if (input.length % 8 === 0) {
        // As an answer to an offer of ours.
        acceptAnswer(offer, text);
        return;
      }
      const remote = parseRemote(text);
      const answer = buildAnswer(remote, LOCAL);
      const sections = parseRemote(answer.sdp).sections.length;
      claim(sections === remote.sections.length, 'an answer has a section for each of the offer');
    };
    return {
      samples: [...descriptions(), Buffer.from(offer.sdp)],
      words: WORDS,
      text: true,
      maxBytes: 32 * 1024,
      begin: () => ({ run }),
    };
  },
};
