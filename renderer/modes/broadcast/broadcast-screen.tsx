/**
 * Broadcast by route: `#/broadcast` shows who is on air, `#/broadcast/present` goes on air, `#/broadcast/watch/CHANNEL`
 * watches (without a channel, the main one).
 */
import type { ModeScreenProps } from '..';
import { BroadcastLobby } from './lobby';
import { PresentScreen } from './present-screen';
import { WatchScreen } from './watch-screen';

export default function BroadcastScreen({ rest }: ModeScreenProps) {
  const [part, channel = ''] = rest;
  if (part === 'present') return <PresentScreen />;
  if (part === 'watch') return <WatchScreen key={channel} channel={channel} />;
  return <BroadcastLobby />;
}
