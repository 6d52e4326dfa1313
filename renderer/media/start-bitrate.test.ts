import { describe, expect, it } from 'vitest';
import { withStartBitrate } from './start-bitrate';

const answer = [
  'v=0',
  'm=audio 1 UDP/TLS/RTP/SAVPF 111',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'm=video 1 UDP/TLS/RTP/SAVPF 96 97 103',
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:103 H264/90000',
  'a=fmtp:103 packetization-mode=1;profile-level-id=42e01f',
  '',
].join('\r\n');

describe('withStartBitrate', () => {
  it('names a first bitrate for a codec without parameters', () => {
    expect(withStartBitrate(answer, 1000)).toContain(
      'a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1000\r\n',
    );
  });

  it('adds it to the parameters of a codec that has some', () => {
    expect(withStartBitrate(answer, 1000)).toContain(
      'a=fmtp:103 packetization-mode=1;profile-level-id=42e01f;x-google-start-bitrate=1000',
    );
  });

  it('leaves sound and retransmission as they are', () => {
    const changed = withStartBitrate(answer, 1000);
    expect(changed).toContain('a=fmtp:111 minptime=10;useinbandfec=1\r\n');
    expect(changed).toContain('a=fmtp:97 apt=96\r\n');
  });

  it('changes nothing when done twice', () => {
    const once = withStartBitrate(answer, 1000);
    expect(withStartBitrate(once, 1000)).toBe(once);
  });

  it('returns text that is no SDP unchanged', () => {
    expect(withStartBitrate('not an answer', 1000)).toBe('not an answer');
  });
});
