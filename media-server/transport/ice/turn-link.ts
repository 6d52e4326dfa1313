/** The way to a TURN server: datagrams over UDP, or a TCP or TLS stream cut into messages (RFC 8656 sections 2.1, 12.5). */
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';
import type { TurnServer } from '../types';

export interface TurnLink {
  /** Streams deliver by themselves: requests are sent once. */
  readonly reliable: boolean;
  send(message: Buffer): boolean;
  close(): void;
}

export interface TurnLinkEvents {
  message(message: Buffer): void;
  /** Refused, broken or ended. */
  lost(reason: string): void;
}

/** A slow server must not make us remember without end. */
const MAX_STREAM_QUEUE = 256 * 1024;
/** The largest STUN or ChannelData message, with its header. */
const MAX_MESSAGE = 65_535 + 20;
const CONNECT_TIMEOUT = 4_000;

/** `address` is what the server's name was resolved to. Resolves when messages can be sent; rejects when they cannot. */
export function openTurnLink(server: TurnServer, address: string, events: TurnLinkEvents): Promise<TurnLink> {
  return server.transport === 'udp' ? openUdp(server, address, events) : openStream(server, address, events);
}

function openUdp(server: TurnServer, address: string, events: TurnLinkEvents): Promise<TurnLink> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message) => events.message(message));
  let closed = false;
  const link: TurnLink = {
    reliable: false,
    send(message) {
      if (closed || socket.getSendQueueSize() > MAX_STREAM_QUEUE) return false;
      socket.send(message);
      return true;
    },
    close() {
      if (closed) return;
      closed = true;
      socket.close();
    },
  };
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(server.port, address, () => {
      socket.off('error', reject);
      // ICMP errors: whether the server is gone is told by its silence.
      socket.on('error', () => {});
      resolve(link);
    });
  });
}

/** The certificate has to be right for the name or address in the URL; browsers hold it so with `turns:`, too. */
function openTls(server: TurnServer, address: string): tls.TLSSocket {
  return tls.connect({
    host: address,
    port: server.port,
    ...(net.isIP(server.host) === 0 && { servername: server.host }),
    ...(server.certificateAuthorities !== undefined && { ca: server.certificateAuthorities }),
  });
}

function openStream(server: TurnServer, address: string, events: TurnLinkEvents): Promise<TurnLink> {
  const socket =
    server.transport === 'tls' ? openTls(server, address) : net.connect({ host: address, port: server.port });
  socket.setNoDelay(true);
  let closed = false;
  let buffered: Buffer = Buffer.alloc(0);
  const lose = (reason: string) => {
    if (closed) return;
    closed = true;
    socket.destroy();
    events.lost(reason);
  };
  const link: TurnLink = {
    reliable: true,
    send(message) {
      if (closed || socket.writableLength > MAX_STREAM_QUEUE) return false;
      // ChannelData is padded to four bytes on a stream; STUN messages are anyway.
      const padding = -message.length & 3;
      socket.write(padding === 0 ? Buffer.from(message) : Buffer.concat([message, Buffer.alloc(padding)]));
      return true;
    },
    close() {
      closed = true;
      socket.destroySoon();
    },
  };
  socket.on('data', (data: Buffer) => {
    if (closed) return;
    buffered = buffered.length === 0 ? data : Buffer.concat([buffered, data]);
    while (buffered.length >= 4) {
      const isChannelData = (buffered[0]! & 0xc0) === 0x40;
      const length = buffered.readUInt16BE(2) + (isChannelData ? 4 : 20);
      if ((!isChannelData && buffered[0]! >= 2) || length > MAX_MESSAGE)
        return lose('the server sends garbage');
      const padded = (length + 3) & ~3;
      if (buffered.length < padded) return;
      events.message(buffered.subarray(0, length));
      buffered = buffered.subarray(padded);
    }
  });
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_TIMEOUT);
    socket.once(server.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timeout);
      resolve(link);
    });
    socket.once('error', (error: Error) => {
      clearTimeout(timeout);
      reject(error);
      lose(error.message);
    });
    socket.once('close', () => {
      clearTimeout(timeout);
      reject(new Error('closed'));
      lose('the server closed the connection');
    });
  });
}
