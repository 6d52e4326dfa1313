/**
 * The packets since a stream's last keyframe, while they are few and young: who joins now begins with them instead of
 * waiting for a keyframe of its own. Senders refuse a second keyframe for some time after one, so without this the
 * viewers who come in quick succession would wait longest. Holds references; the packets are shared anyway.
 */
import type { MediaPacket } from './flow';

/**
 * Older pictures are not worth the burst: a keyframe that is asked for now comes sooner than they are sent, and they would
 * set the viewer's clock back by as much.
 */
export const RECENT_MS = 500;
/** Half a second at 5 Mbit/s. */
const MAX_PACKETS = 300;

export class RecentPictures {
  readonly #packets: MediaPacket[] = [];

  add(packet: MediaPacket): void {
    const packets = this.#packets;
    if (packet.keyframeStart && !packet.late) packets.length = 0;
    else if (packets.length === 0) return;
    else if (packets.length >= MAX_PACKETS || packet.arrival - packets[0]!.arrival > RECENT_MS) {
      packets.length = 0;
      return;
    }
    packets.push(packet);
  }
  clear(): void {
    this.#packets.length = 0;
  }
  /** In the order in which they came, the keyframe first; empty when there is nothing to begin with. */
  at(now: number): readonly MediaPacket[] {
    const first = this.#packets[0];
    return first && now - first.arrival <= RECENT_MS ? this.#packets : [];
  }
}
