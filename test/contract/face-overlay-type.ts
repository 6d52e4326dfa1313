/**
 * The FaceOverlayFilter as a type of the protocol, also for a server that runs from its sources: its worker, which is
 * started with the first image that can be read, stays out of it, and nothing depends on what the machine can decode.
 */
import { createFactories } from '../../media-server/factories';
import type { Factories, FactoryOptions } from '../../media-server/factories';
import { FaceOverlayFilter } from '../../media-server/filters/face-overlay-filter';
import { OverlayWorkers } from '../../media-server/filters/overlay-thread';

const NO_WORKERS = new OverlayWorkers({ worker: '', fullRangeModel: '', shortRangeModel: '' });

export async function factoriesWithFaceOverlay(options: FactoryOptions): Promise<Factories> {
  const factories = await createFactories(options);
  const table = new Map(factories.table);
  table.set('FaceOverlayFilter', (context) => new FaceOverlayFilter(context, NO_WORKERS));
  return { ...factories, table };
}
