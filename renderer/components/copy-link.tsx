/** An address to hand on: readable, selectable, and copied with one press. */
import { useEffect, useId, useState } from 'react';
import { useServices, useTexts } from '../services';
import { Button } from './button';
import './copy-link.css';

const SAYS_COPIED_MS = 2_000;

export function CopyLink({ url, label }: { readonly url: string; readonly label: string }) {
  const { toasts, timers } = useServices();
  const texts = useTexts();
  const id = useId();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    return timers.after(SAYS_COPIED_MS, () => {
      setCopied(false);
    });
  }, [copied, timers]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      toasts.show(texts.app.copyFailed, 'bad');
    }
  }

  return (
    <div className="copy-link">
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="copy-link__url"
        value={url}
        readOnly
        onFocus={(event) => {
          event.target.select();
        }}
      />
      <Button icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
        {copied ? texts.app.copied : texts.app.copy}
      </Button>
      <span className="visually-hidden" role="status">
        {copied ? texts.app.copied : ''}
      </span>
    </div>
  );
}
