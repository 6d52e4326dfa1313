/** What each side of a call is told when it ends: many reasons inside, the tutorial's few messages outside. */
import type { CallRole, HubCallEnd } from '../../protocol/call';
import type { Failure } from '../../protocol/errors';
import type { Replies } from '../../protocol/signaling';

/** The tutorial's sentences; its pages show or log them. */
export const HUNG_UP = 'remote user hanged out';
export const DECLINED = 'user declined';

export interface FarewellContext {
  readonly role: CallRole;
  /** This side sent `call` and has no `callResponse` yet. */
  readonly awaitsResponse: boolean;
  /** The other side's name. */
  readonly peer: string;
  /** What the media server's failure means, when that is what ended the call. */
  readonly failure: Failure | undefined;
}

/** Null for the side that ended the call itself. */
export function farewell(end: HubCallEnd, to: FarewellContext): Replies['/one2one'] | null {
  const { peer } = to;
  switch (end.why) {
    case 'hung-up':
      return end.by === to.role ? null : { id: 'stopCommunication', message: HUNG_UP };
    case 'cancelled':
      return to.role === 'caller' ? null : { id: 'stopCommunication', message: HUNG_UP };
    case 'declined':
      return to.role === 'callee' ? null : rejected({ code: 'call-declined', message: DECLINED });
    case 'busy':
      return to.role === 'callee'
        ? null
        : rejected({ code: 'user-busy', message: busy(peer), retryable: true });
    case 'unanswered':
      return to.role === 'callee'
        ? { id: 'stopCommunication', code: 'call-unanswered', message: `${peer} called; nobody answered.` }
        : rejected({
            code: 'call-unanswered',
            message: `${peer} did not answer. Try again later.`,
            retryable: true,
          });
    case 'gone':
      if (end.by === to.role) return null;
      if (end.lost) return over(to, { code: 'peer-lost', message: `The connection to ${peer} was lost.` });
      return to.awaitsResponse
        ? rejected({ code: 'peer-lost', message: `${peer} has left.` })
        : { id: 'stopCommunication', message: HUNG_UP };
    case 'media-failed':
      return over(
        to,
        to.failure ?? { code: end.code, message: 'The call could not be connected. Try again.' },
      );
  }
}

/** What somebody hears who calls one who is in a call. */
export function busy(peer: string): string {
  return `${peer} is in another call. Try again later.`;
}

type Words = Partial<Failure>;

/** For a side that waits for the answer to its `call`, and for one that does not. */
function over(to: FarewellContext, words: Words): Replies['/one2one'] {
  return to.awaitsResponse ? rejected(words) : { id: 'stopCommunication', ...words };
}

function rejected(words: Words): Replies['/one2one'] {
  return { id: 'callResponse', response: 'rejected', ...words };
}
