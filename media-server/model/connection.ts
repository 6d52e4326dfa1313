/** One connection of two elements for one media type: what getSinkConnections lists and what the media link follows. */
import type { ElementConnectionData, MediaType } from '../../protocol/kurento';
import { record } from './arguments';
import type { MediaElement } from './media-element';

/** The only pads that carry media; other descriptions may be given, as with the original, and stay without media. */
export const DEFAULT_DESCRIPTION = 'default';

export interface Connection {
  readonly source: MediaElement;
  readonly sink: MediaElement;
  readonly type: MediaType;
  readonly sourceDescription: string;
  readonly sinkDescription: string;
}

export function connectionRecord(connection: Connection): ElementConnectionData {
  return record('ElementConnectionData', {
    source: connection.source.id,
    sink: connection.sink.id,
    type: connection.type,
    sourceDescription: connection.sourceDescription,
    sinkDescription: connection.sinkDescription,
  });
}

export function carriesMedia(connection: Connection): boolean {
  return (
    connection.sourceDescription === DEFAULT_DESCRIPTION && connection.sinkDescription === DEFAULT_DESCRIPTION
  );
}

/** The connections of one element, as source and as sink. A sink pad has at most one source, a source many sinks. */
export class Connections {
  readonly #sources = new Map<string, Connection>();
  readonly #sinks = new Set<Connection>();

  static pad(type: MediaType, description: string): string {
    return `${type} ${description}`;
  }
  sourceOf(type: MediaType, description: string): Connection | undefined {
    return this.#sources.get(Connections.pad(type, description));
  }
  setSource(connection: Connection): void {
    this.#sources.set(Connections.pad(connection.type, connection.sinkDescription), connection);
  }
  deleteSource(connection: Connection): void {
    this.#sources.delete(Connections.pad(connection.type, connection.sinkDescription));
  }
  addSink(connection: Connection): void {
    this.#sinks.add(connection);
  }
  deleteSink(connection: Connection): void {
    this.#sinks.delete(connection);
  }
  /** What feeds this element. */
  sources(type?: MediaType, description?: string): Connection[] {
    return [...this.#sources.values()].filter(
      (connection) =>
        (type === undefined || connection.type === type) &&
        (description === undefined || connection.sinkDescription === description),
    );
  }
  /** What this element feeds. */
  sinks(type?: MediaType, description?: string): Connection[] {
    return [...this.#sinks].filter(
      (connection) =>
        (type === undefined || connection.type === type) &&
        (description === undefined || connection.sourceDescription === description),
    );
  }
}
