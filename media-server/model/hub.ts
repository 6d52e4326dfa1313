/**
 * Hubs and their ports. A port is an element: what is connected to it goes to the hub, what the hub routes to it goes to
 * its sinks. Owns which ports there are; the routes are each kind of hub's.
 */
import { DataFanOut, FanOut } from '../fan-out';
import type { MediaKind } from '../flow';
import { MEDIA_KINDS, MediaElement } from './media-element';
import { dotOperations } from './dot-graph';
import { MediaObject } from './media-object';
import type { ObjectContext, OperationTable } from './media-object';

export abstract class Hub extends MediaObject {
  readonly #ports = new Set<HubPort>();

  override get operations(): OperationTable {
    return dotOperations;
  }
  get ports(): ReadonlySet<HubPort> {
    return this.#ports;
  }
  addPort(port: HubPort): void {
    this.#ports.add(port);
    this.portAdded(port);
  }
  removePort(port: HubPort): void {
    if (this.#ports.delete(port)) this.portRemoved(port);
  }
  protected abstract portAdded(port: HubPort): void;
  protected abstract portRemoved(port: HubPort): void;
}

interface Lane {
  readonly kind: MediaKind;
  /** From the connected element into the hub. */
  readonly incoming: FanOut;
  /** From the hub to the connected elements. */
  readonly outgoing: FanOut;
}

export class HubPort extends MediaElement {
  readonly #hub: Hub;
  readonly #lanes: readonly Lane[];
  readonly #incomingData: DataFanOut;
  readonly #outgoingData: DataFanOut;
  #feed: HubPort | undefined;

  constructor(context: ObjectContext, hub: Hub) {
    super(context);
    const sinkFailed = (error: unknown) => this.logger.error({ error }, 'a sink failed');
    const { clock } = context.host;
    this.#hub = hub;
    this.#lanes = MEDIA_KINDS.map((kind) => ({
      kind,
      incoming: new FanOut({ kind, clock, sinkFailed }),
      outgoing: new FanOut({ kind, clock, sinkFailed }),
    }));
    this.#incomingData = new DataFanOut(sinkFailed);
    this.#outgoingData = new DataFanOut(sinkFailed);
  }
  override created(): void {
    super.created();
    this.#hub.addPort(this);
  }
  override output(kind: MediaKind): FanOut | undefined {
    return this.#lanes.find((lane) => lane.kind === kind)?.outgoing;
  }
  override input(kind: MediaKind): FanOut | undefined {
    return this.#lanes.find((lane) => lane.kind === kind)?.incoming;
  }
  override dataOutput(): DataFanOut {
    return this.#outgoingData;
  }
  override dataInput(): DataFanOut {
    return this.#incomingData;
  }

  get feed(): HubPort | undefined {
    return this.#feed;
  }
  /** What comes in at `from` (may be this port itself) goes out here from now on; undefined: nothing does. */
  setFeed(from: HubPort | undefined): void {
    if (from === this.#feed) return;
    if (this.#feed) this.#feed.#stopFeeding(this);
    this.#feed = from;
    if (from) from.#startFeeding(this);
  }
  #startFeeding(to: HubPort): void {
    for (const { kind, incoming } of this.#lanes) {
      const outgoing = to.output(kind);
      if (!outgoing) continue;
      incoming.addSink(outgoing);
      incoming.requestKeyframe();
    }
    this.#incomingData.addSink(to.#outgoingData);
  }
  #stopFeeding(to: HubPort): void {
    for (const { kind, incoming } of this.#lanes) {
      const outgoing = to.output(kind);
      if (outgoing) incoming.removeSink(outgoing);
    }
    this.#incomingData.removeSink(to.#outgoingData);
  }
  protected override release(): void | Promise<void> {
    this.setFeed(undefined);
    this.#hub.removePort(this);
    for (const { incoming } of this.#lanes) incoming.close();
    this.#incomingData.close();
    return super.release();
  }
}
