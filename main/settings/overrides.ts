/**
 * What holds for this run: the kept settings, and over them what the command line says. The screen shows the latter as
 * locked, with the option that locks it; nothing of it is kept.
 */
import type { Locks, Settings } from '../../protocol/settings';
import type { HubSettings } from '../../signaling-server/options';

/** @param given what the user typed, as parsed; absent options have their defaults there */
export function effectiveSettings(kept: Settings, given: HubSettings): Settings {
  const own = hasOwnHub(given) ? { remoteHub: null } : {};
  const media = given.wsUri === undefined ? {} : { mediaServer: given.wsUri };
  const listen = given.listenChosen
    ? { hubListen: given.listen.host, hubPort: given.listen.port, hubAnyPort: false }
    : {};
  const certificate =
    given.certFile !== undefined && given.keyFile !== undefined
      ? { certificate: { certFile: given.certFile, keyFile: given.keyFile } }
      : given.plain
        ? { certificate: null, hubListen: 'localhost' }
        : {};
  const key = given.presenterKey === undefined ? {} : { presenterKey: given.presenterKey };
  return { ...kept, ...own, ...media, ...certificate, ...listen, ...key };
}

/** As the hub wants them. */
export function hubSettings(effective: Settings, given: HubSettings): HubSettings {
  const { mediaServer, certificate, hubListen, hubPort, hubAnyPort, presenterKey } = effective;
  return {
    ...given,
    listen: { host: hubListen, port: hubPort },
    listenChosen: given.listenChosen || !hubAnyPort,
    wsUri: mediaServer === '' ? undefined : mediaServer,
    certFile: certificate?.certFile,
    keyFile: certificate?.keyFile,
    presenterKey: presenterKey === '' ? undefined : presenterKey,
  };
}

export function locksOf(given: HubSettings): Locks {
  const address = given.listen.host.includes(':') ? `[${given.listen.host}]` : given.listen.host;
  const place = { option: '--as_uri', value: `${address}:${given.listen.port}` } as const;
  return {
    ...(given.wsUri !== undefined && { mediaServer: { option: '--ws_uri', value: given.wsUri } }),
    ...(given.listenChosen && { hubListen: place, hubPort: place, hubAnyPort: place }),
    ...(given.plain && {
      certificate: { option: '--plain', value: '' },
      hubListen: given.listenChosen ? place : { option: '--plain', value: 'localhost' },
    }),
    ...(given.certFile !== undefined && { certificate: { option: '--cert', value: given.certFile } }),
    // Not what it is: the screen may be seen by others.
    ...(given.presenterKey !== undefined && { presenterKey: { option: '--presenter-key', value: '' } }),
    ...(hasOwnHub(given) && { remoteHub: { option: firstOption(given), value: '' } }),
  };
}

/** What the embedded media server is told of its sockets and its files, as arguments of its command line. */
export function mediaServerArguments({ udpPorts, announcedAddress }: Settings, recordings: string): string[] {
  return [
    `--recordings=${recordings}`,
    ...(udpPorts === null ? [] : [`--udp-ports=${udpPorts.min}-${udpPorts.max}`]),
    ...(announcedAddress === '' ? [] : [`--announce=${announcedAddress}`]),
  ];
}

/** Whoever says how the hub of this computer shall be wants that hub, whatever is kept. */
function hasOwnHub(given: HubSettings): boolean {
  return given.listenChosen || given.wsUri !== undefined || given.plain || given.certFile !== undefined;
}

function firstOption(given: HubSettings): '--as_uri' | '--ws_uri' | '--plain' | '--cert' {
  if (given.listenChosen) return '--as_uri';
  if (given.wsUri !== undefined) return '--ws_uri';
  return given.plain ? '--plain' : '--cert';
}
