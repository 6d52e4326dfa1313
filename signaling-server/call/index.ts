/** The mode behind `/one2one`: users register names and call each other; media through one pipeline per call. */
import type { HubServices, Mode } from '../mode';
import { CallExchange } from './call-exchange';
import { CallSession } from './call-session';

export function createCallMode(services: HubServices): Mode<'/one2one'> {
  const exchange = new CallExchange(services);
  return {
    path: '/one2one',
    open: (connection) => new CallSession(connection, exchange),
    close: () => exchange.close(),
  };
}
