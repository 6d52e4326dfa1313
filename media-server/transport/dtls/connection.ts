/**
 * One DTLS 1.2 association (RFC 6347), either role, for DTLS-SRTP (RFC 5764): mutual authentication by announced
 * fingerprints, ECDHE with AES-128-GCM, extended master secret. No cookies (ICE has validated the address), no session
 * resumption, no renegotiation.
 *
 * This is the handshake and the life of the association; repeating what was lost is the Flight's, keys are the
 * AssociationSecrets'. Own code, because what makes a fingerprint worth anything is the proof that the peer holds the
 * certificate's key (ServerKeyExchange, CertificateVerify and Finished are verified here), and because joining must not
 * wait for timers: flights are packed into as few datagrams as possible and answered in the same turn of the event loop.
 */
import { randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { SystemTimers, type Timers } from '../timers';
import { TransportError } from '../transport-error';
import type { DtlsRole, Fingerprint } from '../types';
import { AssociationSecrets, type SrtpKeyingMaterial } from './association-secrets';
import { matchesFingerprint, type DtlsCertificate } from './certificate';
import {
  makeEphemeralKey,
  publicKeyOf,
  schemeOf,
  signWith,
  verifySignature,
  type EphemeralKey,
} from './key-agreement';
import { Flight } from './flight';
import * as m from './messages';
import { Reassembly, type HandshakeMessage } from './reassembly';
import type { RecordKey } from './record';
import { CONTENT, parseRecords, plainRecord, ReplayWindow, type Record } from './record';

const { HANDSHAKE } = m;

export interface DtlsOptions {
  readonly role: DtlsRole;
  readonly certificate: DtlsCertificate;
  readonly remoteFingerprints: readonly Fingerprint[];
  /** Numbers of RFC 5764, best first. The server decides. */
  readonly srtpProfiles: readonly number[];
  readonly send: (datagram: Buffer) => void;
  /** The handshake has begun. */
  readonly connecting: () => void;
  /** Handshake complete and peer authenticated. */
  readonly connected: () => void;
  readonly data: (message: Buffer) => void;
  /** The peer said goodbye. */
  readonly closed: () => void;
  readonly failed: (error: TransportError) => void;
  readonly timers?: Timers;
}

type State = 'new' | 'handshake' | 'connected' | 'closed' | 'failed';

/** Encrypted records that overtook the key exchange. */
const MAX_EARLY_RECORDS = 4;
const ALERT = {
  closeNotify: 0,
  handshakeFailure: 40,
  badCertificate: 42,
  decryptError: 51,
  internalError: 80,
} as const;

export class DtlsConnection {
  readonly #options: DtlsOptions;
  #state: State = 'new';

  // Handshake only; dropped when it is over.
  #reassembly = new Reassembly();
  #transcript: Buffer[] = [];
  #expected: readonly number[];
  #localRandom = Buffer.concat([Buffer.alloc(4), randomBytes(28)]);
  #remoteRandom: Buffer = Buffer.alloc(0);
  #ephemeral: EphemeralKey | undefined;
  #remotePublicPoint: Buffer = Buffer.alloc(0);
  #remoteKey: KeyObject | undefined;
  #cookie: Buffer = Buffer.alloc(0);
  #certificateRequested = false;
  #extendedMasterSecret = false;
  #suite = 0;
  #early: Record[] = [];

  // Lives as long as the association.
  readonly #flight: Flight;
  readonly #sequences: [number, number] = [0, 0];
  #writeKey: RecordKey | undefined;
  #readKey: RecordKey | undefined;
  readonly #replay = new ReplayWindow();
  #secrets: AssociationSecrets | undefined;
  #srtpProfile = 0;
  #remoteCertificate: Buffer | undefined;

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.#flight = new Flight({
      timers: options.timers ?? SystemTimers,
      record: (type, epoch, content) => this.#record(type, epoch, content),
      send: (datagram) => options.send(datagram),
      timedOut: () =>
        this.#fail(
          new TransportError('dtls-timeout', 'the peer stopped answering during the DTLS handshake'),
        ),
    });
    this.#expected = options.role === 'server' ? [HANDSHAKE.clientHello] : [HANDSHAKE.serverHello];
  }

  get state(): State {
    return this.#state;
  }

  /** Number of the negotiated profile; meaningful once connected. */
  get srtpProfile(): number {
    return this.#srtpProfile;
  }

  get remoteCertificate(): Buffer | undefined {
    return this.#remoteCertificate;
  }

  /** The client speaks first; a server only begins to count the time from the first hello on. */
  start(): void {
    if (this.#state !== 'new' || this.#options.role !== 'client') return;
    this.#beginHandshake();
    this.#sendClientHello();
  }

  /** Never throws. What is not authentic changes nothing, or fails the handshake when nothing was authentic yet. */
  receive(datagram: Buffer): void {
    try {
      for (const record of parseRecords(datagram)) {
        if (this.#state === 'closed' || this.#state === 'failed') return;
        this.#receiveRecord(record);
      }
    } catch (error) {
      const known = error instanceof TransportError;
      this.#fail(known ? error : new TransportError('dtls-protocol', `handshake failed: ${String(error)}`));
    }
  }

  /** Application data (SCTP). False before the handshake and after the end. */
  send(message: Buffer): boolean {
    if (this.#state !== 'connected') return false;
    this.#options.send(this.#record(CONTENT.applicationData, 1, message));
    return true;
  }

  /** RFC 5705 with the label and layout of RFC 5764. */
  exportSrtpKeys(keyLength: number, saltLength: number): SrtpKeyingMaterial {
    if (!this.#secrets) throw new TransportError('dtls-protocol', 'there are no keys before the handshake');
    return this.#secrets.exportSrtpKeys(keyLength, saltLength);
  }

  /** Says close_notify when there is somebody to hear it. Idempotent; no callback follows. */
  close(): void {
    if (this.#state === 'connected') this.#sendAlert(1, ALERT.closeNotify);
    if (this.#state !== 'failed') this.#state = 'closed';
    this.#stop();
  }

  #stop(): void {
    this.#flight.stop();
    this.#early = [];
  }

  #fail(error: TransportError): void {
    // After the handshake only authentic messages are looked at, so an established association is not broken by junk.
    if (this.#state === 'connected' || this.#state === 'closed' || this.#state === 'failed') return;
    const alert =
      error.code === 'dtls-fingerprint'
        ? ALERT.badCertificate
        : error.code === 'dtls-signature'
          ? ALERT.decryptError
          : ALERT.handshakeFailure;
    if (error.code !== 'dtls-alert' && error.code !== 'dtls-timeout') this.#sendAlert(2, alert);
    this.#state = 'failed';
    this.#stop();
    this.#options.failed(error);
  }

  // ---- records

  #receiveRecord(record: Record): void {
    if (record.epoch === 0) {
      if (this.#state === 'connected') return;
      if (record.type === CONTENT.handshake) this.#receiveHandshake(record.fragment, 0);
      else if (record.type === CONTENT.alert) this.#receiveAlert(record.fragment);
      return;
    }
    if (record.epoch !== 1) return;
    if (!this.#readKey) {
      if (this.#state === 'handshake' && this.#early.length < MAX_EARLY_RECORDS) this.#early.push(record);
      return;
    }
    if (!this.#replay.accepts(record.sequence)) return;
    const plain = this.#readKey.open(record);
    if (!plain) return;
    this.#replay.remember(record.sequence);
    if (record.type === CONTENT.applicationData) {
      if (this.#state === 'connected') this.#options.data(plain);
    } else if (record.type === CONTENT.alert) this.#receiveAlert(plain);
    else if (record.type === CONTENT.handshake) this.#receiveHandshake(plain, 1);
  }

  #receiveAlert(content: Buffer): void {
    const [level, description] = content;
    if (description === ALERT.closeNotify) {
      if (this.#state === 'connected') this.#sendAlert(1, ALERT.closeNotify);
      this.#state = 'closed';
      this.#stop();
      this.#options.closed();
    } else if (level === 2) {
      const error = new TransportError(
        'dtls-alert',
        `the peer ended the handshake with alert ${description}`,
      );
      if (this.#state === 'connected') {
        this.#state = 'closed';
        this.#stop();
        this.#options.closed();
      } else this.#fail(error);
    }
  }

  #sendAlert(level: number, description: number): void {
    const epoch = this.#writeKey && this.#state === 'connected' ? 1 : 0;
    this.#options.send(this.#record(CONTENT.alert, epoch, Buffer.from([level, description])));
  }

  #record(type: number, epoch: number, content: Buffer): Buffer {
    if (epoch === 0) return plainRecord(type, this.#sequences[0]++, content);
    return this.#writeKey!.seal(type, 1, this.#sequences[1]++, content);
  }

  // ---- handshake

  #beginHandshake(): void {
    this.#state = 'handshake';
    this.#flight.startClock();
    this.#options.connecting();
  }

  /** Queues a message of the flight under construction and puts it into the transcript. */
  #queue(type: number, body: Buffer, epoch = 0): void {
    this.#transcript.push(this.#flight.add(type, body, epoch));
  }

  #receiveHandshake(content: Buffer, epoch: number): void {
    // Finished is the one message that comes encrypted, and the only one.
    if ((content[0] === HANDSHAKE.finished) !== (epoch === 1)) return;
    if (this.#state === 'new') this.#beginHandshake();
    if (this.#reassembly.add(content)) this.#flight.repeat();
    if (this.#state !== 'handshake') return;
    for (let message = this.#reassembly.take(); message; message = this.#reassembly.take()) {
      this.#handle(message);
      if ((this.#state as State) !== 'handshake') return;
    }
  }

  #handle(message: HandshakeMessage): void {
    if (message.type === HANDSHAKE.helloRequest) return;
    if (message.type === HANDSHAKE.helloVerifyRequest && this.#expected.includes(HANDSHAKE.serverHello)) {
      this.#cookie = Buffer.from(m.parseHelloVerifyRequest(message.body));
      this.#sendClientHello();
      return;
    }
    if (!this.#expected.includes(message.type)) {
      throw new TransportError('dtls-protocol', `unexpected handshake message ${message.type}`);
    }
    switch (message.type) {
      case HANDSHAKE.clientHello:
        return this.#onClientHello(message);
      case HANDSHAKE.serverHello:
        return this.#onServerHello(message);
      case HANDSHAKE.certificate:
        return this.#onCertificate(message);
      case HANDSHAKE.serverKeyExchange:
        return this.#onServerKeyExchange(message);
      case HANDSHAKE.certificateRequest:
        this.#certificateRequested = true;
        return this.#accept(message, HANDSHAKE.serverHelloDone);
      case HANDSHAKE.serverHelloDone:
        this.#accept(message, HANDSHAKE.finished);
        return this.#sendClientFlight();
      case HANDSHAKE.clientKeyExchange:
        return this.#onClientKeyExchange(message);
      case HANDSHAKE.certificateVerify:
        return this.#onCertificateVerify(message);
      case HANDSHAKE.finished:
        return this.#onFinished(message);
    }
  }

  #accept(message: HandshakeMessage, ...expected: number[]): void {
    this.#transcript.push(message.bytes);
    this.#expected = expected;
  }

  // ---- as server

  #onClientHello(message: HandshakeMessage): void {
    const hello = m.parseClientHello(message.body);
    const { certificate, srtpProfiles } = this.#options;
    this.#remoteRandom = Buffer.from(hello.random);
    this.#suite = certificate.keyType === 'rsa' ? m.SUITE.ecdheRsa : m.SUITE.ecdheEcdsa;
    const profile = srtpProfiles.find((known) => hello.srtpProfiles.includes(known));
    const curve = [m.CURVE.x25519, m.CURVE.p256].find((known) => hello.groups.includes(known));
    if (!hello.suites.includes(this.#suite) || !hello.signatures.includes(schemeOf(certificate))) {
      throw new TransportError('dtls-negotiation', 'no common cipher suite');
    }
    if (curve === undefined) throw new TransportError('dtls-negotiation', 'no common elliptic curve');
    if (profile === undefined) throw new TransportError('dtls-negotiation', 'no common SRTP profile');
    this.#srtpProfile = profile;
    this.#extendedMasterSecret = hello.extendedMasterSecret;
    this.#accept(message, HANDSHAKE.certificate);

    const ephemeral = makeEphemeralKey(curve);
    this.#ephemeral = ephemeral;
    const params = m.keyExchangeParams(curve, ephemeral.publicKey);
    const signature = signWith(certificate, Buffer.concat([this.#remoteRandom, this.#localRandom, params]));
    this.#flight.begin();
    this.#queue(
      HANDSHAKE.serverHello,
      m.buildServerHello(this.#localRandom, this.#suite, profile, hello.extendedMasterSecret),
    );
    this.#queue(HANDSHAKE.certificate, m.buildCertificate(certificate.der));
    this.#queue(
      HANDSHAKE.serverKeyExchange,
      Buffer.concat([params, m.buildSignature(schemeOf(certificate), signature)]),
    );
    this.#queue(HANDSHAKE.certificateRequest, m.buildCertificateRequest());
    this.#queue(HANDSHAKE.serverHelloDone, Buffer.alloc(0));
    this.#flight.send(true);
  }

  #onClientKeyExchange(message: HandshakeMessage): void {
    this.#accept(message, HANDSHAKE.certificateVerify);
    this.#deriveKeys(m.parseClientKeyExchange(message.body));
  }

  #onCertificateVerify(message: HandshakeMessage): void {
    const { scheme, signature } = m.parseSignature(message.body);
    if (!verifySignature(this.#remoteKey!, scheme, Buffer.concat(this.#transcript), signature)) {
      throw new TransportError('dtls-signature', 'the peer does not own the certificate that it shows');
    }
    this.#accept(message, HANDSHAKE.finished);
    this.#openEarlyRecords();
  }

  // ---- as client

  #sendClientHello(): void {
    this.#transcript = [];
    this.#flight.begin();
    const hello = m.buildClientHello(this.#localRandom, this.#cookie, this.#options.srtpProfiles);
    this.#queue(HANDSHAKE.clientHello, hello);
    this.#flight.send(true);
  }

  #onServerHello(message: HandshakeMessage): void {
    const hello = m.parseServerHello(message.body);
    const [profile] = hello.srtpProfiles;
    if (hello.suite !== m.SUITE.ecdheEcdsa && hello.suite !== m.SUITE.ecdheRsa) {
      throw new TransportError('dtls-negotiation', 'no common cipher suite');
    }
    if (profile === undefined || !this.#options.srtpProfiles.includes(profile)) {
      throw new TransportError('dtls-negotiation', 'no common SRTP profile');
    }
    this.#suite = hello.suite;
    this.#srtpProfile = profile;
    this.#remoteRandom = Buffer.from(hello.random);
    this.#extendedMasterSecret = hello.extendedMasterSecret;
    this.#accept(message, HANDSHAKE.certificate);
  }

  #onServerKeyExchange(message: HandshakeMessage): void {
    const exchange = m.parseServerKeyExchange(message.body);
    const signed = Buffer.concat([this.#localRandom, this.#remoteRandom, exchange.params]);
    if (!verifySignature(this.#remoteKey!, exchange.scheme, signed, exchange.signature)) {
      throw new TransportError('dtls-signature', 'the peer does not own the certificate that it shows');
    }
    this.#ephemeral = makeEphemeralKey(exchange.curve);
    this.#remotePublicPoint = Buffer.from(exchange.publicKey);
    this.#accept(message, HANDSHAKE.certificateRequest, HANDSHAKE.serverHelloDone);
  }

  #sendClientFlight(): void {
    const { certificate } = this.#options;
    this.#flight.begin();
    if (this.#certificateRequested) this.#queue(HANDSHAKE.certificate, m.buildCertificate(certificate.der));
    this.#queue(HANDSHAKE.clientKeyExchange, m.buildClientKeyExchange(this.#ephemeral!.publicKey));
    this.#deriveKeys(this.#remotePublicPoint);
    if (this.#certificateRequested) {
      const signature = signWith(certificate, Buffer.concat(this.#transcript));
      this.#queue(HANDSHAKE.certificateVerify, m.buildSignature(schemeOf(certificate), signature));
    }
    this.#queueFinished();
    this.#flight.send(true);
    this.#openEarlyRecords();
  }

  // ---- both

  #onCertificate(message: HandshakeMessage): void {
    const der = m.parseCertificate(message.body);
    if (!der || !matchesFingerprint(der, this.#options.remoteFingerprints)) {
      throw new TransportError(
        'dtls-fingerprint',
        'the certificate of the peer is not the one its SDP announced',
      );
    }
    this.#remoteCertificate = der;
    this.#remoteKey = publicKeyOf(der);
    const next = this.#options.role === 'server' ? HANDSHAKE.clientKeyExchange : HANDSHAKE.serverKeyExchange;
    this.#accept(message, next);
  }

  #deriveKeys(peerPoint: Buffer): void {
    this.#secrets = new AssociationSecrets({
      role: this.#options.role,
      preMaster: this.#ephemeral!.agree(peerPoint),
      extendedMasterSecret: this.#extendedMasterSecret,
      transcript: this.#transcript,
      localRandom: this.#localRandom,
      remoteRandom: this.#remoteRandom,
    });
    const { write, read } = this.#secrets.recordKeys();
    this.#writeKey = write;
    this.#readKey = read;
  }

  #openEarlyRecords(): void {
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#receiveRecord(record);
  }

  #verifyData(who: DtlsRole): Buffer {
    return this.#secrets!.verifyData(who, this.#transcript);
  }

  #queueFinished(): void {
    this.#flight.addChangeCipherSpec();
    this.#queue(HANDSHAKE.finished, this.#verifyData(this.#options.role), 1);
  }

  #onFinished(message: HandshakeMessage): void {
    const server = this.#options.role === 'server';
    const expected = this.#verifyData(server ? 'client' : 'server');
    if (message.body.length !== expected.length || !timingSafeEqual(message.body, expected)) {
      throw new TransportError('dtls-signature', 'the handshake was tampered with');
    }
    this.#accept(message);
    this.#flight.stop();
    if (server) {
      this.#queueFinished();
      this.#flight.send(false);
    }
    this.#state = 'connected';
    this.#transcript = [];
    this.#ephemeral = undefined;
    this.#remoteKey = undefined;
    this.#options.connected();
  }
}
