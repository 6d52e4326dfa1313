/**
 * Looks at the certificate of another computer's hub before anything is said to it: its fingerprint is what the user
 * compares, and what is pinned from then on. Sends no request, so it is safe to ask a stranger.
 */
import { connect, type ConnectionOptions } from 'node:tls';
import { isIP } from 'node:net';
import type { HubCertificateReport } from '../../protocol/settings';

const LIMIT_MS = 5_000;

/** Never rejects. @param url such as `https://192.168.0.7:8443/` */
export function hubCertificate(url: string, limitMs = LIMIT_MS): Promise<HubCertificateReport> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const options: ConnectionOptions = {
    host,
    port: port === '' ? 443 : Number(port),
    // An address is no name to ask for (RFC 6066).
    ...(isIP(host) === 0 && { servername: host }),
    // Looking is the purpose: nothing is sent, and the verdict is reported.
    rejectUnauthorized: false,
  };
  return new Promise((resolve) => {
    const socket = connect(options);
    const settle = (report: HubCertificateReport): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(report);
    };
    const timer = setTimeout(() => settle({ at: 'failed', why: 'timeout' }), limitMs);
    socket.once('secureConnect', () => {
      const { fingerprint256 } = socket.getPeerCertificate() as { fingerprint256?: string };
      if (fingerprint256 === undefined) settle({ at: 'failed', why: 'not-a-hub' });
      else settle({ at: 'found', fingerprint: fingerprint256, trusted: socket.authorized });
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle({ at: 'failed', why: reasonOf(error.code ?? '') }),
    );
  });
}

function reasonOf(code: string): Extract<HubCertificateReport, { at: 'failed' }>['why'] {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown-host';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (code.startsWith('ERR_SSL') || code === 'EPROTO' || code === 'ECONNRESET') return 'not-a-hub';
  return 'unreachable';
}
