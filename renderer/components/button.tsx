/** Buttons by what they mean: one `primary` per screen at most, `danger` ends something, `quiet` is everything else. */
import type { ComponentProps } from 'react';
import { classes } from './classes';
import { Icon, type IconName } from './icon';
import './button.css';

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'type'> {
  readonly variant?: 'primary' | 'quiet' | 'danger' | 'plain';
  readonly size?: 'm' | 'l';
  readonly icon?: IconName;
  /** Shows that it works on it; the button stays focusable and does nothing meanwhile. */
  readonly busy?: boolean;
  readonly type?: 'button' | 'submit';
}

export function Button({
  variant = 'quiet',
  size = 'm',
  icon,
  busy = false,
  type = 'button',
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classes('button', `button--${variant}`, size === 'l' && 'button--large', className)}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : onClick}
    >
      {busy ? (
        <span className="button__spinner" aria-hidden="true" />
      ) : (
        icon !== undefined && <Icon name={icon} />
      )}
      <span>{children}</span>
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'type' | 'aria-label'> {
  readonly icon: IconName;
  /** The name for screen readers and the tooltip. */
  readonly label: string;
}

export function IconButton({ icon, label, className, ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type="button"
      className={classes('icon-button', className)}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}
