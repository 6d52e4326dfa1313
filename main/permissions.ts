/**
 * What pages may ask of the browser engine: the app's own page gets what a softphone needs, everybody and everything else
 * nothing. Both questions are answered alike: "may I?" (request) and "could I?" (check).
 */
import type { Session, WebContents } from 'electron';
import { isAppUrl } from './app-origin';

const ALLOWED: ReadonlySet<string> = new Set([
  'media', // camera and microphone
  'speaker-selection', // the speaker picker
  'fullscreen',
  'clipboard-sanitized-write', // "copy link"
]);

export function restrictPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer, details) => {
    answer(
      ALLOWED.has(permission) &&
        details.isMainFrame &&
        isAppUrl(details.requestingUrl) &&
        isAppPage(contents),
    );
  });
  session.setPermissionCheckHandler((contents, permission, requestingOrigin, details) => {
    if (!ALLOWED.has(permission) || !isAppUrl(requestingOrigin)) return false;
    // Some checks (enumerateDevices among them) come without a page; the origin has been checked above.
    return contents === null || (details.isMainFrame && isAppPage(contents));
  });
  // Serial ports, HID and USB devices.
  session.setDevicePermissionHandler(() => false);
  session.setUSBProtectedClassesHandler(() => []);
  session.setBluetoothPairingHandler((_details, answer) => {
    answer({ confirmed: false });
  });
}

function isAppPage(contents: WebContents): boolean {
  return isAppUrl(contents.getURL());
}
