/** The door to everything: five modes as cards, each with its own colour. */
import { HubBanner } from '../shell/hub-banner';
import { classes } from '../components/classes';
import { Icon } from '../components/icon';
import { modes, type Mode } from '../modes';
import { formatRoute } from '../router';
import { useTexts } from '../services';
import './home-screen.css';

export function HomeScreen() {
  const texts = useTexts();
  return (
    <div className="home">
      <div className="home__intro">
        <h1 className="home__title">{texts.home.title}</h1>
        <p className="home__lead">{texts.home.lead}</p>
      </div>
      <HubBanner />
      <ul className="home__modes" aria-label={texts.home.modes}>
        {modes.map((mode) => (
          <li key={mode.id} className={classes('home__mode', mode.prominent && 'home__mode--prominent')}>
            <ModeCard mode={mode} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ModeCard({ mode }: { readonly mode: Mode }) {
  const texts = useTexts();
  const { name, summary, detail } = texts.modes[mode.id];
  const { Picture } = mode;
  const inside = (
    <>
      <span className="mode-card__picture">
        <Picture />
      </span>
      <span className="mode-card__text">
        <span className="mode-card__head">
          <span className="mode-card__name">{name}</span>
          {mode.Screen === null ? (
            <span className="mode-card__soon">{texts.app.onItsWay}</span>
          ) : (
            <Icon name="arrow-right" />
          )}
        </span>
        <span className="mode-card__summary">{summary}</span>
        <span className="mode-card__detail">{detail}</span>
      </span>
    </>
  );
  if (mode.Screen === null)
    return <div className={`mode-card mode-card--${mode.id} mode-card--soon`}>{inside}</div>;
  return (
    <a className={`mode-card mode-card--${mode.id}`} href={formatRoute(mode.id)}>
      {inside}
    </a>
  );
}
