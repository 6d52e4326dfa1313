/** Child process of the flood bench: junk to a UDP port, as evenly as a timer can, and nobody listens to answers. */
import { createSocket } from 'node:dgram';
import { randomFillSync } from 'node:crypto';

const TICK_MS = 5;
const BYTES = 200;

/** First bytes that make a receiver look twice: STUN, DTLS, RTP, RTCP, and what is nothing at all. */
const FIRST = [0, 22, 128, 129, 255];

const [port = '0', perSecond = '0', seconds = '0'] = process.argv.slice(2);
const socket = createSocket('udp4');
const junk = FIRST.map((first) => {
  const datagram = randomFillSync(Buffer.alloc(BYTES));
  datagram[0] = first;
  // A binding request with the magic cookie, so that its attributes are looked at.
  if (first === 0) datagram.writeUInt32BE(0x2112a442, 4);
  return datagram;
});
let sent = 0;
const begun = performance.now();
const timer = setInterval(() => {
  const elapsed = performance.now() - begun;
  const due = Math.floor((Math.min(elapsed, Number(seconds) * 1000) * Number(perSecond)) / 1000);
  for (; sent < due; sent++) socket.send(junk[sent % junk.length]!, Number(port), '127.0.0.1');
  if (elapsed < Number(seconds) * 1000) return;
  clearInterval(timer);
  socket.close(() => process.send?.({ type: 'sent', packets: sent }));
}, TICK_MS);
process.send?.({ type: 'ready' });
process.on('disconnect', () => process.exit(0));
