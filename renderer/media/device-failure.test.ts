import { describe, expect, it } from 'vitest';
import { classifyDeviceError, isChoiceError } from './device-failure';

const error = (name: string, message = ''): DOMException => new DOMException(message, name);

describe('classifyDeviceError', () => {
  it.each([
    ['NotFoundError', 'Requested device not found', 'none'],
    ['NotAllowedError', 'Permission denied', 'denied'],
    ['NotAllowedError', 'Permission denied by system', 'denied-by-system'],
    ['NotAllowedError', 'Permission dismissed', 'dismissed'],
    ['NotReadableError', 'Could not start video source', 'busy'],
    ['NotReadableError', 'Device in use', 'busy'],
    ['AbortError', 'Starting videoinput failed', 'busy'],
    ['OverconstrainedError', '', 'unplugged'],
    ['NotSupportedError', '', 'unsupported'],
    ['SomethingElse', '', 'unknown'],
  ])('takes %s "%s" for %s', (name, message, failure) => {
    expect(classifyDeviceError(error(name, message))).toBe(failure);
  });

  it('takes anything that is no error for an unknown one', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, { name: 3 }]) {
      expect(classifyDeviceError(thrown)).toBe('unknown');
    }
  });

  it('knows when another device would do', () => {
    expect(isChoiceError(error('OverconstrainedError'))).toBe(true);
    expect(isChoiceError(error('NotAllowedError'))).toBe(false);
  });
});
