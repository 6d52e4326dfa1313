/**
 * Keeps every page where it is: no navigation away, no frames of others, no new windows, no webviews. A link to the web
 * opens in the user's own browser, if it is https and the user agrees.
 */
import type { App, Event, WebContents } from 'electron';
import { isAppUrl, isHttpsUrl } from './app-origin';

export interface LinkOpener {
  /** Asks the user; resolves to whether the link may be opened. */
  confirm(url: string): Promise<boolean>;
  open(url: string): Promise<void>;
}

/** Longer links are no links that a person follows. */
const MAX_LINK_LENGTH = 2_048;

export function restrictNavigation(app: App, links: LinkOpener): void {
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (event: Event<{ url: string }>): void => {
      if (!isAppUrl(event.url)) event.preventDefault();
    };
    contents.on('will-navigate', refuse);
    contents.on('will-frame-navigate', refuse);
    contents.on('will-redirect', refuse);
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    openLinksOutside(contents, links);
  });
}

function openLinksOutside(contents: WebContents, links: LinkOpener): void {
  // One question at a time: a page that opens windows in a loop must not cover the screen with questions.
  let asking = false;
  contents.setWindowOpenHandler(({ url }) => {
    if (!asking && isHttpsUrl(url) && url.length <= MAX_LINK_LENGTH) {
      asking = true;
      void offer(new URL(url).href, links).finally(() => {
        asking = false;
      });
    }
    return { action: 'deny' };
  });
}

async function offer(url: string, links: LinkOpener): Promise<void> {
  if (await links.confirm(url)) await links.open(url);
}
