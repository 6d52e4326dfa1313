/**
 * Lets the receivers of the bench be quicker than the server that they measure: of the RTP packets that come to a socket
 * they count all, but open and authenticate only one in 37. On a machine of two cores they would otherwise be the ones
 * that packets wait for.
 */
import dgram from 'node:dgram';

/** Every so many packets of a socket pass. A prime, because packets come in patterns. */
export const SAMPLING = 37;

const isRtp = (data: Buffer): boolean => {
  // RTCP shares the port; its types lie where no RTP payload type does (RFC 5761, section 4).
  const type = data[1]! & 0x7f;
  return data[0]! >> 6 === 2 && (type < 64 || type > 95);
};

/** From now on sockets of this process keep most RTP packets to themselves; `seen` is called for each. */
export function tapDatagrams(seen: () => void): void {
  const { createSocket } = dgram;
  dgram.createSocket = ((...args: Parameters<typeof createSocket>) => {
    const socket = createSocket(...args);
    const emit = socket.emit.bind(socket) as (event: string, ...rest: unknown[]) => boolean;
    let count = 0;
    socket.emit = ((event: string, ...rest: unknown[]) => {
      if (event === 'message' && isRtp(rest[0] as Buffer)) {
        seen();
        if (count++ % SAMPLING !== 0) return true;
      }
      return emit(event, ...rest);
    }) as typeof socket.emit;
    return socket;
  }) as typeof createSocket;
}
