/**
 * Plays the pages of a recorded session (test/fixtures/kurento-protocol/signaling) against the hub: sends what they
 * sent, each page after it has heard what it had heard in the recording.
 */
import type { EndpointPath } from '../../protocol/signaling';
import { HubClient } from './hub-client';
import { recording, type Recorded } from './hub';

type Message = NonNullable<Recorded['message']>;

export interface ReplayOptions {
  readonly base: string;
  readonly path: EndpointPath;
  /** Lines of the recording to leave out, where the hub deliberately does better. */
  readonly leaveOut?: (line: Recorded, note: string) => boolean;
  /** Called at each note, after everybody has heard what was said before it. */
  readonly atNote?: (note: string, replay: Replay) => Promise<void>;
}

export class Replay {
  readonly clients = new Map<string, HubClient<EndpointPath>>();
  readonly #options: ReplayOptions;
  /** What each page has to hear, in order; candidates come at any time. */
  readonly #expected = new Map<string, Message[]>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async run(name: string): Promise<void> {
    let note = '';
    for (const line of recording(name)) {
      if (line.note !== undefined) {
        await this.#everybodyHeard();
        note = line.note;
        await this.#options.atNote?.(note, this);
      }
      const { who, dir, message } = line;
      if (who === undefined || !message || this.#options.leaveOut?.(line, note)) continue;
      if (dir === 's→c') this.#expect(who, message);
      else await this.#say(who, message);
    }
    await this.#everybodyHeard();
  }

  /** What a page heard besides candidates, without what the hub adds to the tutorial's fields. */
  heard(who: string): object[] {
    return (this.clients.get(who)?.messages ?? []).filter(({ id }) => id !== 'iceCandidate').map(essence);
  }

  /** What it had heard in the recording. */
  recorded(who: string): object[] {
    return (this.#expected.get(who) ?? []).map(essence);
  }

  async close(): Promise<void> {
    for (const client of this.clients.values()) if (!client.closed) await client.close();
  }

  #expect(who: string, message: Message): void {
    if (message.id === 'iceCandidate') return;
    const messages = this.#expected.get(who) ?? [];
    messages.push(message);
    this.#expected.set(who, messages);
  }

  async #say(who: string, message: Message): Promise<void> {
    let client = this.clients.get(who);
    if (!client) {
      client = await HubClient.open(this.#options.base, this.#options.path);
      this.clients.set(who, client);
    }
    await this.#heardAll(who);
    client.send(message);
  }

  async #everybodyHeard(): Promise<void> {
    for (const who of this.clients.keys()) await this.#heardAll(who);
  }

  async #heardAll(who: string): Promise<void> {
    const counts = new Map<string, number>();
    for (const { id } of this.#expected.get(who) ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) await this.clients.get(who)?.next(id as never, count);
  }
}

/** The fields that a tutorial's page looks at. Blanks and colons behind `rejected` mean nothing to it. */
function essence(message: object): object {
  const { id, response, from } = message as Record<string, unknown>;
  const text = (message as { message?: unknown }).message;
  return {
    id,
    ...(from !== undefined && { from }),
    ...(typeof response === 'string' && { response: response.replace(/[: ]+$/, '') }),
    ...(text !== undefined && { message: text }),
    ...('sdpAnswer' in message && { answered: true }),
  };
}
