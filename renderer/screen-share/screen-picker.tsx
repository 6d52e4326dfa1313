/** Which screen or window to share: pictures of all of them, and whether the computer's sound goes along. */
import { useEffect, useId, useState } from 'react';
import type { ScreenQuestion, ScreenSource } from '../../protocol/desktop';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Icon } from '../components/icon';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import './screen-picker.css';

export function ScreenPicker() {
  const { desktop } = useServices();
  const texts = useTexts();
  const question = useStore(desktop.screens);
  const [chosen, setChosen] = useState<string | null>(null);
  const [sound, setSound] = useState(false);
  useEffect(() => {
    setChosen(null);
  }, [question?.question]);
  const t = texts.desktop.screens;
  return (
    <Dialog
      open={question !== null}
      title={t.title}
      onClose={() => {
        desktop.chooseScreen(null);
      }}
      actions={
        <>
          <Button
            onClick={() => {
              desktop.chooseScreen(null);
            }}
          >
            {t.cancel}
          </Button>
          <Button
            variant="primary"
            icon="screen"
            disabled={chosen === null}
            onClick={() => {
              if (chosen !== null) desktop.chooseScreen({ id: chosen, sound });
            }}
          >
            {t.share}
          </Button>
        </>
      }
    >
      {question !== null && (
        <>
          <Sources question={question} chosen={chosen} onChoose={setChosen} />
          {question.sound && (
            <label className="screen-picker__sound">
              <input
                type="checkbox"
                checked={sound}
                onChange={(event) => {
                  setSound(event.target.checked);
                }}
              />
              <span>{t.sound}</span>
            </label>
          )}
        </>
      )}
    </Dialog>
  );
}

interface SourcesProps {
  readonly question: ScreenQuestion;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** One group of radio buttons: arrow keys go through screens and windows alike. */
function Sources({ question, chosen, onChoose }: SourcesProps) {
  const texts = useTexts();
  const t = texts.desktop.screens;
  const group = useId();
  const kinds = [
    { title: t.screens, sources: question.sources.filter((each) => each.kind === 'screen') },
    { title: t.windows, sources: question.sources.filter((each) => each.kind === 'window') },
  ].filter(({ sources }) => sources.length > 0);
  return kinds.map(({ title, sources }) => (
    <fieldset key={title} className="screen-picker__kind">
      <legend>{title}</legend>
      <div className="screen-picker__sources">
        {sources.map((source) => (
          <label key={source.id} className="screen-picker__source" title={source.name}>
            <input
              type="radio"
              className="visually-hidden"
              name={group}
              checked={chosen === source.id}
              onChange={() => {
                onChoose(source.id);
              }}
            />
            <Picture source={source} />
            <span className="screen-picker__name">
              {source.icon !== null && <img src={source.icon} alt="" width={16} height={16} />}
              <span>{source.name}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  ));
}

function Picture({ source }: { readonly source: ScreenSource }) {
  return (
    <span className="screen-picker__picture">
      {source.thumbnail === null ? <Icon name="screen" /> : <img src={source.thumbnail} alt="" />}
    </span>
  );
}
