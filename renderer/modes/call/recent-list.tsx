/** The calls of late: with whom, which way, how they ended, when; and one press to call again. */
import { Button, IconButton } from '../../components/button';
import { classes } from '../../components/classes';
import { Icon } from '../../components/icon';
import { formatDuration } from '../../format';
import { useLanguage, useTexts } from '../../services';
import { useStore } from '../../store';
import { useNow } from '../../use-now';
import { outcomeWord } from './outcome';
import type { RecentCall, RecentCalls } from './recent-calls';

export interface RecentListProps {
  readonly recent: RecentCalls;
  readonly disabled: boolean;
  readonly onDial: (name: string, withCamera: boolean) => void;
}

export function RecentList({ recent, disabled, onDial }: RecentListProps) {
  const texts = useTexts();
  const calls = useStore(recent);
  const t = texts.call.recent;
  return (
    <>
      <div className="recent__head">
        <h2 id="recent-heading">{t.heading}</h2>
        {calls.length > 0 && (
          <Button
            variant="plain"
            onClick={() => {
              recent.clear();
            }}
          >
            {t.clear}
          </Button>
        )}
      </div>
      {calls.length === 0 ? (
        <p className="recent__none">
          {t.none}. {t.noneAdvice}
        </p>
      ) : (
        <ol className="recent">
          {calls.map((call) => (
            <Row key={`${call.at} ${call.peer}`} call={call} disabled={disabled} onDial={onDial} />
          ))}
        </ol>
      )}
    </>
  );
}

function Row({
  call,
  disabled,
  onDial,
}: {
  readonly call: RecentCall;
  readonly disabled: boolean;
  readonly onDial: (name: string, withCamera: boolean) => void;
}) {
  const texts = useTexts();
  const language = useLanguage();
  const now = useNow(true);
  const t = texts.call.recent;
  const outgoing = call.role === 'caller';
  const talked = call.seconds > 0;
  return (
    <li className="recent__call">
      <span
        className={classes('recent__way', call.outcome === 'missed' && 'recent__way--missed')}
        title={outgoing ? t.outgoing : t.incoming}
      >
        <Icon name="arrow-right" className={outgoing ? 'recent__out' : 'recent__in'} />
        <span className="visually-hidden">{outgoing ? t.outgoing : t.incoming}</span>
      </span>
      <span className="recent__peer">{call.peer}</span>
      <span className="recent__facts numeric">
        <span className={classes(call.outcome === 'missed' && 'recent__missed')}>
          {outcomeWord(call.outcome, texts)}
        </span>
        {talked && ` · ${formatDuration(call.seconds * 1000)}`}
        {' · '}
        <time dateTime={new Date(call.at).toISOString()}>{ago(call.at, now, language)}</time>
      </span>
      <IconButton
        icon="phone"
        label={t.callBack(call.peer)}
        disabled={disabled}
        onClick={() => {
          onDial(call.peer, true);
        }}
      />
    </li>
  );
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long ago, in words up to a day, then the date. */
export function ago(at: number, now: number, language: string): string {
  const passed = Math.max(0, now - at);
  if (passed >= DAY)
    return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  if (passed >= 60 * MINUTE) return relative.format(-Math.floor(passed / (60 * MINUTE)), 'hour');
  if (passed >= MINUTE) return relative.format(-Math.floor(passed / MINUTE), 'minute');
  return relative.format(0, 'second');
}
