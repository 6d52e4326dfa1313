/** The other side of a call, as far as the hub sees it: a name, and an offer that a browser once made. */
import { readFileSync } from 'node:fs';
import { HubClient, type ClientOptions } from './hub-client';

const OFFER = readFileSync(new URL('../fixtures/sdp/chromium-sendrecv.sdp', import.meta.url), 'utf8');

export class CallPartner {
  readonly client: HubClient<'/one2one'>;
  readonly name: string;

  /** @param base the hub's URL, such as `https://localhost:8443/` */
  static async register(base: string, name: string, options: ClientOptions = {}): Promise<CallPartner> {
    const client = await HubClient.open(base, '/one2one', options);
    client.send({ id: 'hello', version: 1 });
    client.send({ id: 'register', name });
    const { response } = await client.next('registerResponse');
    if (response !== 'accepted') throw new Error(`the name ${name} was not accepted`);
    return new CallPartner(client, name);
  }

  private constructor(client: HubClient<'/one2one'>, name: string) {
    this.client = client;
    this.name = name;
  }

  call(to: string): void {
    this.client.send({ id: 'call', from: this.name, to, sdpOffer: OFFER });
  }

  hangUp(): void {
    this.client.send({ id: 'stop' });
  }

  async close(): Promise<void> {
    if (!this.client.closed) await this.client.close();
  }
}
