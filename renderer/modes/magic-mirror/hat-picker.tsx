/** What to wear, as a row of pictures to choose from, and the sliders that move the chosen one. */
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../components/button';
import { Icon } from '../../components/icon';
import { useLanguage, useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import type { Texts } from '../../texts';
import { RANGES, type PlacementField, type Wardrobe } from './wardrobe';
import './hat-picker.css';

export interface HatPickerProps {
  readonly wardrobe: Wardrobe;
  /** Names of what there is. */
  readonly available: readonly string[];
}

export function HatPicker({ wardrobe, available }: HatPickerProps) {
  const texts = useTexts();
  const { platform } = useServices();
  useStore(wardrobe);
  const [adjusting, setAdjusting] = useState(false);
  const chosen = wardrobe.chosenOf(available);
  const base = platform.pageUrl() ?? '';
  const hats = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    // On a phone they are one row that is wider than the screen: what is worn is in sight.
    const row = hats.current;
    const worn = row?.querySelector('input:checked')?.parentElement;
    if (row === null || !worn) return;
    const [outer, inner] = [row.getBoundingClientRect(), worn.getBoundingClientRect()];
    row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }, []);
  const t = texts.magic;
  return (
    <section className="hat-picker" aria-label={t.choose}>
      <div className="hat-picker__row">
        <fieldset ref={hats} className="hat-picker__hats">
          <legend className="visually-hidden">{t.choose}</legend>
          {[...available, null].map((name) => (
            <label
              key={name ?? ''}
              className="hat-picker__hat"
              title={name === null ? t.none : nameOf(name, texts)}
            >
              <input
                type="radio"
                name="hat"
                className="visually-hidden"
                checked={chosen === name}
                onChange={() => {
                  wardrobe.wear(name);
                }}
              />
              <span className="hat-picker__picture">
                {name === null ? (
                  <Icon name="close" />
                ) : (
                  <img src={`${base}/overlays/${encodeURIComponent(name)}.png`} alt="" draggable={false} />
                )}
              </span>
              <span className="hat-picker__name">{name === null ? t.none : nameOf(name, texts)}</span>
            </label>
          ))}
        </fieldset>
        <Button
          icon="settings"
          className="hat-picker__adjust"
          aria-expanded={adjusting && chosen !== null}
          disabled={chosen === null}
          onClick={() => {
            setAdjusting(!adjusting);
          }}
        >
          {t.adjust}
        </Button>
      </div>
      {adjusting && chosen !== null && <Sliders wardrobe={wardrobe} overlay={chosen} />}
    </section>
  );
}

const FIELDS: readonly PlacementField[] = ['across', 'up', 'width', 'height'];
/** One press of an arrow key. */
const STEP = 0.02;

function Sliders({ wardrobe, overlay }: { readonly wardrobe: Wardrobe; readonly overlay: string }) {
  const texts = useTexts();
  const percent = new Intl.NumberFormat(useLanguage(), { style: 'percent', maximumFractionDigits: 0 });
  const placement = wardrobe.placementOf(overlay);
  const id = useId();
  const t = texts.magic;
  return (
    <div className="hat-picker__sliders" role="group" aria-label={t.adjustOf(nameOf(overlay, texts))}>
      {FIELDS.map((field) => (
        <div key={field} className="hat-picker__slider">
          <label htmlFor={`${id}-${field}`}>{t[field]}</label>
          <output className="numeric" htmlFor={`${id}-${field}`}>
            {percent.format(placement[field])}
          </output>
          <input
            id={`${id}-${field}`}
            type="range"
            min={RANGES[field].min}
            max={RANGES[field].max}
            step={STEP}
            value={placement[field]}
            aria-valuetext={percent.format(placement[field])}
            onChange={(event) => {
              wardrobe.move(overlay, field, event.target.valueAsNumber);
            }}
          />
        </div>
      ))}
      <Button
        variant="plain"
        icon="refresh"
        disabled={!wardrobe.get().placements.has(overlay)}
        onClick={() => {
          wardrobe.reset(overlay);
        }}
      >
        {t.reset}
      </Button>
    </div>
  );
}

/** Names that the texts do not know yet are shown as words: `red-beret` is a red beret. */
export function nameOf(overlay: string, texts: Texts): string {
  const known = new Map(Object.entries(texts.magic.names)).get(overlay);
  if (known !== undefined) return known;
  const words = overlay.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
