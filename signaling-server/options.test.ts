import { describe, expect, it } from 'vitest';
import { UsageError, parseOptions } from './options';

const settings = (...args: string[]) => parseOptions(args);

describe('the options', () => {
  it('without any mean: this machine, encrypted, with the embedded media server', () => {
    expect(settings()).toEqual({
      listen: { host: 'localhost', port: 8443 },
      listenChosen: false,
      wsUri: undefined,
      certFile: undefined,
      keyFile: undefined,
      plain: false,
      userDataDir: undefined,
      allowedOrigins: [],
      presenterKey: undefined,
      logLevel: 'warn',
      help: false,
    });
  });

  it('are understood with and without an equals sign', () => {
    const wanted = {
      listen: { host: '0.0.0.0', port: 9000 },
      wsUri: 'ws://kms:8888/kurento',
      listenChosen: true,
    };
    expect(settings('--as_uri=https://0.0.0.0:9000/', '--ws_uri=ws://kms:8888/kurento')).toMatchObject(
      wanted,
    );
    expect(settings('--as_uri', 'https://0.0.0.0:9000', '--ws_uri', 'ws://kms:8888/kurento')).toMatchObject(
      wanted,
    );
  });

  it('name hosts of every kind, and ports that the scheme implies', () => {
    expect(settings('--as_uri=https://[::1]:8443/').listen).toEqual({ host: '::1', port: 8443 });
    expect(settings('--as_uri=https://studio.local/').listen).toEqual({ host: 'studio.local', port: 443 });
    expect(settings('--as_uri=https://localhost:0/').listen).toEqual({ host: 'localhost', port: 0 });
    expect(settings('--plain').listen).toEqual({ host: 'localhost', port: 8443 });
    expect(settings('--plain', '--as_uri=http://127.0.0.1:8080').listen).toEqual({
      host: '127.0.0.1',
      port: 8080,
    });
  });

  for (const [args, says] of [
    [['--as_ur=x'], '--as_ur'],
    [['something'], 'something'],
    [['--plain=yes'], '--plain'],
    [['--as_uri=localhost'], 'no address'],
    [['--as_uri=ftp://localhost/'], 'no address'],
    [['--as_uri=http://localhost:8443/'], '--plain'],
    [['--as_uri=https://user@localhost/'], 'host and a port'],
    [['--as_uri=https://localhost:8443/helloworld'], 'host and a port'],
    [['--ws_uri=http://localhost:8888/'], 'WebSocket address'],
    [['--ws_uri=8888'], 'WebSocket address'],
    [['--cert=a.pem'], 'belong together'],
    [['--key=a.pem'], 'belong together'],
    [['--plain', '--cert=a', '--key=b'], 'no certificate'],
    [['--plain', '--as_uri=http://0.0.0.0:8443/'], 'this machine only'],
    [['--allow-origin=example.org'], 'no origin'],
    [['--presenter-key= '], 'needs a key'],
    [[`--presenter-key=${'x'.repeat(257)}`], 'needs a key'],
    [['--log-level=loud'], 'none of'],
  ] as const)
    it(`explain what is wrong with ${args.join(' ')}`, () => {
      const parse = () => parseOptions(args);
      expect(parse).toThrow(UsageError);
      expect(parse).toThrow(says);
    });

  it('take a presenter key as it is typed into a screen, without blanks at its ends', () => {
    expect(settings('--presenter-key', ' open sesame ').presenterKey).toBe('open sesame');
  });

  it("leave Chromium's own switches to the app", () => {
    const args = [
      '--no-sandbox',
      '/path/to/app',
      '--as_uri',
      'https://localhost:1/',
      '--lang=es',
      '--plain-text',
    ];
    expect(parseOptions(args, 'ignore').listen.port).toBe(1);
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});
