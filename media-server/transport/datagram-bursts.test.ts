import dgram from 'node:dgram';
import { once } from 'node:events';
import { platform } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { DatagramBursts, type BurstSocket } from './datagram-bursts';
import { PeerSocket } from './peer-socket';
import { MAX_DATAGRAM, MAX_SEGMENTS, openSystemUdp, UNFIT, type SystemUdp } from './system-udp';

const EAGAIN = 11;
const bytes = (length: number, value: number) => Buffer.alloc(length, value);
/** What it holds and how long it is. */
const shape = (datagram: Uint8Array) => `${datagram.length}×${datagram[0]}`;

/** A system that takes note of what it is given; `errors`: what it answers, in turn, before it says yes. */
function notingSystem(errors: number[] = []) {
  const calls: string[] = [];
  const system: SystemUdp = {
    room: new Uint8Array(MAX_SEGMENTS * MAX_DATAGRAM),
    bind: () => -1,
    close: () => undefined,
    send(descriptor, length, segment) {
      const parts: string[] = [];
      for (let at = 0; at < length; at += segment)
        parts.push(shape(system.room.subarray(at, Math.min(at + segment, length))));
      calls.push(`${descriptor}: ${parts.join(' ')}`);
      return errors.shift() ?? 0;
    },
  };
  return { system, calls };
}

function notingSocket(descriptor: number): BurstSocket & { readonly alone: string[] } {
  const alone: string[] = [];
  return { descriptor, alone, sendAlone: (datagram) => void alone.push(shape(datagram)) };
}

/** Lets the turn end. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('bursts of datagrams', () => {
  it('hands over in one call what goes to one socket in a row, a shorter one last', async () => {
    const { system, calls } = notingSystem();
    const bursts = new DatagramBursts(system);
    const [a, b] = [notingSocket(7), notingSocket(8)];
    for (const [socket, length, value] of [
      [a, 100, 1],
      [a, 100, 2],
      [a, 60, 3],
      [a, 60, 4],
      [a, 61, 5],
      [b, 61, 6],
      [b, 61, 7],
    ] as const)
      bursts.send(socket, bytes(length, value));
    expect(calls).toEqual(['7: 100×1 100×2 60×3', '7: 60×4', '7: 61×5']);
    await turn();
    expect(calls.slice(3)).toEqual(['8: 61×6 61×7']);
    bursts.send(a, bytes(10, 8));
    await turn();
    expect(calls.slice(4)).toEqual(['7: 10×8']);
    expect([a.alone, b.alone]).toEqual([[], []]);
  });

  it('lets the memory of a datagram be reused at once', () => {
    const { system, calls } = notingSystem();
    const bursts = new DatagramBursts(system);
    const socket = notingSocket(7);
    const datagram = bytes(50, 1);
    bursts.send(socket, datagram);
    bursts.send(socket, datagram.fill(2));
    datagram.fill(3);
    bursts.flush();
    expect(calls).toEqual(['7: 50×1 50×2']);
  });

  it('ends a burst where the room ends', () => {
    const { system, calls } = notingSystem();
    const bursts = new DatagramBursts(system);
    const socket = notingSocket(7);
    for (let sent = 0; sent <= MAX_SEGMENTS; sent++) bursts.send(socket, bytes(MAX_DATAGRAM, sent));
    bursts.flush();
    expect(calls.map((call) => call.split(' ').length - 1)).toEqual([MAX_SEGMENTS, 1]);
  });

  it('leaves to Node what is too large, in its place in the row', () => {
    const { system, calls } = notingSystem();
    const bursts = new DatagramBursts(system);
    const socket = notingSocket(7);
    bursts.send(socket, bytes(50, 1));
    bursts.send(socket, bytes(MAX_DATAGRAM + 1, 2));
    expect(calls).toEqual(['7: 50×1']);
    bursts.send(socket, bytes(0, 0));
    bursts.send(socket, bytes(50, 3));
    bursts.flush();
    expect(calls).toEqual(['7: 50×1', '7: 50×3']);
    expect(socket.alone).toEqual([`${MAX_DATAGRAM + 1}×2`, '0×undefined']);
  });

  it.each([...UNFIT])('loses nothing where the system cuts nothing apart, error %i', (error) => {
    const { system, calls } = notingSystem([error]);
    const bursts = new DatagramBursts(system);
    const [a, b] = [notingSocket(7), notingSocket(8)];
    for (const socket of [a, a, a, b, b]) bursts.send(socket, bytes(50, 1));
    bursts.send(a, bytes(50, 2));
    bursts.send(a, bytes(50, 3));
    bursts.flush();
    expect(a.alone).toEqual(['50×1', '50×1', '50×1']);
    expect(calls).toEqual(['7: 50×1 50×1 50×1', '8: 50×1 50×1', '7: 50×2', '7: 50×3']);
  });

  it('leaves to Node what a full socket does not take, and goes on', () => {
    const { system, calls } = notingSystem([EAGAIN]);
    const bursts = new DatagramBursts(system);
    const socket = notingSocket(7);
    for (const value of [1, 2]) bursts.send(socket, bytes(50, value));
    bursts.flush();
    for (const value of [3, 4]) bursts.send(socket, bytes(50, value));
    bursts.flush();
    expect(socket.alone).toEqual(['50×1', '50×2']);
    expect(calls).toEqual(['7: 50×1 50×2', '7: 50×3 50×4']);
  });
});

describe.runIf(platform() === 'linux')('bursts of the system', () => {
  const open = new Set<{ close(): unknown }>();
  afterEach(() => {
    for (const each of open) each.close();
    open.clear();
  });

  async function pair(family: 4 | 6, inBursts = true) {
    const home = family === 4 ? '127.0.0.1' : '::1';
    const system = await openSystemUdp();
    if (!system) throw new Error('there is no koffi');
    const calls: number[] = [];
    const counting: SystemUdp = {
      room: system.room,
      bind: (address, port) => system.bind(address, port),
      close: (descriptor) => system.close(descriptor),
      send(descriptor, length, segment) {
        const error = system.send(descriptor, length, segment);
        calls.push(error);
        return error;
      },
    };
    const peer = dgram.createSocket(family === 4 ? 'udp4' : 'udp6');
    open.add(peer);
    peer.bind(0, home);
    await once(peer, 'listening');
    const shared = dgram.createSocket({ type: family === 4 ? 'udp4' : 'udp6', reuseAddr: true });
    open.add(shared);
    shared.bind(0, home);
    await once(shared, 'listening');
    const { port } = shared.address();
    const received: string[] = [];
    let heard: () => void = () => undefined;
    const events = {
      received: (data: Buffer, address: string, from: number) => {
        received.push(`${data.toString()} from ${address} ${from}`);
        heard();
      },
    };
    const bursts = inBursts ? new DatagramBursts(counting) : undefined;
    const socket = new PeerSocket({ family, address: home, port }, home, peer.address().port, events, bursts);
    const arrived: string[] = [];
    let wanted = 0;
    let complete: () => void = () => undefined;
    peer.on('message', (data, from) => {
      arrived.push(`${shape(data)} ${from.port === port}`);
      if (arrived.length >= wanted) complete();
    });
    const arrival = (count: number) =>
      new Promise<string[]>((resolve) => {
        wanted = count;
        complete = () => resolve(arrived);
        if (arrived.length >= wanted) complete();
      });
    const hearing = new Promise<void>((resolve) => (heard = resolve));
    return { home, peer, port, socket, calls, arrival, received, hearing };
  }

  it.each([4, 6] as const)('arrive one by one, from the port that is shared, IPv%i', async (family) => {
    const { socket, calls, arrival } = await pair(family);
    for (const [length, value] of [
      [1_200, 1],
      [1_200, 2],
      [1_200, 3],
      [700, 4],
      [90, 5],
    ] as const)
      expect(socket.send(bytes(length, value))).toBe(true);
    expect(await arrival(5)).toEqual([
      '1200×1 true',
      '1200×2 true',
      '1200×3 true',
      '700×4 true',
      '90×5 true',
    ]);
    expect(calls).toEqual([0, 0]);
    socket.close();
  });

  it.each([4, 6] as const)('arrive as well where Node sends them, IPv%i', async (family) => {
    const { socket, calls, arrival } = await pair(family, false);
    for (const value of [1, 2, 3]) expect(socket.send(bytes(1_200, value))).toBe(true);
    expect(await arrival(3)).toEqual(['1200×1 true', '1200×2 true', '1200×3 true']);
    expect(calls).toEqual([]);
    socket.close();
    expect(socket.send(bytes(20, 4))).toBe(false);
  });

  it('leave before their socket is closed, and not after', async () => {
    const { socket, calls, arrival } = await pair(4);
    socket.send(bytes(20, 1));
    socket.close();
    expect(calls).toEqual([0]);
    expect(socket.send(bytes(20, 2))).toBe(false);
    socket.close();
    expect(await arrival(1)).toEqual(['20×1 true']);
    await turn();
    expect(calls).toEqual([0]);
  });

  it('do not keep the socket from hearing its peer', async () => {
    const { socket, home, peer, port, received, hearing } = await pair(4);
    peer.send('hello', port, home);
    await hearing;
    expect(received).toEqual([`hello from ${home} ${peer.address().port}`]);
    socket.close();
  });

  it('say what the system says when a port cannot be had', async () => {
    const system = await openSystemUdp();
    expect(() => system?.bind('192.0.2.1', 5_000)).toThrow(/^bind: error 99$/);
    expect(() => system?.bind('nowhere', 5_000)).toThrow('nowhere is no address');
  });
});
