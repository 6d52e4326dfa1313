/**
 * Which call a message is about: the tutorial's wire does not say, clients that name their calls do
 * (protocol/SIGNALING.md, "Names of calls").
 */
import type { Replies } from '../../protocol/signaling';
import { peerOf, roleOf } from './call-book';
import type { Call, Side, User } from './call-book';

type Reply = Replies['/one2one'];

/** With this side's name of the call, for messages that are about it. */
export function tagged<Line>(side: Side<Line>, message: Reply): Reply {
  if (side.callId === undefined) return message;
  switch (message.id) {
    case 'ringing':
    case 'incomingCall':
    case 'callResponse':
    case 'startCommunication':
    case 'peerMedia':
    case 'renewed':
    case 'restarted':
    case 'stopCommunication':
      return { ...message, callId: side.callId };
    default:
      return message;
  }
}

/** Whether a request is about a call that is over: it crossed with the news on the wire. */
export function isLate<Line>(
  side: Side<Line> | undefined,
  user: User<Line>,
  callId: string | undefined,
): boolean {
  return callId !== undefined && (side?.user !== user || side.callId !== callId);
}

/** Tells a user who is back which call goes on. */
export function resumption<Line>(call: Call<Line>, user: User<Line>) {
  if (call.state.at === 'ended') return undefined;
  const role = roleOf(call, user);
  const { callId } = call[role];
  return {
    peer: peerOf(call, user).name,
    role,
    ...(callId !== undefined && { callId }),
    at: call.state.at,
    since: call.state.at === 'live' ? call.state.since : call.since,
  };
}
