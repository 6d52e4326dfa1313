/** What is going on, as a sentence with what to do; announced to screen readers when it appears. */
import type { ReactNode } from 'react';
import { classes } from './classes';
import { Icon, type IconName } from './icon';
import './status-banner.css';

export interface StatusBannerProps {
  readonly tone: 'info' | 'working' | 'warn' | 'bad' | 'good';
  readonly title: string;
  readonly advice?: ReactNode;
  /** Small print: a reference for the log. */
  readonly reference?: string | undefined;
  /** Buttons. */
  readonly children?: ReactNode;
}

const iconOf: Record<Exclude<StatusBannerProps['tone'], 'working'>, IconName> = {
  info: 'info',
  warn: 'alert',
  bad: 'alert',
  good: 'check',
};

export function StatusBanner({ tone, title, advice, reference, children }: StatusBannerProps) {
  return (
    <div
      className={classes('status-banner', `status-banner--${tone}`)}
      role={tone === 'bad' ? 'alert' : 'status'}
    >
      <span className="status-banner__mark">
        {tone === 'working' ? (
          <span className="status-banner__pulse" aria-hidden="true" />
        ) : (
          <Icon name={iconOf[tone]} />
        )}
      </span>
      <div className="status-banner__body">
        <div className="status-banner__text">
          <strong>{title}</strong>
          {advice !== undefined && <p>{advice}</p>}
          {reference !== undefined && <small>{reference}</small>}
        </div>
        {children !== undefined && <div className="status-banner__actions">{children}</div>}
      </div>
    </div>
  );
}
