/** What the connection is doing, in numbers. Pure: it shows the statistics that it is given. */
import type { ConnectionStats, FlowStats } from '../media/connection-stats';
import { qualityOf } from '../media/quality';
import { decimal, formatBitrate, formatPercent } from '../format';
import { useLanguage, useTexts } from '../services';
import { IconButton } from './button';
import './connection-panel.css';

export interface ConnectionPanelProps {
  readonly stats: ConnectionStats | null;
  /** Which directions there are: a viewer sends nothing. */
  readonly shows?: 'both' | 'outgoing' | 'incoming';
  readonly onClose?: () => void;
}

export function ConnectionPanel({ stats, shows = 'both', onClose }: ConnectionPanelProps) {
  const texts = useTexts();
  const language = useLanguage();
  const quality = qualityOf(stats);
  const t = texts.connection;
  return (
    <section className="connection-panel" aria-label={t.heading}>
      <div className="connection-panel__head">
        <h2>{t.heading}</h2>
        {onClose !== undefined && <IconButton icon="close" label={texts.app.close} onClick={onClose} />}
      </div>
      <p className={`connection-panel__quality connection-panel__quality--${quality}`}>
        {t.quality[quality]}
      </p>
      <dl className="connection-panel__general">
        <Row
          label={t.roundTrip}
          value={
            stats === null || stats.roundTrip === null
              ? t.unknown
              : t.milliseconds(decimal(stats.roundTrip * 1000, language, 0))
          }
        />
        <Row label={t.path} value={pathText(stats, t)} />
      </dl>
      <div className="connection-panel__flows">
        {shows !== 'incoming' && <Flow title={t.outgoing} flow={stats?.outgoing ?? null} />}
        {shows !== 'outgoing' && (
          <Flow title={t.incoming} flow={stats?.incoming ?? null} freezes={stats?.freezes ?? null} />
        )}
      </div>
    </section>
  );
}

function Flow({
  title,
  flow,
  freezes,
}: {
  readonly title: string;
  readonly flow: FlowStats | null;
  readonly freezes?: number | null;
}) {
  const texts = useTexts();
  const language = useLanguage();
  const t = texts.connection;
  const codecs = [flow?.videoCodec, flow?.audioCodec].filter((each) => typeof each === 'string');
  return (
    <div className="connection-panel__flow">
      <h3>{title}</h3>
      <dl>
        <Row label={t.bitrate} value={formatBitrate(flow?.bitrate ?? null, texts, language)} />
        <Row
          label={t.resolution}
          value={
            flow === null || flow.width === null || flow.height === null
              ? t.unknown
              : `${flow.width} × ${flow.height}`
          }
        />
        <Row
          label={t.frameRate}
          value={
            flow === null || flow.framesPerSecond === null
              ? t.unknown
              : t.fps(decimal(flow.framesPerSecond, language, 0))
          }
        />
        <Row label={t.codec} value={codecs.length === 0 ? t.unknown : codecs.join(', ')} />
        <Row label={t.loss} value={formatPercent(flow?.loss ?? null, texts, language)} />
        {freezes !== undefined && (
          <Row label={t.freezes} value={freezes === null ? t.unknown : String(freezes)} />
        )}
      </dl>
    </div>
  );
}

function Row({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div className="connection-panel__row">
      <dt>{label}</dt>
      <dd className="numeric">{value}</dd>
    </div>
  );
}

function pathText(stats: ConnectionStats | null, t: ReturnType<typeof useTexts>['connection']): string {
  if (stats === null || stats.candidates === null) return t.unknown;
  const { local, remote, protocol } = stats.candidates;
  const names = new Map(Object.entries(t.candidate));
  return t.pathOf(names.get(local) ?? local, names.get(remote) ?? remote, protocol.toUpperCase());
}
