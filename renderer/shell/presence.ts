/** How reachable this user is, in one word for the header. */
import type { CallState, RegistrationState } from '../../protocol/call';
import type { Settings } from '../../protocol/settings';

export type Presence = 'available' | 'silent' | 'connecting' | 'taken' | 'off' | 'busy';

export function presenceOf(
  registration: RegistrationState,
  call: CallState,
  { availableForCalls, doNotDisturb }: Pick<Settings, 'availableForCalls' | 'doNotDisturb'>,
): Presence {
  if (call.at !== 'idle' && call.at !== 'ended') return 'busy';
  if (!availableForCalls) return 'off';
  switch (registration.at) {
    case 'registered':
      return doNotDisturb ? 'silent' : 'available';
    case 'refused':
      return 'taken';
    case 'unregistered':
    case 'registering':
    case 'offline':
      return 'connecting';
  }
}
