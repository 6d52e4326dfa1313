/** The door to the broadcasts: go on air, or watch who is. */
import { useState } from 'react';
import { cleanName } from '../../../protocol/names';
import type { ChannelOnAir } from '../../../protocol/signaling';
import { Button } from '../../components/button';
import { TextField } from '../../components/field';
import { Icon } from '../../components/icon';
import { formatDuration } from '../../format';
import { formatRoute } from '../../router';
import { useServices, useTexts } from '../../services';
import { HubBanner } from '../../shell/hub-banner';
import { useNow } from '../../use-now';
import { BroadcastPicture } from '../pictures';
import { useBroadcast, useStoreOrNull } from './use-broadcast';
import './broadcast.css';

const nothing = { close: () => undefined };

export function BroadcastLobby() {
  const texts = useTexts();
  const link = useBroadcast(() => nothing, 'lobby');
  const channels = useStoreOrNull(link?.channels);
  const t = texts.broadcast;
  return (
    <div className="broadcast-lobby">
      <div className="broadcast-lobby__intro">
        <h1>{t.title}</h1>
        <p>{t.lead}</p>
        <HubBanner />
      </div>
      <section className="broadcast-lobby__present" aria-labelledby="present-heading">
        <BroadcastPicture />
        <div className="broadcast-lobby__present-text">
          <h2 id="present-heading">{t.present.heading}</h2>
          <p>{t.present.lead}</p>
          <a className="button button--primary button--large" href={formatRoute('broadcast', 'present')}>
            {t.present.action}
            <Icon name="arrow-right" />
          </a>
        </div>
      </section>
      <section className="broadcast-lobby__watch" aria-labelledby="on-air-heading">
        <h2 id="on-air-heading">{t.onAir.heading}</h2>
        <OnAir channels={channels} />
        <WatchByName />
      </section>
    </div>
  );
}

function OnAir({ channels }: { readonly channels: readonly ChannelOnAir[] | null }) {
  const texts = useTexts();
  const t = texts.broadcast.onAir;
  if (channels === null)
    return (
      <p className="broadcast-lobby__note" role="status">
        {t.loading}
      </p>
    );
  if (channels.length === 0) {
    return (
      <div className="broadcast-lobby__nobody">
        <span className="broadcast-lobby__off" aria-hidden="true" />
        <div>
          <strong>{t.none}</strong>
          <p>{t.noneAdvice}</p>
          <a className="button button--quiet" href={formatRoute('broadcast', 'watch')}>
            {t.watchAnyway}
          </a>
        </div>
      </div>
    );
  }
  return <ChannelCards channels={channels} />;
}

/** Each channel as one link: the whole card is the target. */
export function ChannelCards({ channels }: { readonly channels: readonly ChannelOnAir[] }) {
  const texts = useTexts();
  const now = useNow(true);
  const t = texts.broadcast;
  return (
    <ul className="channel-cards">
      {channels.map((each) => {
        const name = each.channel === '' ? t.mainChannel : each.channel;
        return (
          <li key={each.channel}>
            <a className="channel-card" href={formatRoute('broadcast', 'watch', each.channel)}>
              <span className="channel-card__dot" aria-hidden="true" />
              <span className="channel-card__name">{name}</span>
              <span className="channel-card__facts numeric">
                {formatDuration(now - each.since)} · {t.onAir.viewers(each.viewers)}
              </span>
              <span className="channel-card__go">
                {t.onAir.watch}
                <Icon name="arrow-right" />
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function WatchByName() {
  const { router } = useServices();
  const texts = useTexts();
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState(false);
  const t = texts.broadcast;
  return (
    <form
      className="broadcast-lobby__by-name"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const clean = cleanName(name);
        setWrong(clean === null);
        if (clean !== null) router.go('broadcast', 'watch', clean);
      }}
    >
      <TextField
        label={t.onAir.byName}
        hint={t.onAir.byNameHint}
        error={wrong ? t.channel.invalid : null}
        value={name}
        maxLength={64}
        autoComplete="off"
        onChange={(event) => {
          setName(event.target.value);
          setWrong(false);
        }}
      />
      <Button type="submit">{t.onAir.watch}</Button>
    </form>
  );
}
