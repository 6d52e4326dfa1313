/** SRTP: nothing that was not sealed with the key may come through, whatever else it is. */
import { SRTP_PROFILES } from '../../../media-server/transport/srtp/profile';
import {
  makeOpener,
  makeSealer,
  SrtpReceiver,
  SrtpSender,
} from '../../../media-server/transport/srtp/srtp-session';
import { claim, MILLION, none } from '../target';
import type { Target } from '../target';
import { MAX_DATAGRAM, RTCP_SAMPLES, RTP_SAMPLES } from './rtp';

function session(name: keyof typeof SRTP_PROFILES) {
  const profile = SRTP_PROFILES[name];
  const [key, salt] = [Buffer.alloc(profile.keyLength, 0x5a), Buffer.alloc(profile.saltLength, 0xa5)];
  const sender = new SrtpSender(makeSealer(profile, key, salt));
  const sealed = [
    ...RTP_SAMPLES.map((plain) => {
      plain.copy(sender.packet);
      const headerLength =
        (plain[0]! & 0x10) === 0 ? 12 + (plain[0]! & 15) * 4 : 16 + plain.readUInt16BE(14) * 4;
      return Buffer.from(
        sender.packet.subarray(0, sender.protectRtp(sender.packet, headerLength, plain.length)),
      );
    }),
  ];
  sender.close();
  return { sealed, receiver: () => new SrtpReceiver(makeOpener(profile, key, salt)) };
}

export const srtp: Target = {
  name: 'srtp',
  about: 'SRTP and SRTCP, both profiles: only what is authentic',
  inputs: MILLION,
  episode: 1_000,
  isFault: none,
  prepare() {
    const sessions = [session('AEAD_AES_128_GCM'), session('AES_CM_128_HMAC_SHA1_80')];
    const authentic = new Set(
      sessions.flatMap(({ sealed }) => sealed.map((packet) => packet.toString('latin1'))),
    );
    return {
      samples: [...sessions.flatMap(({ sealed }) => sealed), ...RTCP_SAMPLES],
      maxBytes: MAX_DATAGRAM,
      begin() {
        const receivers = sessions.map(({ receiver }) => receiver());
        const run = (input: Buffer) => {
          for (const receiver of receivers) {
            const rtp = receiver.unprotectRtp(Buffer.from(input));
            if (rtp) claim(authentic.has(input.toString('latin1')), 'no forged RTP is taken');
            const rtcp = receiver.unprotectRtcp(Buffer.from(input));
            claim(rtcp === undefined, 'no forged RTCP is taken');
          }
        };
        const end = () => receivers.forEach((receiver) => receiver.close());
        return { run, end };
      },
    };
  },
};
