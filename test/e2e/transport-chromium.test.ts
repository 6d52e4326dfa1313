/**
 * The transport alone against a real Chromium: the page sends camera and microphone, gets its own packets back and
 * decodes them. SDP is made by hand here, so that nothing but ICE, DTLS and SRTP is under test.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTransportHost, type MediaTransport, type TransportHost } from '../../media-server/transport';
import type { IceCandidate, TransportHostOptions } from '../../media-server/transport/types';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
let server: Server;
let browser: Browser;
let page: Page;
const hosts: TransportHost[] = [];

beforeAll(async () => {
  server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<video id="back" autoplay playsinline muted></video>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  });
});
afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => server.close(resolve));
});
afterEach(async () => {
  await page.close();
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function candidateLine({ foundation, priority, address, port, type }: IceCandidate): string {
  return `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ ${type}`;
}

function field(sdp: string, name: string): string {
  return new RegExp(`^a=${name}:(.*)$`, 'm').exec(sdp)?.[1]?.trim() ?? '';
}

/** Takes the offer as it is and mirrors it with our own credentials. */
function answerTo(offer: string, transport: MediaTransport): string {
  const { usernameFragment, password } = transport.localIce;
  return offer
    .replace(/^a=(candidate|end-of-candidates|ssrc|ssrc-group|ice-options|extmap-allow-mixed).*\r\n/gm, '')
    .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${usernameFragment}`)
    .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}`)
    .replace(/^a=fingerprint:.*$/gm, `a=fingerprint:sha-256 ${transport.localFingerprint.value}`)
    .replace(/^a=setup:.*$/gm, 'a=setup:passive')
    .replace(/^a=recvonly$/gm, 'a=sendonly')
    .replace(/^a=extmap:.*\r\n/gm, '')
    .replace(/^a=rtcp-fb:.*\r\n/gm, '');
}

async function openPage(): Promise<void> {
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

async function start(
  options: TransportHostOptions,
  media: { audio: boolean; video: boolean } | 'receive' | 'data',
): Promise<{
  transport: MediaTransport;
  states: string[];
  counts: { rtp: number; rtcp: number };
}> {
  const host = await startTransportHost(options);
  hosts.push(host);
  const states: string[] = [];
  const counts = { rtp: 0, rtcp: 0 };
  const transport = host.createTransport({
    role: 'controlled',
    listener: {
      rtp(packet) {
        counts.rtp += 1;
        transport.sendRtp(packet, 12, packet, 12, packet.length);
      },
      rtcp: () => void (counts.rtcp += 1),
      dataChannel(channel) {
        channel.listener = { message: (data, text) => void channel.send(data, text) };
      },
      dtlsStateChanged: (state, error) => void states.push(error ? `${state}: ${error.message}` : state),
    },
  });
  await openPage();
  const offer = await page.evaluate(async (constraints) => {
    const peer = new RTCPeerConnection();
    Object.assign(window, { peer });
    if (constraints === 'data') Object.assign(window, { channel: peer.createDataChannel('chat') });
    else if (constraints === 'receive') peer.addTransceiver('video', { direction: 'recvonly' });
    else {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of stream.getTracks()) peer.addTrack(track, stream);
    }
    peer.ontrack = ({ track }) => {
      if (track.kind !== 'video') return;
      (document.getElementById('back') as HTMLVideoElement).srcObject = new MediaStream([track]);
    };
    await peer.setLocalDescription();
    return peer.localDescription!.sdp;
  }, media);
  const [algorithm = '', value = ''] = field(offer, 'fingerprint').split(' ');
  transport.setRemote({
    ice: { usernameFragment: field(offer, 'ice-ufrag'), password: field(offer, 'ice-pwd') },
    fingerprints: [{ algorithm, value }],
    dtlsRole: 'server',
  });
  if (media === 'data') transport.enableDataChannels({ remotePort: Number(field(offer, 'sctp-port')) });
  transport.gatherCandidates();
  await expect.poll(() => transport.gatheringState).toBe('complete');
  await page.evaluate(
    async ({ sdp, candidates }) => {
      const { peer } = window as unknown as { peer: RTCPeerConnection };
      await peer.setRemoteDescription({ type: 'answer', sdp });
      for (const candidate of candidates) await peer.addIceCandidate({ candidate, sdpMLineIndex: 0 });
    },
    { sdp: answerTo(offer, transport), candidates: transport.localCandidates().map(candidateLine) },
  );
  return { transport, states, counts };
}

describe('Chromium', () => {
  it.each([
    ['AEAD_AES_128_GCM', {}],
    ['AES_CM_128_HMAC_SHA1_80', { srtpProfiles: ['AES_CM_128_HMAC_SHA1_80'] }],
    ['AEAD_AES_128_GCM', { connectedSockets: false }],
  ] as const)('gets its own picture back with %s %j', async (profile, options) => {
    const { transport, counts, states } = await start(options, { audio: true, video: true });
    await page.waitForFunction(() => {
      const video = document.getElementById('back') as HTMLVideoElement;
      return video.getVideoPlaybackQuality().totalVideoFrames > 20;
    });
    expect(transport.stats().srtpProfile).toBe(profile);
    expect(counts.rtp).toBeGreaterThan(20);
    expect(counts.rtcp).toBeGreaterThan(0);
    await page.evaluate(() => (window as unknown as { peer: RTCPeerConnection }).peer.close());
    await expect.poll(() => transport.dtlsState).toBe('closed');
    expect(states).toEqual(['connecting', 'connected', 'closed']);
  });

  it('connects to a page without camera permission, whose addresses are hidden', async () => {
    const { transport } = await start({}, 'receive');
    await expect.poll(() => transport.writable).toBe(true);
    expect(transport.selectedPair?.remote.type).toBe('prflx');
  });

  it('hears its messages again over a data channel, and one that the server opens', async () => {
    const { transport } = await start({}, 'data');
    const echoed = await page.evaluate(async () => {
      const { channel } = window as unknown as { channel: RTCDataChannel };
      channel.binaryType = 'arraybuffer';
      if (channel.readyState !== 'open') await new Promise((resolve) => (channel.onopen = resolve));
      const answers: unknown[] = [];
      const all = new Promise<void>((resolve) => {
        channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
          answers.push(typeof data === 'string' ? data : data.byteLength);
          if (answers.length === 3) resolve();
        };
      });
      channel.send('hello');
      channel.send('');
      channel.send(new Uint8Array(50_000));
      await all;
      return answers;
    });
    expect(echoed).toEqual(['hello', '', 50_000]);
    // The page listens before the server opens: an event that nobody hears does not come again.
    await page.evaluate(() => {
      const { peer } = window as unknown as { peer: RTCPeerConnection };
      Object.assign(window, {
        heard: new Promise((resolve) => {
          peer.ondatachannel = ({ channel }) => {
            channel.onmessage = ({ data }) => resolve([channel.label, data]);
          };
        }),
      });
    });
    const channel = transport.createDataChannel({ label: 'from the server' });
    channel.listener = { open: () => void channel.send(Buffer.from('hi'), true) };
    const heard = await page.evaluate(() => (window as unknown as { heard: Promise<unknown> }).heard);
    expect(heard).toEqual(['from the server', 'hi']);
  });
});
