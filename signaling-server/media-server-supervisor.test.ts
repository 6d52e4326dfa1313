import { describe, expect, it } from 'vitest';
import { silentLogger } from '../protocol/log';
import { ManualClock } from './clock';
import {
  MediaServerSupervisor,
  type MediaServerProcess,
  type SupervisorState,
} from './media-server-supervisor';

const URL = 'ws://127.0.0.1:43127/kurento';

/** A process by script. */
class FakeProcess implements MediaServerProcess {
  readonly pid: number;
  readonly asked: string[] = [];
  #message: (message: unknown) => void = () => {};
  #exit: (code: number | null) => void = () => {};

  constructor(pid: number) {
    this.pid = pid;
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onExit(listener: (code: number | null) => void): void {
    this.#exit = listener;
  }
  stop(): void {
    this.asked.push('stop');
  }
  kill(): void {
    this.asked.push('kill');
    this.exits(null);
  }
  says(message: unknown): void {
    this.#message(message);
  }
  exits(code: number | null): void {
    this.#exit(code);
  }
}

function supervise(spawn?: () => MediaServerProcess) {
  const clock = new ManualClock();
  const processes: FakeProcess[] = [];
  const states: SupervisorState[] = [];
  const supervisor = new MediaServerSupervisor({
    spawn:
      spawn ??
      (() => {
        const child = new FakeProcess(processes.length + 1);
        processes.push(child);
        return child;
      }),
    clock,
    logger: silentLogger,
    onState: (state) => states.push(state),
  });
  return { clock, processes, states, supervisor };
}
const ready = { type: 'ready', url: URL };

describe('the supervisor of the media server', () => {
  it('tells the address once the process is ready', () => {
    const { processes, states, clock } = supervise();
    processes[0]?.says(ready);
    processes[0]?.says(ready);
    expect(states).toEqual([{ at: 'starting' }, { at: 'ready', url: URL, pid: 1 }]);
    clock.advance(60_000);
    expect(processes).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it('ends a process that could not start, and passes on why, once for each death', () => {
    const { processes, states, clock } = supervise();
    processes[0]?.says({ type: 'failed', message: 'no port', why: 'udp-ports-taken' });
    expect(processes[0]?.asked).toEqual(['kill']);
    expect(states.at(-1)).toEqual({ at: 'down', pauseMs: 0, why: 'udp-ports-taken' });
    clock.advance(0);
    processes[1]?.says({ type: 'failed', message: 'odd', why: 'something else' });
    expect(states.at(-1)).toEqual({ at: 'down', pauseMs: 250 });
  });

  it('believes only a ready message with an address on this machine', () => {
    const { processes, supervisor } = supervise();
    for (const message of [
      null,
      7,
      'ready',
      {},
      { type: 'ready' },
      { type: 'ready', url: 'ws://evil.example/' },
    ])
      processes[0]?.says(message);
    expect(supervisor.state.at).toBe('starting');
  });

  it('starts it anew when it dies: at once the first time, then later and later', () => {
    const { processes, supervisor, clock } = supervise();
    const pauses: number[] = [];
    for (let death = 0; death < 7; death += 1) {
      processes.at(-1)?.says(ready);
      processes.at(-1)?.exits(1);
      if (supervisor.state.at === 'down') pauses.push(supervisor.state.pauseMs);
      clock.advance(supervisor.state.at === 'down' ? supervisor.state.pauseMs : 0);
      expect(supervisor.state.at).toBe('starting');
    }
    expect(pauses).toEqual([0, 250, 1_000, 3_000, 10_000, 10_000, 10_000]);
    processes.at(-1)?.says(ready);
    clock.advance(60_000);
    processes.at(-1)?.exits(1);
    expect(supervisor.state).toEqual({ at: 'down', pauseMs: 0 });
  });

  it('ends a process that does not get ready in time', () => {
    const { processes, states, clock } = supervise();
    clock.advance(19_999);
    expect(processes[0]?.asked).toEqual([]);
    clock.advance(1);
    expect(processes[0]?.asked).toEqual(['kill']);
    expect(states.map(({ at }) => at)).toEqual(['starting', 'down', 'starting']);
    expect(processes).toHaveLength(2);
  });

  it('tries again when a process cannot even be made', () => {
    let attempts = 0;
    const { clock } = supervise(() => {
      attempts += 1;
      throw new Error('no such file');
    });
    clock.advance(1_000);
    expect(attempts).toBe(3);
  });

  it('asks the process to end, ends it when it does not, and starts none any more', async () => {
    const { processes, supervisor, clock } = supervise();
    processes[0]?.says(ready);
    const closing = supervisor.close();
    expect(processes[0]?.asked).toEqual(['stop']);
    clock.advance(1_500);
    await closing;
    await supervisor.close();
    expect(processes[0]?.asked).toEqual(['stop', 'kill']);
    clock.advance(60_000);
    expect(processes).toHaveLength(1);
    expect(supervisor.state.at).toBe('closed');
    expect(clock.waiting).toBe(0);
  });

  it('can be closed while it waits to start again', async () => {
    const { processes, supervisor, clock } = supervise();
    processes[0]?.exits(1);
    await supervisor.close();
    clock.advance(60_000);
    expect(processes).toHaveLength(1);
  });
});
