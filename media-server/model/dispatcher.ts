/** Hubs that route without mixing: any port to any port, or one port to all. */
import { dotOperations } from './dot-graph';
import { Hub } from './hub';
import type { HubPort } from './hub';
import { operations } from './media-object';
import type { OperationTable } from './media-object';

const dispatcherOperations: OperationTable = operations<Dispatcher>(dotOperations, {
  connect: (self, args) => self.connect(args.object('source') as HubPort, args.object('sink') as HubPort),
});

export class Dispatcher extends Hub {
  override get operations(): OperationTable {
    return dispatcherOperations;
  }
  /** What `source` receives goes out at `sink`, instead of what did before. A port of another hub stays as it is. */
  connect(source: HubPort, sink: HubPort): void {
    if (this.ports.has(source) && this.ports.has(sink)) sink.setFeed(source);
  }
  protected override portAdded(): void {}
  protected override portRemoved(port: HubPort): void {
    for (const other of this.ports) if (other.feed === port) other.setFeed(undefined);
  }
}

const oneToManyOperations: OperationTable = operations<DispatcherOneToMany>(dotOperations, {
  setSource: (self, args) => self.setSource(args.object('source') as HubPort),
  removeSource: (self) => self.setSource(undefined),
});

export class DispatcherOneToMany extends Hub {
  #source: HubPort | undefined;

  override get operations(): OperationTable {
    return oneToManyOperations;
  }
  /** All ports send on what this one receives, it itself included. */
  setSource(source: HubPort | undefined): void {
    if (source && !this.ports.has(source)) return;
    this.#source = source;
    for (const port of this.ports) port.setFeed(source);
  }
  protected override portAdded(port: HubPort): void {
    port.setFeed(this.#source);
  }
  protected override portRemoved(port: HubPort): void {
    if (port === this.#source) this.setSource(undefined);
  }
}
