/**
 * What two people in a room tell each other without the hub: text frames of JSON over an ordered, reliable data channel,
 * opened by whoever was there first. Each schema is the guard of its message. A client without such a channel is still
 * seen and heard; the chat is then not offered.
 */
import * as v from 'valibot';

/** The channel's label; others are none of ours. */
export const ROOM_CHANNEL = 'callcast';
/** One chat message: a few paragraphs. */
export const MAX_CHAT_LENGTH = 2_000;
/** A frame: the longest text with every character escaped, and some JSON around it. */
export const MAX_CHANNEL_FRAME = 16 * 1024;
/** Messages that one side takes per second in the long run; nobody types faster. */
export const MAX_CHANNEL_RATE = 10;
/** Messages at once, before the rate counts. */
export const MAX_CHANNEL_BURST = 30;

export const roomChannelMessage = v.variant('type', [
  v.object({
    type: v.literal('text'),
    text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_CHAT_LENGTH)),
  }),
  /** What of the sender can be seen and heard now; sent when the channel opens and after each change. */
  v.object({
    type: v.literal('media'),
    camera: v.boolean(),
    microphone: v.boolean(),
    screen: v.boolean(),
  }),
]);
export type RoomChannelMessage = v.InferOutput<typeof roomChannelMessage>;
