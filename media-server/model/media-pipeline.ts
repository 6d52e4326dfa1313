/** A pipeline: the parent of elements that may be connected to each other. Released, it takes all of them along. */
import { dotOperations } from './dot-graph';
import { MediaObject, operations } from './media-object';
import type { OperationTable } from './media-object';

const table: OperationTable = operations<MediaPipeline>(dotOperations, {
  getLatencyStats: (self) => self.latencyStats,
  setLatencyStats: (self, args) => void (self.latencyStats = args.flag('latencyStats')),
});

export class MediaPipeline extends MediaObject {
  /** Whether getStats of its elements tells latencies. */
  latencyStats = false;

  override get operations(): OperationTable {
    return table;
  }
  override get pipeline(): MediaPipeline {
    return this;
  }
}
