import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAnswer, parseCandidate, parseRemote, SdpError, type LocalOptions } from '.';

const fixture = (name: string) => readFileSync(`test/fixtures/sdp/${name}.sdp`, 'utf8');
/** Real offers and answers out of a Kurento recording. */
function recorded(name: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string' && value.startsWith('v=0')) found.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  for (const line of readFileSync(`test/fixtures/kurento-protocol/${name}.jsonl`, 'utf8').split('\n')) {
    if (line !== '') walk(JSON.parse(line));
  }
  return found;
}

function local(more: Partial<LocalOptions> = {}): LocalOptions {
  return {
    sessionId: 4004203972,
    cname: 'user1@host-1',
    transport: (index) => ({
      iceUfrag: `uf${index}x`,
      icePwd: 'passwordpasswordpassword',
      fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
    }),
    stream: (kind) => (kind === 'audio' ? { ssrc: 1, rtxSsrc: 11 } : { ssrc: 2, rtxSsrc: 12 }),
    ...more,
  };
}

const answer = (offer: string, more: Partial<LocalOptions> = {}) =>
  buildAnswer(parseRemote(offer), local(more));
const sectionsOf = (sdp: string) => sdp.split(/^(?=m=)/m).slice(1);
const lineOf = (text: string, start: string) =>
  text
    .split('\r\n')
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length));

describe('reading a description', () => {
  it("reads Chromium's camera and microphone", () => {
    const remote = parseRemote(fixture('chromium-sendrecv'));
    const [audio, video] = remote.sections;
    expect(remote.bundles).toEqual([['0', '1']]);
    expect(remote.extmapAllowMixed).toBe(true);
    if (audio?.kind !== 'audio' || video?.kind !== 'video') throw new Error('expected audio and video');
    expect(audio.codecs.map(({ codec, payloadType }) => `${payloadType} ${codec.name}`)).toEqual([
      '111 opus',
      '9 G722',
      '0 PCMU',
      '8 PCMA',
    ]);
    expect(audio.codecs[0]?.codec.channels).toBe(2);
    expect(audio.codecs[0]?.codec.parameters.get('useinbandfec')).toBe('1');
    expect(audio.otherPayloads.map(({ name }) => name)).toEqual([
      'red',
      'cn',
      'telephone-event',
      'telephone-event',
    ]);
    expect(video.codecs[0]).toMatchObject({ payloadType: 96, rtxPayloadType: 97, codec: { name: 'VP8' } });
    expect(video.codecs[0]?.feedback).toEqual({
      nack: true,
      nackPli: true,
      ccmFir: true,
      googRemb: true,
      transportCc: true,
    });
    expect(video.ssrcs).toHaveLength(1);
    expect(video.ssrcs[0]?.rtxSsrc).toBeTypeOf('number');
    expect(video.ssrcs[0]?.cname).toBe(audio.ssrcs[0]?.cname);
    expect(video.extensions.get('urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id')).toBe(10);
    expect(video.transport).toMatchObject({ setup: 'actpass', iceOptions: ['trickle'], iceLite: false });
    expect(video.transport.fingerprints[0]?.algorithm).toBe('sha-256');
    expect(video.rtcpMux && video.rtcpReducedSize).toBe(true);
  });

  it('reads simulcast layers in their order', () => {
    const video = parseRemote(fixture('chromium-simulcast')).sections[1];
    if (video?.kind !== 'video') throw new Error('expected video');
    expect(video.sendRids).toEqual(['q', 'h', 'f'].map((rid) => ({ rid, paused: false })));
  });

  it('reads candidates inside the description, TCP ones as well', () => {
    const candidates =
      parseRemote(fixture('chromium-gathered-candidates')).sections[0]?.transport.candidates ?? [];
    expect(candidates.length).toBeGreaterThan(1);
    expect(candidates.some(({ protocol, tcpType }) => protocol === 'tcp' && tcpType === 'active')).toBe(true);
  });

  it('reads a Firefox-style offer: session fingerprint, receive-only extensions, braces in ids', () => {
    const [audio, video] = parseRemote(fixture('firefox-style-sendrecv')).sections;
    if (audio?.kind !== 'audio' || video?.kind !== 'video') throw new Error('expected audio and video');
    expect(audio.transport.fingerprints).toHaveLength(1);
    expect(audio.codecs[1]?.codec.name).toBe('G722');
    expect(
      video.codecs.find(({ payloadType }) => payloadType === 126)?.codec.parameters.get('packetization-mode'),
    ).toBe('1');
    expect(video.codecs.every(({ rtxPayloadType }) => rtxPayloadType !== undefined)).toBe(true);
    expect(video.ssrcs).toMatchObject([{ ssrc: 1480297513, rtxSsrc: 3390281764 }]);
    expect(video.msid).toMatch(/^\{5b1f/);
  });

  it('reads Plan B: several streams, wildcard feedback, ssrc simulcast', () => {
    const [audio, video] = parseRemote(fixture('plan-b-two-streams')).sections;
    if (audio?.kind !== 'audio' || video?.kind !== 'video') throw new Error('expected audio and video');
    expect(audio.ssrcs.map(({ ssrc, msid }) => `${ssrc} ${msid ?? ''}`)).toEqual([
      '101 first a1',
      '102 second a2',
    ]);
    expect(video.simulcastSsrcs).toEqual([201, 202, 203]);
    expect(video.ssrcs.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc])).toEqual([
      [201, 301],
      [202, 302],
      [203, 303],
    ]);
    expect(video.codecs[0]?.feedback).toMatchObject({ nack: true, ccmFir: true, nackPli: false });
  });

  it('refuses what is no description, and nothing else', () => {
    for (const text of [
      '',
      '  \r\n',
      'bogus',
      'v=1\r\n',
      '{"sdp":1}',
      'v=0\r\nnonsense',
      `v=0\r\n${'a=x\r\n'.repeat(9000)}`,
    ]) {
      expect(() => parseRemote(text), JSON.stringify(text.slice(0, 20))).toThrow(SdpError);
    }
    for (const name of ['truncated-in-mline', 'invalid-line', 'invalid-version', 'invalid-duplicate-mid']) {
      expect(() => parseRemote(fixture(name)), name).toThrow(SdpError);
    }
    expect(parseRemote(fixture('truncated-in-attribute')).sections).toHaveLength(2);
    expect(() => parseRemote(undefined as unknown as string)).toThrow(SdpError);
  });

  it('returns or raises SdpError whatever the text', () => {
    const lines = fixture('chromium-simulcast').split('\r\n');
    const spoiled = fc
      .array(
        fc.oneof(
          fc.constantFrom(...lines),
          fc
            .tuple(fc.constantFrom(...lines), fc.nat(80), fc.string({ maxLength: 20, unit: 'binary' }))
            .map(([line, at, noise]) => line.slice(0, at) + noise + line.slice(at + 1)),
          fc.string({ maxLength: 60 }).map((text) => `a=${text}`),
        ),
        { maxLength: 120 },
      )
      .map((chosen) => ['v=0', ...chosen].join('\r\n'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), spoiled), (text) => {
        try {
          const { sdp } = answer(text, { data: true, rtx: true });
          // An answer is always readable itself, with a section for each of the offer's.
          expect(parseRemote(sdp).sections).toHaveLength(parseRemote(text).sections.length);
        } catch (error) {
          expect(error).toBeInstanceOf(SdpError);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('answering an offer', () => {
  it('answers every recorded offer with the codecs, directions and mids that KMS chose', () => {
    for (const name of [
      '02-hello-world',
      '03-magic-mirror',
      '04-one2many',
      '05-one2one',
      '12-data-channels',
    ]) {
      const texts = recorded(name);
      for (let i = 0; i + 1 < texts.length; i += 1) {
        const [offer = '', theirs = ''] = texts.slice(i, i + 2);
        if (offer.includes('s=Kurento') || !theirs.includes('s=Kurento')) continue;
        const ours = answer(offer, {
          data: true,
          videoCodecs: ['VP8', 'H264', 'VP9'],
          keepPeerOrder: true,
        }).sdp;
        const shape = (sdp: string) =>
          sectionsOf(sdp).map((section) => ({
            line: lineOf(section, 'm='),
            mid: lineOf(section, 'a=mid:'),
            rtpmap: lineOf(section, 'a=rtpmap:'),
            fmtp: lineOf(section, 'a=fmtp:'),
            direction: section.match(/^a=(sendrecv|sendonly|recvonly|inactive)/m)?.[1],
            mux: section.includes('a=rtcp-mux'),
          }));
        expect(shape(ours)).toEqual(shape(theirs));
        expect(lineOf(ours, 'a=group:')).toEqual(lineOf(theirs, 'a=group:'));
      }
    }
  });

  it('is the DTLS server whenever the peer lets it', () => {
    expect(lineOf(answer(fixture('chromium-sendrecv')).sdp, 'a=setup:')).toEqual(['passive', 'passive']);
    const passive = fixture('chromium-sendrecv').replaceAll('setup:actpass', 'setup:passive');
    const result = answer(passive);
    expect(lineOf(result.sdp, 'a=setup:')).toEqual(['active', 'active']);
    expect(result.negotiated.transports[0]?.dtlsRole).toBe('client');
  });

  it('negotiates only header extensions and feedback that it understands', () => {
    const { negotiated, sdp } = answer(fixture('chromium-sendrecv'));
    expect([...(negotiated.video?.extensions.keys() ?? [])].map((uri) => uri.split(/[/:]/).at(-1))).toEqual([
      'abs-send-time',
      'draft-holmer-rmcat-transport-wide-cc-extensions-01',
      'mid',
    ]);
    expect(lineOf(sdp, 'a=rtcp-fb:96 ')).toEqual([
      'goog-remb',
      'transport-cc',
      'ccm fir',
      'nack',
      'nack pli',
    ]);
  });

  it('does not promise transport-wide feedback without its extension', () => {
    const offer = fixture('chromium-sendrecv').replaceAll(/^a=extmap:3 .*\r\n/gm, '');
    expect(answer(offer).negotiated.video?.preferred?.feedback.transportCc).toBe(false);
  });

  it('mirrors the direction and respects a one-way endpoint', () => {
    const direction = (name: string, own?: LocalOptions['direction']) =>
      answer(fixture(name), own ? { direction: own } : {}).negotiated.video?.direction;
    expect(direction('chromium-sendrecv')).toBe('sendrecv');
    expect(direction('chromium-sendonly')).toBe('recvonly');
    expect(direction('chromium-recvonly')).toBe('sendonly');
    expect(direction('chromium-sendrecv', 'sendonly')).toBe('sendonly');
    expect(direction('chromium-sendrecv', 'recvonly')).toBe('recvonly');
    expect(direction('chromium-sendonly', 'sendonly')).toBe('inactive');
  });

  it('keeps the preference of the peer, unless it has one of its own', () => {
    const first = (name: string, more: Partial<LocalOptions> = {}) =>
      answer(fixture(name), more).negotiated.video?.preferred?.codec.name;
    expect(first('chromium-sendrecv')).toBe('VP8');
    expect(first('chromium-h264-first')).toBe('H264');
    expect(first('chromium-h264-first', { videoCodecs: ['VP8', 'H264'] })).toBe('VP8');
    expect(first('chromium-h264-first', { videoCodecs: ['VP8'] })).toBe('VP8');
  });

  it('accepts retransmission streams only when asked to', () => {
    expect(answer(fixture('chromium-sendrecv')).sdp).not.toContain('rtx');
    const { sdp, negotiated } = answer(fixture('chromium-sendrecv'), { rtx: true });
    expect(lineOf(sdp, 'a=fmtp:97 ')).toEqual(['apt=96']);
    expect(lineOf(sdp, 'a=ssrc-group:')).toEqual(['FID 2 12']);
    expect(negotiated.video?.local).toMatchObject({ ssrc: 2, rtxSsrc: 12 });
    expect(negotiated.audio?.local?.rtxSsrc).toBeUndefined();
  });

  it('accepts simulcast layers', () => {
    const { sdp, negotiated } = answer(fixture('chromium-simulcast'));
    expect(lineOf(sdp, 'a=simulcast:')).toEqual(['recv q;h;f']);
    expect(lineOf(sdp, 'a=rid:')).toEqual(['q recv', 'h recv', 'f recv']);
    expect(negotiated.video?.extensions.has('urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id')).toBe(true);
    expect(answer(fixture('chromium-simulcast'), { simulcast: false }).sdp).not.toContain('rid');
  });

  it('takes one camera of several and leaves what it refuses out of the bundle', () => {
    const { sdp, negotiated } = answer(fixture('chromium-screen-and-camera'));
    expect(sectionsOf(sdp).map((section) => section.split(' ')[1])).toEqual(['1', '1', '0']);
    expect(lineOf(sdp, 'a=group:')).toEqual(['BUNDLE 0 1']);
    expect(negotiated.media.map(({ accepted }) => accepted)).toEqual([true, true, false]);
  });

  it('accepts data channels only when asked to', () => {
    expect(answer(fixture('chromium-datachannel-only')).sdp).toMatch(/^m=application 0 /m);
    const { sdp, negotiated } = answer(fixture('chromium-datachannel'), { data: true });
    expect(sdp).toMatch(/^m=application 1 UDP\/DTLS\/SCTP webrtc-datachannel\r$/m);
    expect(negotiated.data).toMatchObject({
      accepted: true,
      sctpPort: 5000,
      remoteMaxMessageSize: 262144,
      mid: '2',
    });
    expect(negotiated.transports).toHaveLength(1);
    expect(negotiated.transports[0]?.mids).toEqual(['0', '1', '2']);
  });

  it('gives unbundled sections transports of their own, as far as there are any', () => {
    const offer = fixture('unbundled-no-rtcp-mux');
    const { sdp, negotiated } = answer(offer);
    expect(negotiated.transports.map(({ remote }) => remote.iceUfrag)).toEqual(['aud0', 'vid0']);
    expect(lineOf(sdp, 'a=ice-ufrag:')).toEqual(['uf0x', 'uf1x']);
    expect(sdp).not.toContain('a=mid:');
    expect(sdp).not.toContain('rtcp-mux');
    expect(negotiated.video?.remoteBandwidth.as).toBe(800);
    expect(negotiated.audio?.codecs.map(({ codec }) => codec.name)).toEqual(['PCMU', 'PCMA']);
    const one = answer(offer, { transport: (index) => (index === 0 ? local().transport(0) : undefined) });
    expect(one.negotiated.video).toBeUndefined();
    expect(one.negotiated.audio?.accepted).toBe(true);
  });

  it('answers offers without ICE, without codecs and without sections, as KMS does', () => {
    const texts = recorded('06-errors').filter((text) => !text.includes('s=Kurento'));
    const empty = texts.find((text) => !text.includes('m='));
    const bare = texts.find((text) => text.includes('m=') && !text.includes('ice-ufrag'));
    const unknown = texts.find((text) => text.includes('XYZ/90000'));
    expect(answer(empty ?? '').sdp).not.toContain('m=');
    expect(answer(bare ?? '').negotiated.video?.accepted).toBe(true);
    expect(answer(bare ?? '').sdp).not.toContain('a=setup');
    expect(answer(unknown ?? '').sdp).toMatch(/^m=video 0 UDP\/TLS\/RTP\/SAVPF 96\r$/m);
    expect(answer(unknown ?? '').sdp).not.toContain('a=group');
  });

  it('writes the bandwidth limit and keeps the ids of an earlier answer', () => {
    const { sdp } = answer(fixture('chromium-sendrecv'), {
      maxReceiveBandwidth: { video: 500 },
      sessionVersion: 7,
    });
    expect(lineOf(sdp, 'b=AS:')).toEqual(['500']);
    expect(lineOf(sdp, 'o=')).toEqual(['- 4004203972 7 IN IP4 0.0.0.0']);
  });

  it('keeps candidates that bundled sections repeat once', () => {
    const offer = fixture('chromium-gathered-candidates');
    const doubled = offer.replace(/^(a=candidate.*\r\n)/m, '$1$1');
    expect(answer(doubled).negotiated.transports[0]?.remote.candidates).toEqual(
      answer(offer).negotiated.transports[0]?.remote.candidates,
    );
  });
});

it('finds nothing in a candidate that is none', () => {
  expect(parseCandidate('')).toBeUndefined();
});
