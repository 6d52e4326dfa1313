/** The frame of every running session: what one sees with its controls, and one panel beside it, or below it on a phone. */
import type { ReactNode } from 'react';
import './live-session.css';

export interface LiveSessionProps {
  /** Null: none is open. */
  readonly panel: ReactNode;
  readonly children: ReactNode;
}

export function LiveSession({ panel, children }: LiveSessionProps) {
  const open = panel !== null;
  return (
    <div className="live-session" data-panel={open}>
      <div className="live-session__main">{children}</div>
      {open && <div className="live-session__panel">{panel}</div>}
    </div>
  );
}
