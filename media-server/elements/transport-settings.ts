/** The WebRTC settings of an endpoint as Kurento's texts, and what they mean for a transport. */
import { KurentoError } from '../model/kurento-error';
import type { MediaTransportOptions, StunServer, TurnServer } from '../transport/types';

const DEFAULT_STUN_PORT = 3478;

export class TransportSettings {
  networkInterfaces = '';
  iceTcp = true;
  stunServerAddress = '';
  stunServerPort = DEFAULT_STUN_PORT;
  turnUrl = '';
  externalIPv4 = '';
  externalIPv6 = '';

  /** For the transports that are made from now on; `certificateAuthorities`: PEM, for TURN over TLS. */
  toOptions(
    certificateAuthorities?: string,
  ): Pick<
    MediaTransportOptions,
    'stunServers' | 'turnServers' | 'networkInterfaces' | 'externalIPv4' | 'externalIPv6'
  > {
    const stun: StunServer[] = [];
    if (this.stunServerAddress !== '' && this.stunServerPort > 0 && this.stunServerPort < 65_536) {
      stun.push({ host: this.stunServerAddress, port: this.stunServerPort });
    }
    const turn = parseTurnUrl(this.turnUrl);
    const interfaces = this.networkInterfaces.split(',').map((name) => name.trim());
    return {
      stunServers: stun,
      turnServers: turn ? [{ ...turn, certificateAuthorities }] : [],
      networkInterfaces: interfaces.filter((name) => name !== ''),
      ...(this.externalIPv4 !== '' && { externalIPv4: this.externalIPv4 }),
      ...(this.externalIPv6 !== '' && { externalIPv6: this.externalIPv6 }),
    };
  }

  setTurnUrl(url: string): void {
    if (url !== '' && !parseTurnUrl(url)) {
      throw new KurentoError(
        'MARSHALL_ERROR',
        "'turnUrl' should be user:password@address:port[?transport=udp|tcp|tls]",
      );
    }
    this.turnUrl = url;
  }
}

/** `user:password@address:port(?transport=udp|tcp|tls)`; undefined for anything else. */
export function parseTurnUrl(url: string): TurnServer | undefined {
  const match =
    /^([^:@\s]+):([^@\s]*)@(\[[0-9a-fA-F:.]+\]|[^:@\s/?]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp|tls))?$/.exec(
      url,
    );
  if (!match) return undefined;
  const [, username = '', password = '', host = '', port, transport] = match;
  const number = port === undefined ? DEFAULT_STUN_PORT : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  return {
    username,
    password,
    host: host.replace(/^\[|\]$/g, ''),
    port: number,
    transport: transport === 'tcp' || transport === 'tls' ? transport : 'udp',
  };
}
