/**
 * What can be connected: the base of endpoints, filters, PassThrough and hub ports. Owns connections, the events about
 * them and about flowing media, and the operations that all elements share. What the streams are is the subclass's:
 * it offers outputs and inputs once, for its whole life, before they are negotiated or carry anything.
 */
import type { KurentoEvents, MediaType } from '../../protocol/kurento';
import { MEDIA_TYPES } from '../../protocol/kurento';
import type { Cancel } from '../clock';
import type { DataSink, MediaKind, MediaSink } from '../flow';
import type { DataFanOut, FanOut } from '../fan-out';
import { record } from './arguments';
import type { Arguments } from './arguments';
import { carriesMedia, Connections, connectionRecord, DEFAULT_DESCRIPTION } from './connection';
import type { Connection } from './connection';
import { SILENCE_MS } from './flow-watch';
import { KurentoError } from './kurento-error';
import { dotOperations } from './dot-graph';
import { MediaObject, operations } from './media-object';
import type { OperationTable } from './media-object';
import { MediaPipeline } from './media-pipeline';

export const MEDIA_KINDS: readonly MediaKind[] = ['audio', 'video'];
export const mediaTypeOf = (kind: MediaKind): 'AUDIO' | 'VIDEO' => (kind === 'audio' ? 'AUDIO' : 'VIDEO');
export const kindOf = (type: MediaType): MediaKind | undefined =>
  type === 'DATA' ? undefined : type === 'AUDIO' ? 'audio' : 'video';

/** A record of getStats; its id is its key in the answer. */
export type StatsRecord = { readonly id: string; readonly [field: string]: unknown };

const mediaType = (args: Arguments): MediaType | undefined =>
  args.optionalText('mediaType') as MediaType | undefined;

const table: OperationTable = operations<MediaElement>(dotOperations, {
  getEncoderBitrate: (self) => self.encoderBitrate,
  setEncoderBitrate: (self, args) => void (self.encoderBitrate = args.number('encoderBitrate')),
  getMinEncoderBitrate: (self) => self.minEncoderBitrate,
  setMinEncoderBitrate: (self, args) => void (self.minEncoderBitrate = args.number('minEncoderBitrate')),
  getMaxEncoderBitrate: (self) => self.maxEncoderBitrate,
  setMaxEncoderBitrate: (self, args) => void (self.maxEncoderBitrate = args.number('maxEncoderBitrate')),
  getSourceConnections: (self, args) =>
    self.connections.sources(mediaType(args), args.optionalText('description')).map(connectionRecord),
  getSinkConnections: (self, args) =>
    self.connections.sinks(mediaType(args), args.optionalText('description')).map(connectionRecord),
  connect: (self, args) =>
    self.connect(
      args.object('sink') as MediaElement,
      mediaType(args),
      args.optionalText('sourceMediaDescription'),
      args.optionalText('sinkMediaDescription'),
    ),
  disconnect: (self, args) =>
    self.disconnect(
      args.object('sink') as MediaElement,
      mediaType(args),
      args.optionalText('sourceMediaDescription'),
      args.optionalText('sinkMediaDescription'),
    ),
  // Wishes about formats are taken note of, no more: media is forwarded in the format in which it came.
  setAudioFormat: () => undefined,
  setVideoFormat: () => undefined,
  getStats: (self, args) => self.collectStats(mediaType(args)),
  isMediaFlowingIn: (self, args) => self.isFlowingIn(args.text('mediaType') as MediaType),
  isMediaFlowingOut: (self, args) => self.isFlowingOut(args.text('mediaType') as MediaType),
  isMediaTranscoding: (self, args) => {
    const kind = kindOf(args.text('mediaType') as MediaType);
    return kind !== undefined && self.isTranscoding(kind);
  },
});

export abstract class MediaElement extends MediaObject {
  /** bit/s; what an element that encodes aims at. */
  encoderBitrate = 300_000;
  minEncoderBitrate = 0;
  maxEncoderBitrate = 2 ** 31 - 1;
  readonly connections = new Connections();
  readonly #flowingOut = new Set<MediaKind>();
  readonly #flowingIn = new Set<MediaKind>();
  readonly #transcodingTold = new Set<MediaKind>();
  /** Sinks that lost their source wait here for another one before they count as silent. */
  readonly #silences = new Map<MediaKind, Cancel>();

  override get operations(): OperationTable {
    return table;
  }
  override get pipeline(): MediaPipeline {
    const pipeline = super.pipeline;
    if (!(pipeline instanceof MediaPipeline)) throw new Error('an element lives in a pipeline');
    return pipeline;
  }

  // ── What a subclass offers ────────────────────────────────────────────────────────────────────────────────────

  /** Its stream to other elements; always the same object. Undefined where the type never has one of this kind. */
  output(_kind: MediaKind): FanOut | undefined {
    return undefined;
  }
  /** Takes the stream of another element; always the same object. */
  input(_kind: MediaKind): MediaSink | undefined {
    return undefined;
  }
  dataOutput(): DataFanOut | undefined {
    return undefined;
  }
  dataInput(): DataSink | undefined {
    return undefined;
  }
  /** Whether the element decodes and encodes this kind. */
  isTranscoding(_kind: MediaKind): boolean {
    return false;
  }
  /** Records for getStats, of the type asked for, of all when undefined. */
  protected stats(_type: MediaType | undefined): StatsRecord[] | Promise<StatsRecord[]> {
    return [];
  }
  /** A media type was connected (true) or disconnected; the media link is in place already. */
  protected connectionChanged(_connection: Connection, _as: 'source' | 'sink', _connected: boolean): void {}

  // ── Connections ───────────────────────────────────────────────────────────────────────────────────────────────

  /** All media types unless one is given. A sink that has a source gets this one instead. */
  connect(
    sink: MediaElement,
    type?: MediaType,
    sourceDescription = DEFAULT_DESCRIPTION,
    sinkDescription = DEFAULT_DESCRIPTION,
  ): void {
    if (sink.pipeline !== this.pipeline) {
      throw new KurentoError('CONNECT_ERROR', 'Media elements do not share pipeline');
    }
    for (const each of type ? [type] : MEDIA_TYPES) {
      const previous = sink.connections.sourceOf(each, sinkDescription);
      if (previous) previous.source.#unlink(previous);
      this.#link({ source: this, sink, type: each, sourceDescription, sinkDescription });
    }
  }
  /** What is not connected stays so, without an error and without an event. */
  disconnect(
    sink: MediaElement,
    type?: MediaType,
    sourceDescription = DEFAULT_DESCRIPTION,
    sinkDescription = DEFAULT_DESCRIPTION,
  ): void {
    for (const each of type ? [type] : MEDIA_TYPES) {
      const connection = sink.connections.sourceOf(each, sinkDescription);
      if (connection?.source === this && connection.sourceDescription === sourceDescription)
        this.#unlink(connection);
    }
  }

  #link(connection: Connection): void {
    const { sink, type } = connection;
    const kind = kindOf(type);
    this.connections.addSink(connection);
    sink.connections.setSource(connection);
    if (carriesMedia(connection)) {
      const input = kind ? sink.input(kind) : undefined;
      if (kind && input) {
        this.output(kind)?.addSink(input);
        // A sink that joins in the middle of a stream needs a picture to begin with.
        if (!input.asksForKeyframes) this.output(kind)?.requestKeyframe();
      }
      const dataInput = kind ? undefined : sink.dataInput();
      if (dataInput) this.dataOutput()?.addSink(dataInput);
    }
    this.emit('ElementConnected', connectionFields(connection));
    if (kind && this.#flowingOut.has(kind)) sink.#setFlowIn(kind, true);
    this.connectionChanged(connection, 'source', true);
    sink.connectionChanged(connection, 'sink', true);
  }
  #unlink(connection: Connection): void {
    const { sink, type } = connection;
    const kind = kindOf(type);
    this.connections.deleteSink(connection);
    sink.connections.deleteSource(connection);
    if (carriesMedia(connection)) {
      const input = kind ? sink.input(kind) : undefined;
      if (kind && input) this.output(kind)?.removeSink(input);
      const dataInput = kind ? undefined : sink.dataInput();
      if (dataInput) this.dataOutput()?.removeSink(dataInput);
    }
    this.emit('ElementDisconnected', connectionFields(connection));
    if (kind) sink.#awaitSource(kind);
    this.connectionChanged(connection, 'source', false);
    sink.connectionChanged(connection, 'sink', false);
  }

  override links() {
    return this.connections.sinks().map(({ sink, type }) => ({ sink, name: type }));
  }

  // ── Flow ──────────────────────────────────────────────────────────────────────────────────────────────────────

  isFlowingOut(type: MediaType): boolean {
    const kind = kindOf(type);
    return kind !== undefined && this.#flowingOut.has(kind);
  }
  isFlowingIn(type: MediaType): boolean {
    const kind = kindOf(type);
    return kind !== undefined && this.#flowingIn.has(kind);
  }
  override created(): void {
    for (const kind of MEDIA_KINDS) this.#awaitFlow(kind);
  }
  #awaitFlow(kind: MediaKind): void {
    const output = this.output(kind);
    output?.onNextPacket(() => {
      this.host.flow.watch(output, () => {
        this.#setFlowOut(kind, false);
        this.#awaitFlow(kind);
      });
      this.#setFlowOut(kind, true);
    });
  }
  #setFlowOut(kind: MediaKind, flowing: boolean): void {
    if (this.isReleased) return;
    if (flowing) this.#flowingOut.add(kind);
    else this.#flowingOut.delete(kind);
    // In the order of the original: what begins shows here first, what ends at its sinks.
    if (!flowing) this.#passFlowOn(kind, flowing);
    this.emit('MediaFlowOutStateChanged', flowFields(kind, flowing));
    if (!flowing) return;
    this.#tellTranscoding(kind);
    this.#passFlowOn(kind, flowing);
  }
  #passFlowOn(kind: MediaKind, flowing: boolean): void {
    for (const connection of this.connections.sinks(mediaTypeOf(kind)))
      connection.sink.#setFlowIn(kind, flowing);
  }
  #tellTranscoding(kind: MediaKind): void {
    if (this.#transcodingTold.has(kind)) return;
    this.#transcodingTold.add(kind);
    this.emit('MediaTranscodingStateChanged', {
      state: this.isTranscoding(kind) ? 'TRANSCODING' : 'NOT_TRANSCODING',
      binName: `${this.type.name.toLowerCase()}_${kind}`,
      mediaType: mediaTypeOf(kind),
    });
  }
  #setFlowIn(kind: MediaKind, flowing: boolean): void {
    this.#silences.get(kind)?.();
    this.#silences.delete(kind);
    if (this.isReleased || this.#flowingIn.has(kind) === flowing) return;
    if (flowing) this.#flowingIn.add(kind);
    else this.#flowingIn.delete(kind);
    this.emit('MediaFlowInStateChanged', flowFields(kind, flowing));
  }
  #awaitSource(kind: MediaKind): void {
    if (this.isReleased || !this.#flowingIn.has(kind) || this.#silences.has(kind)) return;
    this.#silences.set(
      kind,
      this.clock.after(SILENCE_MS, () => this.#setFlowIn(kind, false)),
    );
  }

  // ── Statistics ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Records by id, or null when there is nothing to tell, as the original answers. */
  async collectStats(type: MediaType | undefined): Promise<Record<string, StatsRecord> | null> {
    const records = [...(await this.stats(type))];
    if (this.pipeline.latencyStats) records.push(this.latencyRecord(type));
    return records.length > 0 ? Object.fromEntries(records.map((each) => [each.id, each])) : null;
  }
  /** Time from a packet's arrival in the server to its arrival at this element, nanoseconds, of each connected kind. */
  protected inputLatencies(type: MediaType | undefined) {
    return MEDIA_KINDS.filter(
      (kind) => type === undefined || type === 'DATA' || mediaTypeOf(kind) === type,
    ).flatMap((kind) => {
      const source = this.connections.sourceOf(mediaTypeOf(kind), DEFAULT_DESCRIPTION)?.source.output(kind);
      if (!source) return [];
      const avg = Math.round(source.latency * 1e6);
      return [record('MediaLatencyStat', { name: `sink_${kind}_default`, type: mediaTypeOf(kind), avg })];
    });
  }
  protected latencyRecord(type: MediaType | undefined): StatsRecord {
    return record('ElementStats', {
      id: this.id,
      type: 'element',
      timestampMillis: Math.round(this.clock.wallTime()),
      inputLatency: this.inputLatencies(type),
    });
  }

  /** A subclass that overrides it frees its own things and calls super.release(). */
  protected override release(): void | Promise<void> {
    for (const connection of [...this.connections.sources(), ...this.connections.sinks()]) {
      connection.source.#unlink(connection);
    }
    for (const cancel of this.#silences.values()) cancel();
    this.#silences.clear();
    for (const kind of MEDIA_KINDS) {
      const output = this.output(kind);
      if (!output) continue;
      this.host.flow.forget(output);
      output.close();
    }
    this.dataOutput()?.close();
  }
}

function connectionFields(connection: Connection): KurentoEvents['ElementConnected'] {
  return {
    sink: connection.sink.id,
    mediaType: connection.type,
    sourceMediaDescription: connection.sourceDescription,
    sinkMediaDescription: connection.sinkDescription,
  };
}
function flowFields(kind: MediaKind, flowing: boolean): KurentoEvents['MediaFlowInStateChanged'] {
  return { state: flowing ? 'FLOWING' : 'NOT_FLOWING', padName: 'default', mediaType: mediaTypeOf(kind) };
}

export const elementOperations = table;
