/** Nothing here (yet): says why, and what would change that. */
import type { ReactNode } from 'react';
import './empty-state.css';

export interface EmptyStateProps {
  readonly title: string;
  readonly advice: ReactNode;
  /** One of our drawings. */
  readonly picture?: ReactNode;
  /** Buttons or links. */
  readonly children?: ReactNode;
  /** The level of its heading in the page. */
  readonly level?: 1 | 2 | 3;
}

export function EmptyState({ title, advice, picture, children, level = 2 }: EmptyStateProps) {
  const Heading = `h${level}` as const;
  return (
    <div className="empty-state">
      {picture !== undefined && <div className="empty-state__picture">{picture}</div>}
      <Heading className="empty-state__title">{title}</Heading>
      <p className="empty-state__advice">{advice}</p>
      {children !== undefined && <div className="empty-state__actions">{children}</div>}
    </div>
  );
}
