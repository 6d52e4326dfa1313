/**
 * A peer without a browser: one of our own transports, negotiated with a media server over the Kurento Protocol by a
 * minimal offer. Light enough that a hundred of them leave the machine to what is measured.
 */
import type { KurentoWire } from '../../test/support/browser-peer';
import { formatCandidate, parseCandidate, parseRemote } from '../../media-server/sdp';
import type { RemoteDescription } from '../../media-server/sdp';
import type { MediaTransport, TransportHost, TransportListener } from '../../media-server/transport';

export const VIDEO_PAYLOAD = 96;
export const AUDIO_PAYLOAD = 111;
export const PRESENTER_VIDEO_SSRC = 0x11111111;
export const PRESENTER_AUDIO_SSRC = 0x22222222;
/** Where the presenter writes the time into a payload, behind everything that a forwarder might rewrite. */
export const TIME_OFFSET = 16;

/**
 * What is measured: packets that are sent within this time, on the clock that all processes of a machine share. Before and
 * after it the presenter sends nothing, so the sender and the receivers count the same ones.
 */
export interface Window {
  readonly from: bigint;
  readonly to: bigint;
}
export const NO_WINDOW: Window = { from: 0n, to: 0n };
/** Bigints do not pass between processes. */
export const writeWindow = ({ from, to }: Window) => ({ from: String(from), to: String(to) });
export function readWindow(message: unknown): Window {
  const { from, to } = message as ReturnType<typeof writeWindow>;
  return { from: BigInt(from), to: BigInt(to) };
}

export interface RawPeerOptions {
  readonly host: TransportHost;
  readonly wire: KurentoWire;
  readonly endpoint: string;
  readonly direction: 'sendonly' | 'recvonly';
  readonly rtp: TransportListener['rtp'];
  readonly rtcp: TransportListener['rtcp'];
}

function offerOf(transport: MediaTransport, direction: string, candidates: readonly string[]): string {
  const common = [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${transport.localIce.usernameFragment}`,
    `a=ice-pwd:${transport.localIce.password}`,
    `a=fingerprint:${transport.localFingerprint.algorithm} ${transport.localFingerprint.value}`,
    'a=setup:actpass',
    'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
  ];
  const sends = direction === 'sendonly';
  return [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${AUDIO_PAYLOAD}`,
    ...common,
    'a=mid:0',
    `a=rtpmap:${AUDIO_PAYLOAD} opus/48000/2`,
    ...(sends ? [`a=ssrc:${PRESENTER_AUDIO_SSRC} cname:bench`] : []),
    ...candidates.map((line) => `a=${line}`),
    `m=video 9 UDP/TLS/RTP/SAVPF ${VIDEO_PAYLOAD}`,
    ...common,
    'a=mid:1',
    `a=rtpmap:${VIDEO_PAYLOAD} VP8/90000`,
    `a=rtcp-fb:${VIDEO_PAYLOAD} goog-remb`,
    `a=rtcp-fb:${VIDEO_PAYLOAD} ccm fir`,
    `a=rtcp-fb:${VIDEO_PAYLOAD} nack`,
    `a=rtcp-fb:${VIDEO_PAYLOAD} nack pli`,
    ...(sends ? [`a=ssrc:${PRESENTER_VIDEO_SSRC} cname:bench`] : []),
    '',
  ].join('\r\n');
}

/** Connects; resolves when media can flow. */
export async function connectRawPeer(
  options: RawPeerOptions,
): Promise<{ transport: MediaTransport; answer: RemoteDescription }> {
  const { host, wire, endpoint, direction } = options;
  let connected!: () => void;
  let failed!: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    connected = resolve;
    failed = reject;
  });
  let gathered!: () => void;
  const complete = new Promise<void>((resolve) => (gathered = resolve));
  const transport = host.createTransport({
    role: 'controlling',
    listener: {
      rtp: options.rtp,
      rtcp: options.rtcp,
      gatheringStateChanged: (state) => {
        if (state === 'complete') gathered();
      },
      dtlsStateChanged: (state, error) => {
        if (state === 'connected') connected();
        else if (state === 'failed' || state === 'closed') failed(error ?? new Error(`DTLS ${state}`));
      },
    },
  });
  transport.gatherCandidates();
  await complete;
  const candidates = transport
    .localCandidates()
    .filter(({ address }) => address === '127.0.0.1')
    .map((candidate) => formatCandidate({ ...candidate, ufrag: undefined }));
  wire.onEvent(({ object, type, data }) => {
    if (object !== endpoint || type !== 'IceCandidateFound') return;
    const candidate = parseCandidate((data['candidate'] as { candidate: string }).candidate);
    if (candidate?.address === '127.0.0.1') transport.addRemoteCandidate(candidate);
  });
  await wire.subscribe(endpoint, 'IceCandidateFound');
  const sdp = (await wire.invoke(endpoint, 'processOffer', {
    offer: offerOf(transport, direction, candidates),
  })) as string;
  const answer = parseRemote(sdp);
  const remote = answer.sections[0]?.transport;
  if (!remote?.iceUfrag || !remote.icePwd) throw new Error('the answer has no ICE');
  transport.setRemote({
    ice: { usernameFragment: remote.iceUfrag, password: remote.icePwd },
    fingerprints: remote.fingerprints,
    dtlsRole: remote.setup === 'active' ? 'server' : 'client',
  });
  await wire.invoke(endpoint, 'gatherCandidates');
  await ready;
  return { transport, answer };
}
