/** Everything of ours that reads bytes from outside. Whoever writes another reader adds it here. */
import type { Target } from '../target';
import { dtls, dtlsMessages } from './dtls';
import { imageHeaders, images, tflite } from './files';
import { jsonRpc, kurento, settings, signaling } from './json';
import { links } from './links';
import { mediaFiles } from './media-files';
import { h264, mediaPath } from './media-path';
import { rtcp, rtp, vp8 } from './rtp';
import { sctp, sctpGuard } from './sctp';
import { sdp } from './sdp';
import { srtp } from './srtp';
import { stun } from './stun';

export const TARGETS: readonly Target[] = [
  rtp,
  rtcp,
  vp8,
  h264,
  mediaPath,
  stun,
  dtlsMessages,
  dtls,
  srtp,
  sctpGuard,
  sctp,
  sdp,
  jsonRpc,
  kurento,
  signaling,
  settings,
  links,
  imageHeaders,
  images,
  tflite,
  mediaFiles,
];

export function targetNamed(name: string): Target | undefined {
  return TARGETS.find((target) => target.name === name);
}
