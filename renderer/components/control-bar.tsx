/** The round buttons under a running session. Toggles say what a press will do, and whether they are on. */
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes';
import { Icon, type IconName } from './icon';
import './control-bar.css';

export function ControlBar({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="control-bar" role="group" aria-label={label}>
      {children}
    </div>
  );
}

export interface ControlButtonProps extends Omit<ComponentProps<'button'>, 'type' | 'children'> {
  readonly icon: IconName;
  readonly label: string;
  /** Something is switched off here (muted, no camera): drawn so that one cannot miss it. */
  readonly off?: boolean;
  /** Something is switched on here (a panel, a share). */
  readonly on?: boolean;
  readonly tone?: 'normal' | 'danger' | 'good';
  /** A count that waits for attention; 0 shows none. The owner says it in words. */
  readonly badge?: number;
  /** One key, such as `M`; shown in the tooltip. The owner listens. */
  readonly shortcut?: string;
}

export function ControlButton({
  icon,
  label,
  off = false,
  on = false,
  tone = 'normal',
  badge = 0,
  shortcut,
  className,
  ...rest
}: ControlButtonProps) {
  return (
    <button
      {...rest}
      type="button"
      className={classes(
        'control',
        off && 'control--off',
        on && 'control--on',
        tone !== 'normal' && `control--${tone}`,
        className,
      )}
      title={shortcut === undefined ? label : `${label} (${shortcut})`}
      aria-keyshortcuts={shortcut}
    >
      <span className="control__disc">
        <Icon name={icon} />
        {badge > 0 && (
          <span className="control__badge numeric" aria-hidden="true">
            {badge > 9 ? '9+' : badge}
          </span>
        )}
      </span>
      <span className="control__label">{label}</span>
    </button>
  );
}
