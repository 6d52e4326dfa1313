/** The mode behind `/room`: two people meet in a named room; the hub relays, the media goes directly between them. */
import type { HubServices, Mode } from '../mode';
import { RoomBook } from './room-book';
import { RoomSession } from './room-session';

export function createRoomMode({ ids }: HubServices): Mode<'/room'> {
  const book = new RoomBook<RoomSession>();
  return {
    path: '/room',
    open: (connection) => new RoomSession(connection, book, () => ids.secret()),
    close: () => Promise.resolve(),
  };
}
