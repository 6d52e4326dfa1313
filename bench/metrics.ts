/**
 * What the benches measure, and what is expected of it: one line for each figure, with where it stands in its bench's JSON.
 * Times that the machine decides are compared as multiples of its floor, so that a baseline holds on another machine, too.
 */
export interface Metric {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** What is promised; undefined where nothing is. */
  readonly target: number | undefined;
  /** Part of the value by which two runs may differ without anything having changed. */
  readonly noise: number;
  /** Differences below this are nothing, whatever part of the value they are. */
  readonly least: number;
  readonly digits: number;
}

export interface Measured {
  readonly metric: Metric;
  readonly value: number;
  /** What the machine allows at best, in the metric's unit. */
  readonly floor: number | undefined;
}

const metric = (
  id: string,
  name: string,
  unit: string,
  target: number | undefined,
  more: Partial<Metric> = {},
): Metric => ({
  id,
  name,
  unit,
  target,
  better: 'lower',
  noise: 0.15,
  least: 0,
  digits: 1,
  ...more,
});

interface FanOut {
  readonly rows: readonly {
    readonly viewers: number;
    readonly floorMicroseconds: number;
    readonly microsecondsPerPacket: number;
    readonly delivered: number;
    readonly delayP50: number;
    readonly delayP99: number;
    readonly kibPerViewer: number;
  }[];
}

function fanOut(json: unknown): Measured[] {
  // Written by bench/fanout; the shape is its own.
  const { rows } = json as FanOut;
  return rows.flatMap((row) => {
    const { viewers } = row;
    const id = `fanout.${viewers}`;
    const many = viewers >= 50;
    const measured = (of: Metric, value: number, floor?: number): Measured => ({ metric: of, value, floor });
    return [
      measured(
        metric(`${id}.cpu`, `CPU per packet, ${viewers} viewers`, 'µs', many ? 14 : 30),
        row.microsecondsPerPacket,
        row.floorMicroseconds,
      ),
      measured(
        metric(`${id}.delivered`, `packets delivered, ${viewers} viewers`, '%', 99.95, {
          better: 'higher',
          noise: 0.001,
          digits: 2,
        }),
        row.delivered * 100,
      ),
      measured(
        metric(`${id}.p50`, `added delay p50, ${viewers} viewers`, 'ms', viewers === 50 ? 2 : undefined, {
          noise: 0.4,
          least: 0.5,
          digits: 2,
        }),
        row.delayP50,
      ),
      measured(
        metric(`${id}.p99`, `added delay p99, ${viewers} viewers`, 'ms', viewers === 50 ? 20 : undefined, {
          noise: 0.6,
          least: 3,
        }),
        row.delayP99,
      ),
      measured(
        metric(`${id}.memory`, `memory per viewer, ${viewers} viewers`, 'KiB', many ? 1_024 : undefined, {
          noise: 0.3,
          least: 150,
          digits: 0,
        }),
        row.kibPerViewer,
      ),
    ];
  });
}

interface Mirror {
  readonly mirrorFirstFrameMs: { readonly p50: number; readonly p95: number };
  readonly mirrorKbit: {
    readonly afterFiveSeconds: number;
    readonly lowestAfterwards: number;
    readonly framesPerSecond: number;
    readonly freezes: number;
  };
}

function mirror(json: unknown): Measured[] {
  const { mirrorFirstFrameMs, mirrorKbit } = json as Mirror;
  const time = { noise: 0.3, least: 15, digits: 0 };
  const rate = { better: 'higher', noise: 0.25, digits: 0 } as const;
  const list: [Metric, number][] = [
    [metric('mirror.first.p50', 'mirror, first frame p50', 'ms', 200, time), mirrorFirstFrameMs.p50],
    [metric('mirror.rate', 'mirror, after 5 s', 'kbit/s', 1_000, rate), mirrorKbit.afterFiveSeconds],
    [
      metric('mirror.held', 'mirror, lowest second after', 'kbit/s', 1_000, rate),
      mirrorKbit.lowestAfterwards,
    ],
    [
      metric('mirror.fps', 'mirror, frames', '1/s', 25, { ...rate, noise: 0.1, digits: 1 }),
      mirrorKbit.framesPerSecond,
    ],
    [metric('mirror.freezes', 'mirror, freezes', '', 0, { least: 1, digits: 0 }), mirrorKbit.freezes],
  ];
  return list.map(([of, value]) => ({ metric: of, value, floor: undefined }));
}

function mirrorDelay(json: unknown): Measured[] {
  const { direct, mirror: mirrored } = json as Record<'direct' | 'mirror', { readonly p50: number }>;
  const time = { noise: 0.3, least: 1 };
  return [
    {
      metric: metric('mirror.delay', 'mirror, camera to decoded p50', 'ms', direct.p50 + 1, time),
      value: mirrored.p50,
      floor: direct.p50,
    },
  ];
}

function flood(json: unknown): Measured[] {
  const { bare, server } = json as { readonly bare: number; readonly server: number };
  // It has to be read to be told from what belongs to somebody.
  const target = bare * 1.5;
  return [
    {
      metric: metric('flood.cpu', 'junk, a datagram', 'µs', target, { noise: 0.3 }),
      value: server,
      floor: bare,
    },
  ];
}

function join(json: unknown): Measured[] {
  const { p50, p95 } = json as { readonly p50: number; readonly p95: number };
  const time = { noise: 0.3, least: 15, digits: 0 };
  return [
    { metric: metric('join.p50', 'viewer, first frame p50', 'ms', 80, time), value: p50, floor: undefined },
    { metric: metric('join.p95', 'viewer, first frame p95', 'ms', 150, time), value: p95, floor: undefined },
  ];
}

interface Face {
  readonly [kind: string]: {
    readonly fps: number;
    readonly cores: number;
    readonly delayP50: number;
    readonly loopP99: number;
  };
}

function face(json: unknown): Measured[] {
  const { plain, filtered } = json as Face;
  if (!plain || !filtered) throw new Error('bench/face told neither');
  return [
    {
      metric: metric('face.fps', 'face overlay, frames', '1/s', 24, { better: 'higher', noise: 0.1 }),
      value: filtered.fps,
      floor: plain.fps,
    },
    {
      metric: metric('face.cores', 'face overlay, processor', 'cores', 0.6, { digits: 2 }),
      value: filtered.cores,
      floor: undefined,
    },
    {
      metric: metric('face.delay', 'face overlay, camera to decoded p50', 'ms', 40, {
        noise: 0.25,
        least: 5,
      }),
      value: filtered.delayP50,
      floor: plain.delayP50,
    },
    {
      metric: metric('face.others', 'face overlay, forwarding later by p99', 'ms', 5, {
        noise: 0.5,
        least: 3,
      }),
      value: Math.max(0, filtered.loopP99 - plain.loopP99),
      floor: undefined,
    },
  ];
}

function transport(json: unknown): Measured[] {
  const { microseconds } = json as { readonly microseconds: Readonly<Record<string, number>> };
  const of = (start: string) =>
    Object.entries(microseconds).find(([name]) => name.startsWith(start))?.[1] ?? Number.NaN;
  const floor = of('floor: GCM') + of('floor: send');
  return [
    {
      metric: metric('transport.connected', 'encrypt and send, own socket', 'µs', undefined, { digits: 2 }),
      value: of('encrypt and send: sendRtp, connected'),
      floor,
    },
    {
      metric: metric('transport.shared', 'encrypt and send, shared socket', 'µs', undefined, { digits: 2 }),
      value: of('encrypt and send: sendRtp, shared'),
      floor,
    },
    {
      metric: metric('transport.gcm', 'encrypt, AES-128-GCM', 'µs', undefined, { digits: 2 }),
      value: of('encrypt: AEAD_AES_128_GCM, fast'),
      floor: of('floor: GCM'),
    },
  ];
}

function start(json: unknown): Measured[] {
  const { firstMs, laterMs } = json as { readonly firstMs: number; readonly laterMs: number };
  const time = { noise: 0.25, least: 150, digits: 0 };
  return [
    {
      metric: metric('start.first', 'app, first start', 'ms', 2_000, time),
      value: firstMs,
      floor: undefined,
    },
    {
      metric: metric('start.later', 'app, later start', 'ms', 2_000, time),
      value: laterMs,
      floor: undefined,
    },
  ];
}

export interface Bench {
  readonly name: string;
  /** Relative to this folder. */
  readonly file: string;
  readonly args: readonly string[];
  readonly quickArgs: readonly string[];
  /** Needs a display on Linux. */
  readonly display?: boolean;
  readonly read: (json: unknown) => Measured[];
}

/** As it is shipped: bundled, and with its threads. */
const BUILT_SERVER = '--server=dist/media-server/cli.cjs';

export const BENCHES: readonly Bench[] = [
  {
    name: 'transport',
    file: 'transport/send.ts',
    args: [],
    quickArgs: [],
    read: transport,
  },
  {
    name: 'fanout',
    file: 'fanout/run.ts',
    args: ['--viewers=10,50,100,200', BUILT_SERVER],
    quickArgs: ['--viewers=10,50', '--seconds=4', '--warm-up=5', BUILT_SERVER],
    read: fanOut,
  },
  {
    name: 'mirror',
    file: 'mirror-media/run.ts',
    args: ['--joins=10', '--seconds=60'],
    quickArgs: ['--joins=4', '--seconds=8'],
    read: mirror,
  },
  {
    name: 'mirror-delay',
    file: 'mirror-delay/run.ts',
    args: [BUILT_SERVER],
    quickArgs: ['--seconds=4', '--rounds=1', BUILT_SERVER],
    read: mirrorDelay,
  },
  {
    name: 'join',
    file: 'join/run.ts',
    args: ['--joins=30', BUILT_SERVER],
    quickArgs: ['--joins=8', BUILT_SERVER],
    read: join,
  },
  {
    name: 'flood',
    file: 'flood/run.ts',
    args: [BUILT_SERVER],
    quickArgs: ['--seconds=3', BUILT_SERVER],
    read: flood,
  },
  {
    name: 'face',
    file: 'face/run.ts',
    args: ['--seconds=20'],
    quickArgs: ['--seconds=6'],
    read: face,
  },
  {
    name: 'start',
    file: 'start/run.ts',
    args: ['5'],
    quickArgs: ['2'],
    display: true,
    read: start,
  },
];
