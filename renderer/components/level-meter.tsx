/** How loud a track is, as a row of bars that fill; drawn outside of React, since it moves with every frame. */
import { useEffect, useRef } from 'react';
import { openLevelReader } from '../media/level-meter';
import { classes } from './classes';
import './level-meter.css';

export interface LevelMeterProps {
  readonly track: MediaStreamTrack | null;
  readonly label: string;
  /** A small one, over a picture. */
  readonly compact?: boolean;
}

/** A bar falls slower than it rises, as the eye expects of a meter. */
const FALL_PER_FRAME = 0.03;
/** A screen reader is told a few times per second at most. */
const ARIA_PERIOD_MS = 500;

export function LevelMeter({ track, label, compact = false }: LevelMeterProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const meter = element.current;
    if (meter === null || track === null || track.readyState === 'ended') return undefined;
    const reader = openLevelReader(track);
    let shown = 0;
    let told = 0;
    let frame = requestAnimationFrame(function draw(now) {
      shown = Math.max(reader.read(), shown - FALL_PER_FRAME);
      meter.style.setProperty('--level', shown.toFixed(3));
      if (now - told > ARIA_PERIOD_MS) {
        told = now;
        meter.setAttribute('aria-valuenow', String(Math.round(shown * 100)));
      }
      frame = requestAnimationFrame(draw);
    });
    return () => {
      cancelAnimationFrame(frame);
      reader.close();
      meter.style.setProperty('--level', '0');
      meter.setAttribute('aria-valuenow', '0');
    };
  }, [track]);
  return (
    <div
      ref={element}
      className={classes('level-meter', compact && 'level-meter--compact')}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    />
  );
}
