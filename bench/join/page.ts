/** The page's side of the join bench. The function is sent to the browser as text: it may use nothing of this file. */

/** Milliseconds since createOffer. */
export interface Join {
  /** The offer is made and set. */
  readonly offer: number;
  /** The answer has come. */
  readonly answer: number;
  /** ICE has a pair. */
  readonly connected: number;
  /** And DTLS its keys. */
  readonly secured: number;
  /** Seen first in the statistics, which are polled: a few milliseconds late. */
  readonly packet: number;
  readonly decoded: number;
  /** The first frame is shown. */
  readonly frame: number;
}

export interface Joiner {
  present(url: string): Promise<{ readonly pipeline: string; readonly endpoint: string }>;
  /** `pause`: how long to watch, in milliseconds. */
  watch(url: string, pipeline: string, presenter: string, pause: number): Promise<Join>;
}

export function installJoiner(): void {
  type Params = Record<string, unknown>;
  interface Wire {
    request(method: string, params: Params): Promise<string>;
    onCandidate(endpoint: string, listener: (candidate: RTCIceCandidateInit) => void): void;
  }
  const wires = new Map<string, Promise<Wire>>();

  /** JSON-RPC of the Kurento Protocol, as much as a viewer needs. */
  const connect = (url: string): Promise<Wire> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const waiting = new Map<number, { done: (value: string) => void; failed: (error: Error) => void }>();
      const candidates = new Map<string, (candidate: RTCIceCandidateInit) => void>();
      let id = 0;
      let sessionId: string | undefined;
      socket.onerror = () => reject(new Error('no media server'));
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data)) as {
          id?: number;
          result?: { value?: string; sessionId: string };
          error?: { message: string };
          params?: { value: { object: string; data: { candidate: RTCIceCandidateInit } } };
        };
        if (message.params) {
          const { object, data: event } = message.params.value;
          candidates.get(object)?.(event.candidate);
          return;
        }
        const waiter = waiting.get(message.id ?? -1);
        sessionId ??= message.result?.sessionId;
        if (message.error) waiter?.failed(new Error(message.error.message));
        else waiter?.done(message.result?.value ?? '');
      };
      socket.onopen = () =>
        resolve({
          request: (method, params) =>
            new Promise((done, failed) => {
              waiting.set(++id, { done, failed });
              socket.send(
                JSON.stringify({
                  jsonrpc: '2.0',
                  id,
                  method,
                  params: { ...params, ...(sessionId && { sessionId }) },
                }),
              );
            }),
          onCandidate: (endpoint, listener) => candidates.set(endpoint, listener),
        });
    });
  const wireTo = (url: string) => {
    const wire = wires.get(url) ?? connect(url);
    wires.set(url, wire);
    return wire;
  };
  const invoke = (wire: Wire, object: string, operation: string, operationParams: Params = {}) =>
    wire.request('invoke', { object, operation, operationParams });

  const createEndpoint = async (wire: Wire, mediaPipeline: string) => {
    const endpoint = await wire.request('create', {
      type: 'WebRtcEndpoint',
      constructorParams: { mediaPipeline },
    });
    await wire.request('subscribe', { object: endpoint, type: 'IceCandidateFound' });
    return endpoint;
  };

  /** Offer, answer, candidates both ways as they come. */
  const negotiate = async (
    wire: Wire,
    endpoint: string,
    connection: RTCPeerConnection,
    passed?: (step: string) => void,
  ) => {
    const early: RTCIceCandidateInit[] = [];
    wire.onCandidate(endpoint, (candidate) => {
      if (connection.remoteDescription) void connection.addIceCandidate(candidate);
      else early.push(candidate);
    });
    connection.onicecandidate = ({ candidate }) => {
      if (candidate) void invoke(wire, endpoint, 'addIceCandidate', { candidate: candidate.toJSON() });
    };
    const offer = await connection.createOffer();
    const set = connection.setLocalDescription(offer);
    const answering = invoke(wire, endpoint, 'processOffer', { offer: offer.sdp });
    const gathering = invoke(wire, endpoint, 'gatherCandidates');
    await set;
    passed?.('offer');
    const sdp = await answering;
    passed?.('answer');
    await connection.setRemoteDescription({ type: 'answer', sdp });
    for (const candidate of early) void connection.addIceCandidate(candidate);
    await gathering;
  };

  const joiner: Joiner = {
    async present(url) {
      const wire = await wireTo(url);
      const pipeline = await wire.request('create', { type: 'MediaPipeline', constructorParams: {} });
      const endpoint = await createEndpoint(wire, pipeline);
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: true,
        video: { width: 640, height: 480, frameRate: 30 },
      });
      const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly' });
      await negotiate(wire, endpoint, connection);
      // Until its bitrate has grown: a keyframe of a starting encoder is not what viewers get.
      for (;;) {
        const stats = [...(await connection.getStats()).values()] as {
          type: string;
          framesEncoded?: number;
        }[];
        if (stats.some(({ type, framesEncoded }) => type === 'outbound-rtp' && (framesEncoded ?? 0) > 120))
          break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return { pipeline, endpoint };
    },

    async watch(url, pipeline, presenter, pause) {
      const wire = await wireTo(url);
      const endpoint = await createEndpoint(wire, pipeline);
      await invoke(wire, presenter, 'connect', { sink: endpoint });
      const video = document.createElement('video');
      video.muted = true;
      video.autoplay = true;
      document.body.append(video);
      const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      connection.addTransceiver('audio', { direction: 'recvonly' });
      connection.addTransceiver('video', { direction: 'recvonly' });
      const remote = new MediaStream();
      connection.ontrack = ({ track }) => {
        remote.addTrack(track);
        video.srcObject = remote;
      };
      const begun = performance.now();
      const times: Record<string, number> = {};
      const passed = (step: string) => (times[step] ??= performance.now() - begun);
      connection.oniceconnectionstatechange = () => {
        if (/connected|completed/.test(connection.iceConnectionState)) passed('connected');
      };
      connection.onconnectionstatechange = () => {
        if (connection.connectionState === 'connected') passed('secured');
      };
      const shown = new Promise<void>((resolve) =>
        video.requestVideoFrameCallback(() => {
          passed('frame');
          resolve();
        }),
      );
      await negotiate(wire, endpoint, connection, passed);
      let watching = true;
      const poll = async () => {
        while (watching) {
          const stats = [...(await connection.getStats()).values()] as {
            type: string;
            kind?: string;
            packetsReceived?: number;
            framesDecoded?: number;
          }[];
          const found = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
          if ((found?.packetsReceived ?? 0) > 0) passed('packet');
          if ((found?.framesDecoded ?? 0) > 0) passed('decoded');
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      };
      const polling = poll();
      await shown;
      await new Promise((resolve) => setTimeout(resolve, pause));
      watching = false;
      await polling;
      connection.close();
      video.remove();
      await wire.request('release', { object: endpoint });
      const of = (step: string) => times[step] ?? 0;
      return {
        offer: of('offer'),
        answer: of('answer'),
        connected: of('connected'),
        secured: of('secured'),
        packet: of('packet'),
        decoded: of('decoded'),
        frame: of('frame'),
      };
    },
  };
  Object.assign(window, { joiner });
}
