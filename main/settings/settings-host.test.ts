import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { parseOptions } from '../../signaling-server/options';
import { SettingsFile } from './settings-file';
import { SettingsHost, type SettingsHostOptions } from './settings-host';

describe('a change of the settings', () => {
  let folder: string;
  let file: SettingsFile;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'callcast-host-'));
    const secrets = { isProtected: () => false, encrypt: () => null, decrypt: () => null };
    file = new SettingsFile({ folder, secrets, logger: silentLogger });
  });
  afterEach(async () => {
    await file.flush();
    rmSync(folder, { recursive: true, force: true });
  });

  function setUp(options: Partial<SettingsHostOptions> = {}, args: string[] = []) {
    const effects = {
      restartHub: vi.fn(),
      listen: vi.fn(() => Promise.resolve()),
      useMediaServer: vi.fn(() => Promise.resolve()),
      setPresenterKey: vi.fn(() => Promise.resolve()),
      startAtLogin: vi.fn(),
      onChange: vi.fn(),
    };
    const host = new SettingsHost({
      file,
      given: parseOptions(args),
      logger: silentLogger,
      folder,
      secretsProtected: () => true,
      ownFingerprint: () => null,
      ...effects,
      ...options,
    });
    return { host, ...effects };
  }

  it('of the theme is nobody else’s business', async () => {
    const { host, restartHub, listen, useMediaServer, onChange } = setUp();
    await host.change({ theme: 'dark' });
    expect([restartHub, listen, useMediaServer].map((each) => each.mock.calls.length)).toEqual([0, 0, 0]);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('of the media server moves the hub, without restarting it', async () => {
    const { host, restartHub, useMediaServer } = setUp();
    await host.change({ mediaServer: 'ws://10.0.0.5:8888/kurento' });
    await host.change({ udpPorts: { min: 50_000, max: 50_100 } });
    expect(useMediaServer).toHaveBeenCalledTimes(2);
    expect(restartHub).not.toHaveBeenCalled();
  });

  it('of the presenter key is told to the running hub', async () => {
    const { host, restartHub, setPresenterKey } = setUp();
    expect((await host.change({ presenterKey: 'open sesame' })).secretsProtected).toBe(true);
    expect(setPresenterKey).toHaveBeenLastCalledWith('open sesame');
    expect((await host.change({ presenterKey: '' })).secretsProtected).toBeNull();
    expect(setPresenterKey).toHaveBeenLastCalledWith(undefined);
    expect(restartHub).not.toHaveBeenCalled();
  });

  it('of the hub’s port or certificate, or of the hub itself, starts it anew', async () => {
    const { host, restartHub } = setUp();
    await host.change({ hubPort: 9_443 });
    await host.change({ certificate: { certFile: '/c.pem', keyFile: '/k.pem' } });
    await host.change({ remoteHub: { url: 'https://192.168.0.7:8443', fingerprint: '' } });
    expect(restartHub).toHaveBeenCalledTimes(3);
  });

  it('that matters to the own hub only waits while another computer’s is in use', async () => {
    const { host, restartHub, listen, useMediaServer } = setUp();
    await host.change({ remoteHub: { url: 'https://192.168.0.7:8443', fingerprint: '' } });
    await host.change({ hubPort: 9_443, hubListen: '0.0.0.0', mediaServer: 'ws://10.0.0.5:8888/kurento' });
    expect(restartHub).toHaveBeenCalledOnce();
    expect(listen).not.toHaveBeenCalled();
    expect(useMediaServer).not.toHaveBeenCalled();
  });

  it('that an option overrides is kept, and changes nothing in this run', async () => {
    const { host, useMediaServer } = setUp({}, ['--ws_uri=ws://given.example.org:8888/kurento']);
    await host.change({ mediaServer: 'ws://10.0.0.5:8888/kurento' });
    expect(useMediaServer).not.toHaveBeenCalled();
    expect(file.settings.mediaServer).toBe('ws://10.0.0.5:8888/kurento');
    expect(host.effective.mediaServer).toBe('ws://given.example.org:8888/kurento');
  });

  it('that cannot be applied is told, until one can', async () => {
    const listen = vi.fn<(host: string) => Promise<void>>(() => Promise.reject(new Error('no such address')));
    const { host, onChange } = setUp({ listen });
    expect((await host.change({ hubListen: '203.0.113.7' })).trouble).toBe('cannot-listen');
    expect(onChange).toHaveBeenCalledTimes(2);
    listen.mockResolvedValue();
    expect((await host.change({ hubListen: 'localhost' })).trouble).toBeNull();
  });

  it('starts the app at login where it is installed', async () => {
    const { host, startAtLogin } = setUp();
    await host.change({ startAtLogin: true });
    expect(startAtLogin).toHaveBeenCalledWith(true);
    expect(setUp({ startAtLogin: undefined }).host.snapshot.canStartAtLogin).toBe(false);
  });
});
