/** Says that something is live, and for how long. */
import { formatDuration } from '../format';
import { useNow } from '../use-now';
import './live-badge.css';

/** `since` in milliseconds since 1970. */
export function LiveBadge({ since, label }: { readonly since: number; readonly label: string }) {
  const now = useNow(true);
  return (
    <span className="live-badge">
      <span className="live-badge__dot" aria-hidden="true" />
      {label}
      <span className="live-badge__time numeric" role="timer">
        {formatDuration(now - since)}
      </span>
    </span>
  );
}
