/** Links that open the app instead of a browser, for those who have it (`main/deep-links.ts` reads them). */
import { LINK_SCHEME, type LinkTarget } from '../../protocol/desktop';

/** Of a URL that names none. */
const HTTPS_PORT = 443;

/**
 * @param base the hub's pages, such as `https://192.168.0.7:8443`
 * @returns `callcast://call/NAME?hub=HOST:PORT`; null where the app would not go: it wants a hub's certificate
 */
export function appLinkTo({ mode, name }: Omit<LinkTarget, 'hub'>, base: string): string | null {
  if (!URL.canParse(base)) return null;
  const { protocol, hostname, port } = new URL(base);
  if (protocol !== 'https:') return null;
  // Always with its port: what a link without one means, is another one than here.
  const place = `${hostname}:${port === '' ? HTTPS_PORT : port}`;
  const path = name === '' ? mode : `${mode}/${encodeURIComponent(name)}`;
  return `${LINK_SCHEME}://${path}?hub=${place}`;
}
