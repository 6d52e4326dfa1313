import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import type { MediaPacket, MediaSource } from '../flow';
import { packet, RememberingSink, VP8 } from '../model/testing';
import { PlayerOutput } from './player-output';

class AskingSink extends RememberingSink {
  override sourceChanged(source: MediaSource): void {
    super.sourceChanged(source);
    source.requestKeyframe();
  }
}
const frame = (sequenceNumber: number): MediaPacket => ({
  ...packet(VP8, sequenceNumber),
  keyframeStart: sequenceNumber % 10 === 0,
});
function output() {
  const clock = new ManualClock();
  const player = new PlayerOutput('video', clock, (error) => {
    throw error;
  });
  return { clock, player };
}
const numbers = (sink: RememberingSink) => sink.packets.map(({ sequenceNumber }) => sequenceNumber);

describe('the stream of a player', () => {
  it('shows who joins in the middle the picture of now, and disturbs nobody else', () => {
    const { player } = output();
    const first = new AskingSink();
    player.addSink(first);
    player.setCodec(VP8);
    for (let number = 10; number <= 13; number++) player.push(frame(number));
    const second = new AskingSink();
    player.addSink(second);
    expect(numbers(second)).toEqual([10, 11, 12, 13]);
    expect(second.packets[0]?.keyframeStart).toBe(true);
    player.push(frame(14));
    expect(numbers(first)).toEqual([10, 11, 12, 13, 14]);
    expect(numbers(second)).toEqual([10, 11, 12, 13, 14]);
    // The way to the picture takes no time, and ends at the time of the one that is shown.
    const times = second.packets.slice(0, 4).map(({ timestamp }) => timestamp);
    expect(times).toEqual([13 * 3000 - 270, 13 * 3000 - 180, 13 * 3000 - 90, 13 * 3000]);
    expect(second.packets[0]?.buffer.readUInt32BE(4)).toBe(times[0]);
    expect(frame(10).timestamp).toBe(first.packets[0]?.timestamp);
  });
  it('asks on behalf of a sink that does not ask itself, once it is connected', () => {
    const { player } = output();
    player.setCodec(VP8);
    player.push(frame(10));
    const quiet = new RememberingSink();
    player.addSink(quiet);
    player.requestKeyframe();
    player.requestKeyframe();
    expect(numbers(quiet)).toEqual([10]);
  });
  it('repeats itself at most twice a second for one sink', () => {
    const { player, clock } = output();
    player.setCodec(VP8);
    player.push(frame(10));
    const sink = new AskingSink();
    player.addSink(sink);
    for (let i = 0; i < 10; i++) sink.source?.requestKeyframe();
    expect(numbers(sink)).toEqual([10]);
    clock.advance(1000);
    expect(numbers(sink)).toEqual([10, 10]);
    player.removeSink(sink);
    expect(sink.log.at(-1)).toBe('ended');
    expect(clock.timers).toBe(0);
  });
  it('keeps nothing beyond its bound: who joins waits for the next keyframe', () => {
    const { player } = output();
    player.setCodec(VP8);
    const large = Buffer.alloc(1024 * 1024);
    player.push({ ...frame(10), buffer: large });
    for (let number = 11; number < 16; number++) player.push({ ...frame(number), buffer: large });
    const sink = new AskingSink();
    player.addSink(sink);
    expect(numbers(sink)).toEqual([]);
    player.push(frame(20));
    expect(numbers(sink)).toEqual([20]);
  });
  it('ends for all of its sinks', () => {
    const { player } = output();
    const sink = new RememberingSink();
    player.addSink(sink);
    player.setCodec(VP8);
    player.close();
    expect(sink.log).toEqual(['source VP8', 'ended']);
    expect(player.sinkCount).toBe(0);
  });
});
