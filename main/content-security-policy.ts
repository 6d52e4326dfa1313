/**
 * What the app's page may load and reach: its own files, and the hub of this run. Everything is forbidden first, so a new
 * kind of resource has to be allowed here by name.
 */

/** `hubUrl` is the base of the wire (`wss://localhost:8443`), null while there is no hub. */
export function contentSecurityPolicy(hubUrl: string | null): string {
  const wire = hubUrl === null ? [] : [new URL(hubUrl)];
  const sockets = wire.map((url) => `${url.protocol}//${url.host}`);
  const pages = wire.map((url) => `${url.protocol === 'ws:' ? 'http:' : 'https:'}//${url.host}`);
  const directives: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'font-src': ["'self'"],
    // The hub serves the overlay images.
    'img-src': ["'self'", 'data:', 'blob:', ...pages],
    'media-src': ["'self'", 'blob:'],
    'worker-src': ["'self'"],
    'connect-src': ["'self'", ...sockets, ...pages],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}
