import { describe, expect, it } from 'vitest';
import { KURENTO_ERRORS } from '../protocol/kurento';
import { ProtocolFault, Refusal, classify } from './failures';
import {
  KurentoError,
  KurentoProtocolFault,
  MediaServerLost,
  RequestCancelled,
  RequestTimeout,
} from './kurento-client/errors';

const kurento = (name: keyof typeof KURENTO_ERRORS) =>
  new KurentoError(KURENTO_ERRORS[name].code, name, 'of the engine');

describe('what a peer is told', () => {
  it.each([
    [new Refusal('name-taken', 'Taken.'), 'name-taken', false, 'warn'],
    [new Refusal('user-busy', 'Busy.', { retryable: true }), 'user-busy', true, 'warn'],
    [new ProtocolFault('wrong-state', 'Not now.'), 'wrong-state', false, 'warn'],
    [new MediaServerLost('socket closed'), 'media-server-unavailable', true, 'warn'],
    [new RequestTimeout('invoke', 10), 'media-server-timeout', true, 'warn'],
    [kurento('SDP_PARSE_ERROR'), 'sdp-rejected', false, 'warn'],
    [kurento('MEDIA_OBJECT_NOT_AVAILABLE'), 'filter-unavailable', false, 'warn'],
    [kurento('NOT_ENOUGH_RESOURCES'), 'media-failed', true, 'warn'],
    [kurento('MEDIA_OBJECT_NOT_FOUND'), 'media-server-unavailable', true, 'warn'],
    [kurento('CONNECT_ERROR'), 'media-failed', false, 'warn'],
    [kurento('INTERNAL_ERROR'), 'media-failed', false, 'warn'],
    [new KurentoProtocolFault('no id'), 'media-failed', false, 'error'],
    [new TypeError('a bug'), 'internal', false, 'error'],
    ['a bare string', 'internal', false, 'error'],
  ])('of %s is a code, a sentence, and whether to try again', (error, code, retryable, severity) => {
    const classified = classify(error);
    expect(classified).toMatchObject({ code, retryable, severity });
    expect(classified?.message).toMatch(/\.$/);
    expect(classified?.message).not.toContain('of the engine');
    expect(classified?.message).not.toContain('a bug');
  });

  it('is nothing when it was cancelled', () => {
    expect(classify(new RequestCancelled())).toBeUndefined();
  });
});
