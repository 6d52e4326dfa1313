/**
 * Chromium begins at 300 kbit/s and takes ten seconds and more to find out that a LAN carries ten times that; the first
 * seconds of a call would be the blurred ones. Its own parameter for the answer's codecs names a better beginning; the
 * bandwidth estimate goes down from there as soon as the path says so. Other browsers ignore parameters unknown to them.
 */
const PARAMETER = 'x-google-start-bitrate';
const VIDEO_CODEC = /^a=rtpmap:(\d{1,3}) (?:VP8|VP9|H264|AV1)\/90000$/i;

/** The answer with a first bitrate for each of its video codecs; whatever else it says stays as it is. */
export function withStartBitrate(sdp: string, kilobits: number): string {
  const lines = sdp.split(/\r\n|\n/);
  const parameters = new Map<string, string>();
  for (const line of lines) {
    const match = /^a=fmtp:(\d{1,3}) (.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) parameters.set(match[1], match[2]);
  }
  return lines
    .flatMap((line) => {
      const payloadType = VIDEO_CODEC.exec(line)?.[1] ?? /^a=fmtp:(\d{1,3}) /.exec(line)?.[1];
      if (payloadType === undefined || !isVideo(lines, payloadType)) return [line];
      const given = parameters.get(payloadType);
      if (line.startsWith('a=fmtp:')) {
        return [line.includes(PARAMETER) ? line : `${line};${PARAMETER}=${kilobits}`];
      }
      return given === undefined ? [line, `a=fmtp:${payloadType} ${PARAMETER}=${kilobits}`] : [line];
    })
    .join('\r\n');
}

function isVideo(lines: readonly string[], payloadType: string): boolean {
  return lines.some((line) => VIDEO_CODEC.exec(line)?.[1] === payloadType);
}
