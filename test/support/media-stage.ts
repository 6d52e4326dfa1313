/**
 * A media server, a Chromium and a Kurento connection for the tests of one `describe`. What a test opens here is closed
 * after it.
 */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { KurentoWire, negotiate, startBrowserPeers } from './browser-peer';
import type { BrowserPeer, BrowserPeers, PeerOptions } from './browser-peer';
import { LossyRelay } from './lossy-relay';

export class MediaStage {
  #server: MediaServer | undefined;
  #peers: BrowserPeers | undefined;
  #wire: KurentoWire | undefined;
  readonly #pipelines: string[] = [];
  readonly #pages: BrowserPeer[] = [];
  readonly #relays: LossyRelay[] = [];

  /** To be called in a `describe`; the arguments are those of `startBrowserPeers`. */
  constructor(...browser: Parameters<typeof startBrowserPeers>) {
    beforeAll(async () => {
      this.#server = await startMediaServer();
      this.#peers = await startBrowserPeers(...browser);
      this.#wire = await KurentoWire.connect(this.#server.url);
    });
    afterAll(async () => {
      this.#wire?.close();
      await this.#peers?.close();
      await this.#server?.close();
    });
    afterEach(async () => {
      for (const page of this.#pages.splice(0)) await page.close();
      for (const object of this.#pipelines.splice(0)) await this.wire.request('release', { object });
      for (const relay of this.#relays.splice(0)) await relay.close();
    });
  }

  get wire(): KurentoWire {
    if (!this.#wire) throw new Error('the stage is set before the first test');
    return this.#wire;
  }
  async pipeline(): Promise<string> {
    const pipeline = await this.wire.create('MediaPipeline');
    this.#pipelines.push(pipeline);
    return pipeline;
  }
  endpoint(mediaPipeline: string, params: object = {}): Promise<string> {
    return this.wire.create('WebRtcEndpoint', { mediaPipeline, ...params });
  }
  /** A page that has joined nothing yet. */
  async page(): Promise<BrowserPeer> {
    if (!this.#peers) throw new Error('the stage is set before the first test');
    const page = await this.#peers.open();
    this.#pages.push(page);
    return page;
  }
  /** A page connected to an endpoint, if wanted through a bad network. */
  async join(endpoint: string, options: PeerOptions = {}, through?: LossyRelay): Promise<BrowserPeer> {
    const page = await this.page();
    await negotiate(this.wire, endpoint, page, options, through);
    return page;
  }
  async relay(): Promise<LossyRelay> {
    const relay = await LossyRelay.start();
    this.#relays.push(relay);
    return relay;
  }
}
