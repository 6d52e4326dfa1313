/** The one origin that is ours: what may use the camera, call the main process and stay in the window. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://callcast';

/** Origins of custom schemes are opaque (`null`) to URL.origin, so scheme and host are compared themselves. */
export function isAppUrl(url: string): boolean {
  const parsed = parse(url);
  return parsed?.protocol === `${APP_SCHEME}:` && parsed.host === 'callcast';
}

export function isHttpsUrl(url: string): boolean {
  return parse(url)?.protocol === 'https:';
}

function parse(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
