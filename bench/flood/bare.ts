/** Child process of the flood bench: a socket that reads, and does nothing else: the least that a datagram can cost. */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
let packets = 0;
socket.on('message', () => packets++);
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(2 * 1024 * 1024);
  process.send?.({ type: 'ready' });
});
process.on('message', (message) => {
  if (message === 'where') process.send?.({ type: 'listening', port: socket.address().port });
  else process.send?.({ type: 'count', packets });
});
process.on('disconnect', () => process.exit(0));
