/** This machine as its neighbours see it: the addresses at which a shared hub can be reached. */
import { connect } from 'node:net';
import { lanAddresses } from '../../signaling-server/addresses';

/** Why nothing can be shared from here; undefined when it can. */
export function networkObstacle(): string | undefined {
  return ipv4Addresses().length === 0 ? 'no network beyond loopback' : undefined;
}

/** Beyond loopback. */
export function ipv4Addresses(): string[] {
  return lanAddresses().filter((address) => !address.includes(':'));
}

/** Whether something accepts connections there, as a neighbour would find out. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
