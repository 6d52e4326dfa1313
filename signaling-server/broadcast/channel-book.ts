/**
 * Which channels are on air on this hub, who presents them and who watches. Synchronous, so that between a look and a
 * claim nothing can happen: that is what makes a channel's presenter the only one.
 */
import type { ChannelOnAir } from '../../protocol/signaling';
import type { MediaPipeline, MediaScope, WebRtcEndpoint } from '../kurento-client/types';

/** Where viewers are connected. */
export interface ChannelSource {
  readonly pipeline: MediaPipeline;
  readonly presenter: WebRtcEndpoint;
}

/** @typeParam Member what presents and watches; the book only keeps it. */
export class Channel<Member> {
  readonly name: string;
  readonly presenter: Member;
  /** Owns the channel's pipeline, with every viewer's endpoint in it. */
  readonly scope: MediaScope;
  readonly viewers = new Set<Member>();
  /** Resolves when viewers can be connected; rejects when the channel ends before that. */
  readonly source: Promise<ChannelSource>;
  /** Proves the presenter after a lost connection; undefined for a page that did not say `hello`. */
  readonly secret: string | undefined;
  /** Milliseconds since 1970; null until it is on air. */
  since: number | null = null;
  #resolve!: (source: ChannelSource) => void; // set by the promise's executor, which runs at once
  #reject!: (reason: Error) => void;

  constructor(name: string, presenter: Member, scope: MediaScope, secret: string | undefined) {
    this.name = name;
    this.presenter = presenter;
    this.scope = scope;
    this.secret = secret;
    this.source = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.source.catch(() => {}); // nobody may be waiting
  }

  goOnAir(source: ChannelSource, now: number): void {
    this.since = now;
    this.#resolve(source);
  }

  /** For those who still wait; no effect once the channel was on air. */
  giveUp(): void {
    this.#reject(new ChannelEnded());
  }
}

/** What waiting viewers get when the channel ends before it was on air. */
export class ChannelEnded extends Error {
  constructor() {
    super('the channel ended before it was on air');
    this.name = 'ChannelEnded';
  }
}

export class ChannelBook<Member> {
  readonly #channels = new Map<string, Channel<Member>>();
  readonly #onChange: () => void;

  /** @param onChange called when the answer of `onAir` has changed. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#channels.size;
  }

  get(name: string): Channel<Member> | undefined {
    return this.#channels.get(name);
  }

  /** The channel, now this member's; undefined when somebody else has it. The scope is opened only when it is free. */
  claim(
    name: string,
    presenter: Member,
    openScope: () => MediaScope,
    secret?: string,
  ): Channel<Member> | undefined {
    if (this.#channels.has(name)) return undefined;
    const channel = new Channel(name, presenter, openScope(), secret);
    this.#channels.set(name, channel);
    return channel;
  }

  /** False when the channel has ended meanwhile. */
  goOnAir(channel: Channel<Member>, source: ChannelSource, now: number): boolean {
    if (this.#channels.get(channel.name) !== channel) return false;
    channel.goOnAir(source, now);
    this.#onChange();
    return true;
  }

  /** False when the channel has ended meanwhile. */
  join(channel: Channel<Member>, viewer: Member): boolean {
    if (this.#channels.get(channel.name) !== channel) return false;
    channel.viewers.add(viewer);
    if (channel.since !== null) this.#onChange();
    return true;
  }

  leave(channel: Channel<Member>, viewer: Member): void {
    if (
      channel.viewers.delete(viewer) &&
      channel.since !== null &&
      this.#channels.get(channel.name) === channel
    ) {
      this.#onChange();
    }
  }

  /** Frees the name. The answer is who was watching; empty when the channel had ended before. */
  end(channel: Channel<Member>): Member[] {
    if (this.#channels.get(channel.name) !== channel) return [];
    this.#channels.delete(channel.name);
    channel.giveUp();
    const viewers = [...channel.viewers];
    channel.viewers.clear();
    if (channel.since !== null) this.#onChange();
    return viewers;
  }

  /** In the order in which they went on air. */
  onAir(): ChannelOnAir[] {
    const list: ChannelOnAir[] = [];
    for (const { name, viewers, since } of this.#channels.values()) {
      if (since !== null) list.push({ channel: name, viewers: viewers.size, since });
    }
    return list.sort((a, b) => a.since - b.since);
  }
}
