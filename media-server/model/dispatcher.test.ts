import { beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher, DispatcherOneToMany } from './dispatcher';
import type { HubPort } from './hub';
import { packet, RememberingSink, TestModel, VP8 } from './testing';

let model: TestModel;
beforeEach(() => (model = new TestModel()));

async function hubWithPorts<Type extends Dispatcher | DispatcherOneToMany>(type: string, count: number) {
  const { pipeline, elements } = await model.pipelineOf(type);
  const hub = elements[0] as unknown as Type;
  const ports: HubPort[] = [];
  const sinks: RememberingSink[] = [];
  for (let index = 0; index < count; index++) {
    const port = await model.create<HubPort>('HubPort', { hub: hub.id });
    const sink = new RememberingSink();
    port.output('video')?.addSink(sink);
    ports.push(port);
    sinks.push(sink);
  }
  const speak = (index: number) => ports[index]?.input('video')?.push(packet(VP8, 0));
  const counts = () => sinks.map(({ packets }) => packets.length);
  return { pipeline, hub, ports, speak, counts };
}

describe('a dispatcher', () => {
  it('sends what one port receives out at another, and at that one only', async () => {
    const { hub, ports, speak, counts } = await hubWithPorts<Dispatcher>('Dispatcher', 3);
    const [a, b, c] = ports as [HubPort, HubPort, HubPort];
    speak(0);
    expect(counts()).toEqual([0, 0, 0]);
    hub.connect(a, b);
    speak(0);
    expect(counts()).toEqual([0, 1, 0]);
    hub.connect(a, c);
    hub.connect(c, b);
    speak(0);
    expect(counts()).toEqual([0, 1, 1]);
    speak(2);
    expect(counts()).toEqual([0, 2, 1]);
  });

  it('stays as it is for a port of another hub', async () => {
    const one = await hubWithPorts<Dispatcher>('Dispatcher', 1);
    const other = await hubWithPorts<Dispatcher>('Dispatcher', 1);
    one.hub.connect(one.ports[0] as HubPort, other.ports[0] as HubPort);
    one.speak(0);
    expect(other.counts()).toEqual([0]);
  });

  it('forgets a port that is released', async () => {
    const { hub, ports, speak, counts } = await hubWithPorts<Dispatcher>('Dispatcher', 2);
    const [a, b] = ports as [HubPort, HubPort];
    hub.connect(a, b);
    model.registry.release(a);
    expect(b.feed).toBeUndefined();
    expect(hub.ports.size).toBe(1);
    speak(0);
    expect(counts()).toEqual([0, 0]);
  });
});

describe('a dispatcher from one to many', () => {
  it('sends what the source receives out at all ports, also at those that come later', async () => {
    const { hub, ports, speak, counts } = await hubWithPorts<DispatcherOneToMany>('DispatcherOneToMany', 3);
    hub.setSource(ports[0]);
    speak(0);
    speak(1);
    expect(counts()).toEqual([1, 1, 1]);
    const late = await model.create<HubPort>('HubPort', { hub: hub.id });
    const sink = new RememberingSink();
    late.output('video')?.addSink(sink);
    hub.setSource(ports[1]);
    speak(1);
    expect([...counts(), sink.packets.length]).toEqual([2, 2, 2, 1]);
    hub.setSource(undefined);
    speak(1);
    expect(counts()).toEqual([2, 2, 2]);
  });

  it('has no source any more when its port is released, and nothing is left of it with the pipeline', async () => {
    const { pipeline, hub, ports, speak, counts } = await hubWithPorts<DispatcherOneToMany>(
      'DispatcherOneToMany',
      2,
    );
    hub.setSource(ports[0]);
    model.registry.release(ports[0] as HubPort);
    speak(0);
    expect(counts()).toEqual([0, 0]);
    model.registry.release(pipeline);
    await model.registry.close();
    expect([model.registry.size, model.clock.timers]).toEqual([0, 0]);
  });
});
