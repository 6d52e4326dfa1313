import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acceptAnswer, buildAnswer, buildOffer, parseRemote, SdpError, type OfferOptions } from '.';

function local(more: Partial<OfferOptions> = {}): OfferOptions {
  return {
    sessionId: 4004204151,
    cname: 'user1@host-1',
    transport: () => ({
      iceUfrag: 'ufra',
      icePwd: 'passwordpasswordpassword',
      fingerprint: { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') },
    }),
    stream: (kind) => (kind === 'audio' ? { ssrc: 1, rtxSsrc: 11 } : { ssrc: 2, rtxSsrc: 12 }),
    ...more,
  };
}

/** The answer that Chromium gave to an offer of Kurento with the same payload types. */
function chromiumAnswer(): string {
  for (const line of readFileSync('test/fixtures/kurento-protocol/14-offer-from-server.jsonl', 'utf8').split(
    '\n',
  )) {
    const frame =
      line === ''
        ? undefined
        : (JSON.parse(line) as { frame?: { params?: { operationParams?: { answer?: string } } } });
    const answer = frame?.frame?.params?.operationParams?.answer;
    if (answer !== undefined) return answer;
  }
  throw new Error('no answer recorded');
}

describe('our own offer', () => {
  it('has the sections, mids and codecs of KMS', () => {
    const { sdp } = buildOffer(local());
    const remote = parseRemote(sdp);
    expect(remote.bundles).toEqual([['audio0', 'video0']]);
    expect(sdp).toContain('m=audio 1 RTP/SAVPF 96 0 8\r\n');
    expect(sdp).toContain('m=video 1 RTP/SAVPF 100 101\r\n');
    expect(sdp.match(/a=setup:actpass/g)).toHaveLength(2);
  });

  it('offers data channels and retransmission when asked to', () => {
    const remote = parseRemote(buildOffer(local({ data: true, rtx: true })).sdp);
    expect(remote.sections.map(({ kind }) => kind)).toEqual(['audio', 'video', 'data']);
    const video = remote.sections[1];
    if (video?.kind !== 'video') throw new Error('expected video');
    expect(video.codecs.map(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType])).toEqual([
      [100, 101],
      [102, 103],
    ]);
    expect(video.ssrcs).toMatchObject([{ ssrc: 2, rtxSsrc: 12 }]);
  });

  it('says a one-way direction', () => {
    expect(buildOffer(local({ direction: 'recvonly' })).sdp.match(/a=recvonly/g)).toHaveLength(2);
  });

  it("agrees with Chromium's recorded answer", () => {
    const negotiated = acceptAnswer(buildOffer(local()), chromiumAnswer());
    expect(negotiated.audio?.codecs.map(({ payloadType }) => payloadType)).toEqual([96, 0, 8]);
    expect(negotiated.video?.preferred).toMatchObject({ payloadType: 100, codec: { name: 'VP8' } });
    expect(negotiated.video?.extensions.size).toBe(1);
    expect(negotiated.video?.direction).toBe('sendrecv');
    expect(negotiated.transports).toMatchObject([{ mids: ['audio0', 'video0'], dtlsRole: 'server' }]);
    expect(negotiated.video?.remoteSsrcs[0]?.ssrc).toBe(2135609071);
  });

  it('agrees with an answer of our own on everything', () => {
    const offer = buildOffer(local({ data: true, rtx: true }));
    const answer = buildAnswer(parseRemote(offer.sdp), local({ data: true, rtx: true }));
    const offerer = acceptAnswer(offer, answer.sdp);
    expect(offerer.video?.codecs).toEqual(answer.negotiated.video?.codecs);
    expect(offerer.video?.extensions).toEqual(answer.negotiated.video?.extensions);
    expect(offerer.data?.accepted).toBe(true);
    // One of them is the server.
    expect(offerer.transports[0]?.dtlsRole).toBe('client');
    expect(answer.negotiated.transports[0]?.dtlsRole).toBe('server');
  });

  it('takes sections that the answer lacks or refuses as refused', () => {
    const offer = buildOffer(local());
    const videoOnly = chromiumAnswer().replace(/m=audio[^]*?(?=m=video)/, '');
    expect(acceptAnswer(offer, videoOnly).audio).toBeUndefined();
    expect(acceptAnswer(offer, videoOnly).video?.accepted).toBe(true);
    const refused = chromiumAnswer().replace('m=video 9', 'm=video 0');
    expect(acceptAnswer(offer, refused).video).toBeUndefined();
    expect(acceptAnswer(offer, 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n').transports).toEqual([]);
  });

  it('finds a section by its place when the answer renames it', () => {
    const renamed = chromiumAnswer().replaceAll('audio0', '0').replaceAll('video0', '1');
    expect(acceptAnswer(buildOffer(local()), renamed).video?.accepted).toBe(true);
  });

  it('raises SdpError for an answer that is none', () => {
    expect(() => acceptAnswer(buildOffer(local()), 'bogus')).toThrow(SdpError);
    expect(() => acceptAnswer(buildOffer(local()), '')).toThrow(SdpError);
  });
});
