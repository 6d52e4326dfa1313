/**
 * Which types this server makes: the one list that `create` and getInfo follow. To add a type, write its class elsewhere
 * and its line here. Also owns what the types share, such as the sockets of all WebRTC endpoints.
 */
import type { Logger } from '../protocol/log';
import type { Cancel, Clock } from './clock';
import { PlayerEndpoint } from './elements/player-endpoint';
import { RecorderEndpoint } from './elements/recorder-endpoint';
import { WebRtcEndpoint } from './elements/webrtc-endpoint';
import { MediaFolders } from './files/media-folders';
import type { MediaFolderOptions } from './files/media-folders';
import { FaceOverlayFilter } from './filters/face-overlay-filter';
import type { FaceOverlayFiles } from './filters/face-overlay-files';
import { OverlayWorkers } from './filters/overlay-thread';
import { MediaFiles } from './player/media-files';
import { Dispatcher, DispatcherOneToMany } from './model/dispatcher';
import { Hub, HubPort } from './model/hub';
import { MediaPipeline } from './model/media-pipeline';
import type { FactoryTable, ObjectFactory } from './model/object-registry';
import { PassThrough } from './model/pass-through';
import { Ticker } from './rtp/ticker';
import { Certificates, startTransportHost } from './transport';
import type { TransportHostOptions } from './transport';

export interface FactoryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** UDP port, addresses and certificate of the WebRTC endpoints; by default any free port on all addresses. */
  readonly transport?: Omit<TransportHostOptions, 'logger'>;
  /** For the endpoints that ask for a kind of key: PEM texts of certificate and key together. Made when missing. */
  readonly certificates?: { readonly rsa?: string; readonly ecdsa?: string } | undefined;
  /** PEM; who may vouch for TURN servers over TLS. Undefined: those that Node.js trusts. */
  readonly turnCertificateAuthorities?: string | undefined;
  /** Without them there is no FaceOverlayFilter. */
  readonly faceOverlay?: FaceOverlayFiles | undefined;
  /** Where recorders write and players read; without folders they find no file. */
  readonly mediaFolders?: MediaFolderOptions | undefined;
  /** The built media-file-worker, which reads players' files; undefined: they are read in the server's own thread. */
  readonly fileReader?: string | undefined;
}
export interface Factories {
  readonly table: FactoryTable;
  /** Called after all objects are gone. */
  close(): Promise<void>;
}

function hubOf(value: unknown): Hub {
  if (value instanceof Hub) return value;
  throw new Error('the facts promise a hub');
}

export async function createFactories(options: FactoryOptions): Promise<Factories> {
  const { clock, logger } = options;
  const { rsa, ecdsa } = options.certificates ?? {};
  const own = ecdsa ?? rsa;
  const certificates = new Certificates({
    ...(rsa !== undefined && { rsa }),
    ...(ecdsa !== undefined && { ec: ecdsa }),
  });
  // What cannot be used is said at start, not to the first who asks for it.
  await Promise.all([
    rsa !== undefined && certificates.of('rsa'),
    ecdsa !== undefined && certificates.of('ec'),
  ]);
  const host = await startTransportHost({
    ...(own !== undefined && { certificate: { cert: own, key: own } }),
    ...options.transport,
    logger,
  });
  const { turnCertificateAuthorities } = options;
  const services = { host, ticker: new Ticker(clock), certificates, turnCertificateAuthorities };
  const folders = new MediaFolders(options.mediaFolders ?? { recordings: [] });
  const files = new MediaFiles(options.fileReader);
  const table = new Map<string, ObjectFactory>([
    ['MediaPipeline', (context) => new MediaPipeline(context)],
    ['PassThrough', (context) => new PassThrough(context)],
    ['WebRtcEndpoint', (context, args) => new WebRtcEndpoint(context, services, args)],
    ['PlayerEndpoint', (context, args) => new PlayerEndpoint(context, folders, files, args)],
    ['RecorderEndpoint', (context, args) => new RecorderEndpoint(context, folders, args)],
    ['HubPort', (context, args) => new HubPort(context, hubOf(args.object('hub')))],
    ['Dispatcher', (context) => new Dispatcher(context)],
    ['DispatcherOneToMany', (context) => new DispatcherOneToMany(context)],
  ]);
  const overlays = options.faceOverlay && new OverlayWorkers(options.faceOverlay);
  const stopProbe = overlays && addFaceOverlay(table, overlays, options);
  return {
    table,
    close: async () => {
      stopProbe?.();
      await Promise.all([host.close(), files.close(), overlays?.close()]);
    },
  };
}

/** Starting takes a moment of its own; the probe, a second of a core, comes when it is over. */
const PROBE_AFTER_MS = 3_000;

/** Listed at once, and taken off the list if its native parts turn out not to work here. */
function addFaceOverlay(
  table: Map<string, ObjectFactory>,
  workers: OverlayWorkers,
  { clock, logger }: FactoryOptions,
): Cancel {
  table.set('FaceOverlayFilter', (context) => new FaceOverlayFilter(context, workers));
  return clock.after(PROBE_AFTER_MS, () => {
    void workers.probe().then((reason) => {
      if (reason === undefined) return;
      table.delete('FaceOverlayFilter');
      logger.warn({ reason }, 'no FaceOverlayFilter on this machine');
    });
  });
}
