/** Word of the computer moving to another network, as far as browsers tell. */

/** Whether a computer can be reached as far as the browser knows; this one itself always can. */
export function isReachable(navigator: Pick<Navigator, 'onLine'>, url: string): boolean {
  const { hostname } = new URL(url);
  return navigator.onLine || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

/** Answers its end. */
export function onNetworkChange(window: Window, listener: () => void): () => void {
  // Chromium alone knows of a connection that changed without having been lost.
  const { connection } = window.navigator as { readonly connection?: EventTarget };
  // The app's main process sees the computer's addresses, and when it wakes up.
  const unhear = window.callcast?.on('network:changed', listener);
  window.addEventListener('online', listener);
  connection?.addEventListener('change', listener);
  return () => {
    window.removeEventListener('online', listener);
    connection?.removeEventListener('change', listener);
    unhear?.();
  };
}
