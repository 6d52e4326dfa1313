/** Where recordings go when nobody says where: beside the app's other data. */
import { homedir } from 'node:os';
import path from 'node:path';

export function defaultRecordingsFolder(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
  home = homedir(),
): string {
  return path.join(dataFolder(platform, environment, home), 'Callcast', 'recordings');
}

function dataFolder(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, home: string): string {
  switch (platform) {
    case 'win32':
      return environment['APPDATA'] ?? path.join(home, 'AppData', 'Roaming');
    case 'darwin':
      return path.join(home, 'Library', 'Application Support');
    default:
      return environment['XDG_CONFIG_HOME'] ?? path.join(home, '.config');
  }
}
