/** What the machine allows: encrypting and sending a packet with node:crypto and a connected socket, nothing else. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const PACKETS = 40_000;
const BATCH = 50;

/** Microseconds of CPU time per packet of `bytes` bytes, AES-128-GCM. */
export async function measureFloor(bytes = 1_100): Promise<number> {
  const sink = createSocket('udp4');
  sink.bind(0, '127.0.0.1');
  await once(sink, 'listening');
  sink.on('message', () => undefined);
  sink.setRecvBufferSize(1 << 16);
  const socket = createSocket('udp4');
  socket.connect(sink.address().port, '127.0.0.1');
  await once(socket, 'connect');
  const key = randomBytes(16);
  const iv = randomBytes(12);
  const header = Buffer.alloc(20);
  const payload = randomBytes(bytes);
  const out = Buffer.alloc(bytes + 64);
  const run = async (packets: number) => {
    for (let sent = 0; sent < packets; sent += BATCH) {
      for (let index = 0; index < BATCH; index++) {
        const cipher = createCipheriv('aes-128-gcm', key, iv);
        cipher.setAAD(header);
        const encrypted = cipher.update(payload);
        cipher.final();
        header.copy(out, 0);
        encrypted.copy(out, 20);
        cipher.getAuthTag().copy(out, 20 + encrypted.length);
        socket.send(out, 0, 36 + encrypted.length);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  sink.close();
  await run(4_000);
  const before = process.cpuUsage();
  await run(PACKETS);
  const { user, system } = process.cpuUsage(before);
  socket.close();
  return (user + system) / PACKETS;
}
