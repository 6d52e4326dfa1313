/** Records of getStats about RTP streams and data channels, in the original's shape. */
import { record } from '../model/arguments';
import type { StatsRecord } from '../model/media-element';
import type { IncomingStreamStats } from '../rtp/incoming-stream';
import type { OutgoingStreamStats } from '../rtp/outgoing-stream';
import type { DataChannel } from '../transport/types';

/** Members that all RTP records have; what this server does not tell apart is empty, as with the original. */
function streamFields(id: string, ssrc: number, timestampMillis: number) {
  return {
    id,
    timestampMillis,
    ssrc: String(ssrc),
    associateStatsId: '',
    isRemote: false,
    mediaTrackId: '',
    transportId: '',
    codecId: '',
    sliCount: 0,
  };
}

export function inboundRecord(
  id: string,
  stats: IncomingStreamStats,
  remb: number,
  timestampMillis: number,
): StatsRecord {
  return record('RTCInboundRTPStreamStats', {
    ...streamFields(id, stats.ssrc, timestampMillis),
    type: 'inboundrtp',
    firCount: stats.fullIntraRequests,
    pliCount: stats.pictureLosses,
    nackCount: stats.nacks,
    remb,
    packetsLost: stats.packetsLost,
    fractionLost: stats.fractionLost,
    packetsReceived: stats.packetsReceived,
    bytesReceived: stats.bytesReceived,
    jitter: stats.jitter,
  });
}

export function outboundRecord(id: string, stats: OutgoingStreamStats, timestampMillis: number): StatsRecord {
  return record('RTCOutboundRTPStreamStats', {
    ...streamFields(id, stats.ssrc, timestampMillis),
    type: 'outboundrtp',
    firCount: stats.fullIntraRequests,
    pliCount: stats.pictureLosses,
    nackCount: stats.nacks,
    remb: stats.receiverEstimate,
    packetsLost: stats.packetsLost,
    fractionLost: stats.fractionLost,
    packetsSent: stats.packetsSent,
    bytesSent: stats.bytesSent,
    targetBitrate: stats.limit ?? 0,
    roundTripTime: stats.roundTripTime,
  });
}

export function dataChannelRecord(
  id: string,
  channel: DataChannel,
  channelId: number,
  timestampMillis: number,
): StatsRecord {
  return record('RTCDataChannelStats', {
    id,
    type: 'datachannel',
    timestampMillis,
    label: channel.label,
    protocol: channel.protocol,
    datachannelid: channelId,
    state: channel.state,
    messagesSent: channel.messagesSent,
    bytesSent: channel.bytesSent,
    messagesReceived: channel.messagesReceived,
    bytesReceived: channel.bytesReceived,
  });
}

export function sessionRecord(
  id: string,
  opened: number,
  closed: number,
  timestampMillis: number,
): StatsRecord {
  return record('RTCPeerConnectionStats', {
    id,
    type: 'session',
    timestampMillis,
    dataChannelsOpened: opened,
    dataChannelsClosed: closed,
  });
}
