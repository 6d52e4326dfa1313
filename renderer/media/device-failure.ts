/** Why a camera or a microphone is not there, told apart as far as browsers tell; the texts say what to do about each. */
export type DeviceKind = 'camera' | 'microphone';

export type DeviceFailure =
  /** None is connected. */
  | 'none'
  /** The user (or a policy) said no to this page. */
  | 'denied'
  /** The operating system keeps it from the browser or the app. */
  | 'denied-by-system'
  /** The question was closed without an answer: asking again is possible. */
  | 'dismissed'
  /** Another program has it. */
  | 'busy'
  /** It was there and is not any more. */
  | 'unplugged'
  /** The page was not loaded over https. */
  | 'insecure'
  /** This browser cannot do it at all. */
  | 'unsupported'
  | 'unknown';

/** `DOMException` names of getUserMedia: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
export function classifyDeviceError(error: unknown): DeviceFailure {
  const { name, message } = describe(error);
  switch (name) {
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return 'none';
    case 'NotAllowedError':
    case 'PermissionDeniedError':
    case 'SecurityError':
      // Chromium's only way of telling these apart is the text, fixed since 2018; anything else is a plain no.
      if (/by system/i.test(message)) return 'denied-by-system';
      return /dismiss/i.test(message) ? 'dismissed' : 'denied';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'busy';
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      // Asked for by id, and gone since; the caller has already tried without the id.
      return 'unplugged';
    case 'TypeError':
    case 'NotSupportedError':
      return 'unsupported';
    default:
      return 'unknown';
  }
}

/** True when the choice, not the kind of device, is the trouble: the same request without an id may succeed. */
export function isChoiceError(error: unknown): boolean {
  const { name } = describe(error);
  return (
    name === 'OverconstrainedError' || name === 'ConstraintNotSatisfiedError' || name === 'NotFoundError'
  );
}

function describe(error: unknown): { readonly name: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { name: '', message: '' };
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  return { name: typeof name === 'string' ? name : '', message: typeof message === 'string' ? message : '' };
}
