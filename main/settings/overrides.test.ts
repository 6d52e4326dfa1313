import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../protocol/settings';
import { parseOptions } from '../../signaling-server/options';
import { effectiveSettings, hubSettings, locksOf, mediaServerArguments } from './overrides';

const kept: Settings = {
  ...DEFAULT_SETTINGS,
  mediaServer: 'ws://kept.example.org:8888/kurento',
  hubPort: 9_443,
  hubListen: '0.0.0.0',
  remoteHub: { url: 'https://192.168.0.7:8443', fingerprint: '' },
};

describe('the command line over the settings', () => {
  it('changes nothing where it says nothing', () => {
    const given = parseOptions([]);
    expect(effectiveSettings(kept, given)).toEqual(kept);
    expect(locksOf(given)).toEqual({});
    expect(hubSettings(kept, given)).toMatchObject({
      listen: { host: '0.0.0.0', port: 9_443 },
      listenChosen: false,
      wsUri: kept.mediaServer,
    });
  });

  it('names another media server, and wants the hub of this computer for it', () => {
    const given = parseOptions(['--ws_uri=ws://10.0.0.5:8888/kurento']);
    expect(effectiveSettings(kept, given)).toEqual({
      ...kept,
      mediaServer: 'ws://10.0.0.5:8888/kurento',
      remoteHub: null,
    });
    expect(locksOf(given)).toEqual({
      mediaServer: { option: '--ws_uri', value: 'ws://10.0.0.5:8888/kurento' },
      remoteHub: { option: '--ws_uri', value: '' },
    });
  });

  it('says where the hub listens, and insists on it', () => {
    const given = parseOptions(['--as_uri=https://localhost:8555/']);
    const effective = effectiveSettings(kept, given);
    expect(hubSettings(effective, given)).toMatchObject({
      listen: { host: 'localhost', port: 8_555 },
      listenChosen: true,
    });
    expect(locksOf(given).hubPort).toEqual({ option: '--as_uri', value: 'localhost:8555' });
  });

  it('without encryption leaves certificates out and stays on this computer', () => {
    const given = parseOptions(['--plain']);
    const effective = effectiveSettings({ ...kept, certificate: { certFile: 'a', keyFile: 'b' } }, given);
    expect(hubSettings(effective, given)).toMatchObject({
      plain: true,
      certFile: undefined,
      listen: { host: 'localhost' },
    });
    expect(locksOf(given)).toMatchObject({
      certificate: { option: '--plain' },
      hubListen: { option: '--plain' },
    });
  });

  it('says the presenter key, and keeps it off the screen', () => {
    const given = parseOptions(['--presenter-key=open sesame']);
    const effective = effectiveSettings({ ...kept, presenterKey: 'another one' }, given);
    expect(hubSettings(effective, given).presenterKey).toBe('open sesame');
    expect(locksOf(given)).toEqual({ presenterKey: { option: '--presenter-key', value: '' } });
    const none = parseOptions([]);
    expect(hubSettings({ ...kept, presenterKey: 'kept' }, none).presenterKey).toBe('kept');
    expect(hubSettings(kept, none).presenterKey).toBeUndefined();
  });

  it('a port that nobody insists on may be another one', () => {
    const given = parseOptions([]);
    expect(hubSettings({ ...kept, hubAnyPort: false }, given).listenChosen).toBe(true);
    expect(hubSettings({ ...kept, hubAnyPort: true }, given).listenChosen).toBe(false);
  });

  it('tells the embedded media server its folder, its ports and its public address', () => {
    expect(mediaServerArguments(DEFAULT_SETTINGS, '/data/recordings')).toEqual([
      '--recordings=/data/recordings',
    ]);
    const settings = {
      ...DEFAULT_SETTINGS,
      udpPorts: { min: 50_000, max: 50_100 },
      announcedAddress: '203.0.113.7',
    };
    expect(mediaServerArguments(settings, '/data/recordings')).toEqual([
      '--recordings=/data/recordings',
      '--udp-ports=50000-50100',
      '--announce=203.0.113.7',
    ]);
  });
});
