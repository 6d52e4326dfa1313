/**
 * A real Chromium as media peer: one process, any number of pages, each with one RTCPeerConnection that a test drives
 * from Node. What is in the picture comes from a generated file with moving, noisy content, so that the encoder needs the
 * bitrate that it gets.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import type { LossyRelay } from './lossy-relay';

const run = promisify(execFile);

export const CHROMIUM_PATH = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const hasChromium = (): boolean => existsSync(CHROMIUM_PATH);

export interface PeerStats {
  readonly outgoing: {
    readonly bytesSent: number;
    readonly packetsSent: number;
    readonly framesEncoded: number;
    readonly frameWidth: number;
    readonly codec: string;
    readonly nackCount: number;
    readonly pliCount: number;
    readonly retransmittedPackets: number;
    readonly targetBitrate: number;
    readonly qualityLimitation: string;
  };
  readonly incoming: {
    readonly framesDecoded: number;
    readonly framesPerSecond: number;
    readonly frameWidth: number;
    readonly frameHeight: number;
    readonly freezeCount: number;
    readonly freezeSeconds: number;
    readonly keyFramesDecoded: number;
    readonly nackCount: number;
    readonly pliCount: number;
    readonly packetsLost: number;
    readonly bytesReceived: number;
    readonly codec: string;
    readonly jitterBufferSeconds: number;
    /** Sums over all frames: what a difference of two reports is the mean of. */
    readonly jitterBufferDelay: number;
    readonly jitterBufferEmitted: number;
  };
  readonly audio: {
    readonly bytesReceived: number;
    readonly energy: number;
    readonly samples: number;
    readonly concealed: number;
  };
  readonly available: number;
  readonly roundTripTime: number;
  readonly connection: string;
}

export interface PeerOptions {
  readonly send?: boolean;
  readonly receive?: boolean;
  readonly audio?: boolean;
  readonly video?: boolean;
  /** Only this video codec is offered, `VP8` or `H264`. */
  readonly codec?: string;
  /** Three layers: told apart by rid, or by an SSRC group written into the offer, as old applications did. */
  readonly simulcast?: 'rid' | 'ssrc';
  /** What is asked of the camera; default 640×480 at 30 frames per second. */
  readonly picture?: { readonly width: number; readonly height: number; readonly frameRate: number };
  /** The other side offers: tracks are ready, nothing is offered. */
  readonly answering?: boolean;
  /** Label of a data channel to open. */
  readonly dataChannel?: string;
}

/** The page's side; runs in the browser, so it may use nothing of this file. */
function installPeer(): void {
  const state: {
    connection?: RTCPeerConnection;
    stream?: MediaStream;
    early: RTCIceCandidateInit[];
    longestGap: number;
    lastFrame: number;
    firstFrame: number;
    offeredAt: number;
    received: string[];
    channel?: RTCDataChannel;
  } = { early: [], longestGap: 0, lastFrame: 0, firstFrame: 0, offeredAt: 0, received: [] };
  const video = document.createElement('video');
  video.autoplay = true;
  video.playsInline = true;
  document.body.append(video);
  const frame = () => {
    const now = performance.now();
    if (state.lastFrame > 0) state.longestGap = Math.max(state.longestGap, now - state.lastFrame);
    else state.firstFrame = now;
    state.lastFrame = now;
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  const layers = [
    { scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ];
  /** Two more streams beside the video's own, each with its retransmissions, and the group that makes them layers. */
  const withSsrcGroup = (sdp: string): string => {
    const [group = '', primary = '', repair = ''] = /a=ssrc-group:FID (\d+) (\d+)\r\n/.exec(sdp) ?? [];
    const lines = (ssrc: string) => sdp.split('\r\n').filter((line) => line.startsWith(`a=ssrc:${ssrc} `));
    const layer = (own: string, again: string) => [
      `a=ssrc-group:FID ${own} ${again}`,
      ...lines(primary).map((line) => line.replace(primary, own)),
      ...lines(repair).map((line) => line.replace(repair, again)),
    ];
    const more = [1, 2].map((step) => [String(Number(primary) - step), String(Number(repair) - step)]);
    const layers = [primary, ...more.map(([own]) => own)];
    const added = [`a=ssrc-group:SIM ${layers.join(' ')}`, ...more.flatMap(([a, b]) => layer(a!, b!))];
    return sdp.replace(group, `${added.join('\r\n')}\r\n${group}`);
  };
  Object.assign(window, {
    peer: {
      async start(options: PeerOptions): Promise<string> {
        const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
        state.connection = connection;
        connection.onicecandidate = ({ candidate }) => {
          if (candidate)
            void (window as unknown as { onCandidate(c: unknown): void }).onCandidate(candidate.toJSON());
        };
        const remote = new MediaStream();
        connection.ontrack = ({ track }) => {
          remote.addTrack(track);
          video.srcObject = remote;
          void video.play().catch(() => undefined);
        };
        connection.ondatachannel = ({ channel }) => {
          channel.onmessage = ({ data }) => state.received.push(String(data));
        };
        const { send = true, receive = true, audio = true, video: withVideo = true } = options;
        const direction = send ? (receive ? 'sendrecv' : 'sendonly') : 'recvonly';
        if (send && (audio || withVideo)) {
          state.stream = await navigator.mediaDevices.getUserMedia({
            audio,
            video: withVideo && (options.picture ?? { width: 640, height: 480, frameRate: 30 }),
          });
        }
        const audioTrack = state.stream?.getAudioTracks()[0];
        const videoTrack = state.stream?.getVideoTracks()[0];
        if (options.answering && state.stream) {
          for (const track of state.stream.getTracks()) connection.addTrack(track, state.stream);
          return '';
        }
        if (audio) connection.addTransceiver(audioTrack ?? 'audio', { direction });
        if (withVideo) {
          const transceiver = connection.addTransceiver(videoTrack ?? 'video', {
            direction,
            ...(options.simulcast === 'rid' && {
              sendEncodings: ['l', 'm', 'h'].map((rid, index) => ({ rid, ...layers[index] })),
            }),
          });
          if (options.codec) {
            const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
            const wanted = all.filter(
              ({ mimeType }) => mimeType.toLowerCase() === `video/${options.codec!.toLowerCase()}`,
            );
            transceiver.setCodecPreferences([
              ...wanted,
              ...all.filter(({ mimeType }) => mimeType.toLowerCase() === 'video/rtx'),
            ]);
          }
        }
        if (options.dataChannel !== undefined) {
          state.channel = connection.createDataChannel(options.dataChannel);
          state.channel.onmessage = ({ data }) => state.received.push(String(data));
        }
        state.offeredAt = performance.now();
        const { sdp: created = '' } = await connection.createOffer();
        const sdp = options.simulcast === 'ssrc' ? withSsrcGroup(created) : created;
        await connection.setLocalDescription({ type: 'offer', sdp });
        if (options.simulcast === 'ssrc') {
          const sender = connection.getSenders().find(({ track }) => track?.kind === 'video')!;
          const parameters = sender.getParameters();
          parameters.encodings.forEach((encoding, index) => Object.assign(encoding, layers[index]));
          await sender.setParameters(parameters);
        }
        return sdp;
      },
      async restart(): Promise<string> {
        const offer = await state.connection!.createOffer({ iceRestart: true });
        await state.connection!.setLocalDescription(offer);
        return offer.sdp ?? '';
      },
      async answerOffer(sdp: string): Promise<string> {
        const connection = state.connection!;
        await connection.setRemoteDescription({ type: 'offer', sdp });
        const answer = await connection.createAnswer();
        await connection.setLocalDescription(answer);
        return answer.sdp ?? '';
      },
      async setAnswer(sdp: string): Promise<void> {
        await state.connection!.setRemoteDescription({ type: 'answer', sdp });
        for (const candidate of state.early.splice(0)) await state.connection!.addIceCandidate(candidate);
      },
      async addCandidate(candidate: RTCIceCandidateInit): Promise<void> {
        if (!state.connection?.remoteDescription) state.early.push(candidate);
        else await state.connection.addIceCandidate(candidate);
      },
      send(text: string): void {
        state.channel?.send(text);
      },
      received: () => state.received,
      channelState: () => state.channel?.readyState,
      closeChannel: () => state.channel?.close(),
      resetGap(): void {
        state.longestGap = 0;
        state.lastFrame = performance.now();
      },
      timeToFirstFrame: () => (state.firstFrame > 0 ? state.firstFrame - state.offeredAt : 0),
      longestGap: () =>
        Math.max(state.longestGap, state.lastFrame > 0 ? performance.now() - state.lastFrame : 0),
      /** A few bytes of the picture as it is shown now: differs from one moving frame to the next. */
      fingerprint(): string {
        if (video.videoWidth === 0) return '';
        const canvas = document.createElement('canvas');
        canvas.width = 16;
        canvas.height = 12;
        const context = canvas.getContext('2d', { willReadFrequently: true })!;
        context.drawImage(video, 0, 0, 16, 12);
        return Array.from(context.getImageData(0, 0, 16, 12).data).join(',');
      },
      async stats(): Promise<unknown> {
        const report = await state.connection!.getStats();
        const find = (type: string, kind: string): Record<string, unknown> => {
          let best: Record<string, unknown> = {};
          for (const each of report.values() as Iterable<Record<string, unknown>>) {
            if (
              each['type'] === type &&
              each['kind'] === kind &&
              Number(each['bytesSent'] ?? 0) >= Number(best['bytesSent'] ?? 0)
            )
              best = each;
          }
          return best;
        };
        const out = find('outbound-rtp', 'video');
        const inn = find('inbound-rtp', 'video');
        const sound = find('inbound-rtp', 'audio');
        let available = 0;
        let roundTripTime = 0;
        for (const each of report.values() as Iterable<Record<string, unknown>>) {
          if (each['type'] === 'candidate-pair' && each['nominated'] === true) {
            available = Number(each['availableOutgoingBitrate'] ?? 0);
            roundTripTime = Number(each['currentRoundTripTime'] ?? 0);
          }
        }
        const codec = (id: unknown) =>
          String((report.get(String(id)) as { mimeType?: string } | undefined)?.mimeType ?? '');
        const number = (record: Record<string, unknown>, key: string) => Number(record[key] ?? 0);
        return {
          outgoing: {
            bytesSent: number(out, 'bytesSent'),
            packetsSent: number(out, 'packetsSent'),
            framesEncoded: number(out, 'framesEncoded'),
            frameWidth: number(out, 'frameWidth'),
            codec: codec(out['codecId']),
            nackCount: number(out, 'nackCount'),
            pliCount: number(out, 'pliCount'),
            retransmittedPackets: number(out, 'retransmittedPacketsSent'),
            targetBitrate: number(out, 'targetBitrate'),
            qualityLimitation:
              typeof out['qualityLimitationReason'] === 'string' ? out['qualityLimitationReason'] : '',
          },
          incoming: {
            framesDecoded: number(inn, 'framesDecoded'),
            framesPerSecond: number(inn, 'framesPerSecond'),
            frameWidth: number(inn, 'frameWidth'),
            frameHeight: number(inn, 'frameHeight'),
            freezeCount: number(inn, 'freezeCount'),
            freezeSeconds: number(inn, 'totalFreezesDuration'),
            keyFramesDecoded: number(inn, 'keyFramesDecoded'),
            nackCount: number(inn, 'nackCount'),
            pliCount: number(inn, 'pliCount'),
            packetsLost: number(inn, 'packetsLost'),
            bytesReceived: number(inn, 'bytesReceived'),
            codec: codec(inn['codecId']),
            jitterBufferSeconds:
              number(inn, 'jitterBufferDelay') / Math.max(1, number(inn, 'jitterBufferEmittedCount')),
            jitterBufferDelay: number(inn, 'jitterBufferDelay'),
            jitterBufferEmitted: number(inn, 'jitterBufferEmittedCount'),
          },
          audio: {
            bytesReceived: number(sound, 'bytesReceived'),
            energy: number(sound, 'totalAudioEnergy'),
            samples: number(sound, 'totalSamplesReceived'),
            concealed: number(sound, 'concealedSamples'),
          },
          available,
          roundTripTime,
          connection: state.connection!.connectionState,
        };
      },
      close(): void {
        state.connection?.close();
        for (const track of state.stream?.getTracks() ?? []) track.stop();
      },
    },
  });
}

interface PageApi {
  start(options: PeerOptions): Promise<string>;
  restart(): Promise<string>;
  answerOffer(sdp: string): Promise<string>;
  setAnswer(sdp: string): Promise<void>;
  addCandidate(candidate: unknown): Promise<void>;
  send(text: string): void;
  received(): string[];
  channelState(): string | undefined;
  closeChannel(): void;
  resetGap(): void;
  /** Milliseconds from createOffer; 0 before it. */
  timeToFirstFrame(): number;
  longestGap(): number;
  fingerprint(): string;
  stats(): Promise<PeerStats>;
  close(): void;
}

/** One page with one connection. */
export class BrowserPeer {
  readonly page: Page;
  #onCandidate: ((candidate: RTCIceCandidateInit) => void) | undefined;
  readonly #early: RTCIceCandidateInit[] = [];

  constructor(page: Page) {
    this.page = page;
  }
  async install(): Promise<void> {
    await this.page.exposeFunction('onCandidate', (candidate: RTCIceCandidateInit) => {
      if (this.#onCandidate) this.#onCandidate(candidate);
      else this.#early.push(candidate);
    });
    // Some compilers of TypeScript name functions through a helper that the page does not have.
    await this.page.evaluate('globalThis.__name = (value) => value');
    await this.page.evaluate(installPeer);
  }
  /** Candidates of the browser, those that came before included. */
  onCandidate(listener: (candidate: RTCIceCandidateInit) => void): void {
    this.#onCandidate = listener;
    for (const candidate of this.#early.splice(0)) listener(candidate);
  }
  call<Name extends keyof PageApi>(
    name: Name,
    ...args: Parameters<PageApi[Name]>
  ): Promise<Awaited<ReturnType<PageApi[Name]>>> {
    return this.page.evaluate(
      ([method, values]) => {
        const api = (window as unknown as { peer: Record<string, (...values: unknown[]) => unknown> }).peer;
        return api[method as string]!(...(values as unknown[]));
      },
      [name, args] as const,
    ) as Promise<Awaited<ReturnType<PageApi[Name]>>>;
  }
  async close(): Promise<void> {
    if (this.page.isClosed()) return;
    await this.call('close').catch(() => undefined);
    await this.page.close();
  }
}

export interface BrowserPeers {
  open(): Promise<BrowserPeer>;
  close(): Promise<void>;
}

/** Two seconds of video, 30 fps, moving and noisy. */
async function makeVideo(folder: string, size: string): Promise<string> {
  const file = join(folder, 'camera.y4m');
  const source = `testsrc2=size=${size}:rate=30:duration=2,noise=alls=12:allf=t,format=yuv420p`;
  await run('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', source, file]);
  return file;
}

/** `size` is the camera's: `640x480`. */
export async function startBrowserPeers(
  extraArgs: readonly string[] = [],
  size = '640x480',
): Promise<BrowserPeers> {
  const folder = await mkdtemp(join(tmpdir(), 'callcast-peer-'));
  let server: Server | undefined;
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const video = await makeVideo(folder, size);
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>peer</title><body></body>');
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    browser = await chromium.launch({
      executablePath: CHROMIUM_PATH,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${video}`,
        '--autoplay-policy=no-user-gesture-required',
        '--allow-loopback-in-peer-connection',
        '--disable-features=WebRtcHideLocalIpsWithMdns',
        ...extraArgs,
      ],
    });
    const context = await browser.newContext();
    await context.grantPermissions(['camera', 'microphone'], { origin: `http://127.0.0.1:${port}` });
    return {
      async open() {
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${port}/`);
        const peer = new BrowserPeer(page);
        await peer.install();
        return peer;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface WireAnswer {
  readonly id?: number;
  readonly result?: { readonly sessionId: string; readonly value: unknown };
  readonly error?: { readonly code: number; readonly message: string };
  readonly method?: string;
  readonly params?: { readonly value: WireEvent };
}
export interface WireEvent {
  readonly object: string;
  readonly type: string;
  readonly data: { readonly [field: string]: unknown };
}

/** The Kurento Protocol as plainly as possible, so that a media test depends on nobody's client. */
export class KurentoWire {
  readonly #socket: WebSocket;
  readonly #pending = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Set<(event: WireEvent) => void>();
  /** Everything that was subscribed to, in order. */
  readonly events: WireEvent[] = [];
  #sessionId: string | undefined;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#received(JSON.parse((data as Buffer).toString()) as WireAnswer));
  }
  static async connect(url: string): Promise<KurentoWire> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new KurentoWire(socket);
  }
  #received(answer: WireAnswer): void {
    if (answer.method === 'onEvent' && answer.params) {
      this.events.push(answer.params.value);
      for (const listener of this.#listeners) listener(answer.params.value);
      return;
    }
    const waiting = this.#pending.get(answer.id ?? -1);
    this.#pending.delete(answer.id ?? -1);
    if (answer.error) waiting?.reject(new Error(`${answer.error.code} ${answer.error.message}`));
    else if (answer.result) {
      this.#sessionId ??= answer.result.sessionId;
      waiting?.resolve(answer.result.value);
    }
  }
  request(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#id;
      this.#pending.set(id, { resolve, reject });
      const sessionId = this.#sessionId;
      this.#socket.send(
        JSON.stringify({ jsonrpc: '2.0', id, method, params: sessionId ? { ...params, sessionId } : params }),
      );
    });
  }
  async create(type: string, constructorParams: object = {}): Promise<string> {
    return (await this.request('create', { type, constructorParams, properties: {} })) as string;
  }
  invoke(object: string, operation: string, operationParams: object = {}): Promise<unknown> {
    return this.request('invoke', { object, operation, operationParams });
  }
  async subscribe(object: string, ...types: string[]): Promise<void> {
    for (const type of types) await this.request('subscribe', { object, type });
  }
  onEvent(listener: (event: WireEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  close(): void {
    this.#socket.close();
  }
}

/** Negotiates a page with an endpoint, the page offering; trickles both ways, through the relay if there is one. */
export async function negotiate(
  wire: KurentoWire,
  endpoint: string,
  peer: BrowserPeer,
  options: PeerOptions = {},
  relay?: LossyRelay,
): Promise<void> {
  await wire.subscribe(endpoint, 'IceCandidateFound');
  wire.onEvent(({ object, type, data }) => {
    if (object !== endpoint || type !== 'IceCandidateFound') return;
    const found = data['candidate'] as { candidate: string; sdpMid: string; sdpMLineIndex: number };
    const candidate = relay ? relay.rewrite(found.candidate) : found.candidate;
    if (candidate === undefined || peer.page.isClosed()) return;
    const { sdpMid, sdpMLineIndex } = found;
    peer.call('addCandidate', { candidate, sdpMid, sdpMLineIndex }).catch(() => undefined);
  });
  const offer = await peer.call('start', options);
  peer.onCandidate(({ candidate = '', sdpMid, sdpMLineIndex }) => {
    // Behind a relay the server must not find a way around it.
    if (relay) return;
    const record = { candidate, sdpMid: sdpMid ?? '', sdpMLineIndex: sdpMLineIndex ?? 0 };
    wire.invoke(endpoint, 'addIceCandidate', { candidate: record }).catch(() => undefined);
  });
  const answer = (await wire.invoke(endpoint, 'processOffer', { offer })) as string;
  await Promise.all([wire.invoke(endpoint, 'gatherCandidates'), peer.call('setAnswer', answer)]);
}
