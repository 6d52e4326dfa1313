/** A face overlay between two Chromium ends, through the Kurento Protocol: every face covered, sound untouched. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { hasChromium, KurentoWire, negotiate, startBrowserPeers } from '../support/browser-peer';
import type { BrowserPeer, BrowserPeers } from '../support/browser-peer';
import { countGreenAreas, FACES, greenDisc, writeFaceCamera } from '../support/face-camera';
import { bundleOverlayWorker } from '../support/overlay-worker';
import type { BundledOverlayWorker } from '../support/overlay-worker';
import { until } from '../support/until';

describe.skipIf(!hasChromium())('a FaceOverlayFilter and Chromium', () => {
  let folder: string;
  let bundled: BundledOverlayWorker;
  let server: MediaServer;
  let images: Server;
  let peers: BrowserPeers;
  let wire: KurentoWire;
  const placement = { offsetXPercent: 0.2, offsetYPercent: 0.2, widthPercent: 0.6, heightPercent: 0.6 };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-faces-'));
    const camera = path.join(folder, 'faces.y4m');
    await writeFaceCamera(camera);
    await writeFile(path.join(folder, 'disc.png'), greenDisc());
    images = createServer((_request, response) => response.end(greenDisc()));
    await new Promise<void>((resolve) => void images.listen(0, '127.0.0.1', resolve));
    bundled = await bundleOverlayWorker();
    server = await startMediaServer({ faceOverlay: bundled.files });
    peers = await startBrowserPeers([`--use-file-for-fake-video-capture=${camera}`]);
    wire = await KurentoWire.connect(server.url);
  });
  afterAll(async () => {
    wire?.close();
    await peers?.close();
    await server?.close();
    await bundled?.close();
    await new Promise((resolve) => (images ? images.close(resolve) : resolve(undefined)));
    await rm(folder, { recursive: true, force: true });
  });

  const seesDiscs = (peer: BrowserPeer, count: number, times = 5) => {
    let inRow = 0;
    return until(async () => {
      const seen = await peer.page.evaluate(countGreenAreas);
      inRow = seen === count ? inRow + 1 : 0;
      return inRow >= times ? undefined : `${seen} discs`;
    }, 30_000);
  };

  it('covers every face, leaves the sound, and changes while it runs', async () => {
    const mediaPipeline = await wire.create('MediaPipeline');
    const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
    const filter = await wire.create('FaceOverlayFilter', { mediaPipeline });
    const port = (images.address() as AddressInfo).port;
    await wire.invoke(filter, 'setOverlayedImage', {
      uri: `http://127.0.0.1:${port}/disc.png`,
      ...placement,
    });
    await wire.invoke(endpoint, 'connect', { sink: filter });
    await wire.invoke(filter, 'connect', { sink: endpoint });
    const peer = await peers.open();
    await negotiate(wire, endpoint, peer, {});

    await seesDiscs(peer, FACES);
    await until(async () => ((await peer.call('stats')).audio.energy > 0 ? undefined : 'no sound'), 10_000);
    const { incoming } = await peer.call('stats');
    expect(incoming.codec).toBe('video/VP8');
    expect(incoming.frameWidth).toBe(640);
    expect(await wire.invoke(filter, 'isMediaTranscoding', { mediaType: 'VIDEO' })).toBe(true);

    await wire.invoke(filter, 'unsetOverlayedImage', {});
    await seesDiscs(peer, 0);
    await until(
      async () =>
        (await wire.invoke(filter, 'isMediaTranscoding', { mediaType: 'VIDEO' }))
          ? 'still encoding'
          : undefined,
      10_000,
    );

    // From a file this time; and an image that is none changes nothing.
    await wire.invoke(filter, 'setOverlayedImage', { uri: path.join(folder, 'disc.png'), ...placement });
    await seesDiscs(peer, FACES);
    await wire.invoke(filter, 'setOverlayedImage', { uri: '/no/such/image.png', ...placement });
    await seesDiscs(peer, FACES);

    await peer.close();
    await wire.request('release', { object: mediaPipeline });
    expect(server.counts().objects).toBe(0);
  });
});
