/**
 * Everything that a user of calls has, on whatever screen they are: name, devices, call, tones, the list of calls of late.
 * The shell opens one for each hub (shell/calls.ts); screens only look at it.
 */
import { followPresence } from '../../media/own-presence';
import { followedSpeaker } from '../../media/speaker';
import { openToneOutput, playTone } from '../../media/tones';
import type { Services } from '../../services';
import { CallSession } from './call-session';
import { openCallSounds } from './call-sounds';
import { claimIdentity } from './identity';
import { Reachability } from './reachability';
import { openRecentCalls } from './recent-calls';
import { Registrar } from './registrar';

export type DeskServices = Omit<Services, 'calls'>;
export type Desk = NonNullable<Awaited<ReturnType<typeof openDesk>>>;

/** Null while the hub's address is unknown. The owner closes what it gets. */
export async function openDesk(services: DeskServices) {
  const { hub, timers, storage, preferences, devices } = services;
  await claimIdentity({
    storage: storage.session,
    // Absent in a page that was not loaded securely, whatever the types say.
    locks: (navigator as { readonly locks?: LockManager }).locks,
    newId: () => crypto.randomUUID(),
    timeout: (ms) => AbortSignal.timeout(ms),
  });
  const client = hub.open('/one2one');
  if (client === null) return null;
  const media = services.openLocalMedia();
  const outgoing = services.openOutgoingMedia(media);
  const presence = followPresence(media, outgoing);
  const registrar = new Registrar({ client, storage: storage.session });
  const recent = openRecentCalls(storage.local);
  const speaker = followedSpeaker(devices, preferences, () => [preferences.get().speaker]);
  const ringSpeaker = followedSpeaker(devices, preferences, () => {
    const { ringDevice, speaker: otherwise } = preferences.get();
    return ringDevice === '' ? [otherwise] : [ringDevice, otherwise];
  });
  const sounds = openCallSounds((tone) => {
    if (tone !== 'ringtone') return playTone(tone, openToneOutput(speaker), timers);
    if (preferences.get().doNotDisturb) return () => undefined;
    return playTone(tone, openToneOutput(ringSpeaker), timers);
  });
  const session = new CallSession({
    client,
    media: outgoing,
    presence,
    openDevices: (withCamera) => (withCamera ? media.open() : media.reopen('microphone')),
    releaseDevices: () => {
      outgoing.release();
      media.release();
      media.setMuted(false);
    },
    ownName: () => {
      const state = registrar.state.get();
      return 'name' in state ? state.name : '';
    },
    newCallId: () => crypto.randomUUID(),
    openPeer: services.openPeer,
    timers,
  });
  session.onTransition((from, to) => {
    sounds.step(from, to);
    recent.step(from, to, timers.now());
  });
  const reachability = new Reachability({
    registrar,
    call: session.state,
    wanted: () => {
      const { availableForCalls, callName } = preferences.get();
      return availableForCalls ? callName : '';
    },
    onWantedChange: preferences.subscribe,
    timers,
  });
  return {
    media,
    outgoing,
    registrar,
    recent,
    session,
    /** The user chose a name, or chose it once more, and wants to be called by it. */
    goOnline(name: string): void {
      preferences.change({ callName: name, availableForCalls: true });
      reachability.tryNow();
    },
    close() {
      reachability.close();
      sounds.close();
      session.close();
      registrar.close();
      client.close();
      presence.close();
      outgoing.close();
      media.close();
    },
  };
}
