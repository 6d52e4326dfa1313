/** The mode behind `/one2many`: one presenter per channel, any number of viewers, fan-out in the media server. */
import { Announcer } from '../announcer';
import type { HubServices, Mode } from '../mode';
import { BroadcastSession } from './broadcast-session';
import { ChannelBook } from './channel-book';
import { PresenterKeys } from './presenter-keys';

export function createBroadcastMode(services: HubServices): Mode<'/one2many'> {
  const sessions = new Set<BroadcastSession>();
  const announcer = new Announcer(services.clock, () => {
    for (const session of sessions) session.announce();
  });
  const book = new ChannelBook<BroadcastSession>(() => announcer.changed());
  const keys = new PresenterKeys(services.clock);
  return {
    path: '/one2many',
    open(connection) {
      const session = new BroadcastSession(connection, services, book, keys);
      sessions.add(session);
      connection.signal.addEventListener('abort', () => sessions.delete(session), { once: true });
      return session;
    },
    close() {
      announcer.close();
      return Promise.resolve();
    },
  };
}
