/** An address to hand on: readable, selectable, and copied with one press; or as a button alone. */
import { useEffect, useId, useState } from 'react';
import { useServices, useTexts } from '../services';
import { Button } from './button';
import './copy-link.css';

const SAYS_COPIED_MS = 2_000;

export function CopyLink({ url, label }: { readonly url: string; readonly label: string }) {
  const texts = useTexts();
  const id = useId();
  const { copied, copy } = useCopying(url);
  return (
    <div className="copy-link">
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className="copy-link__url"
        rows={1}
        value={url}
        readOnly
        onFocus={(event) => {
          event.target.select();
        }}
      />
      <Button icon={copied ? 'check' : 'copy'} onClick={copy}>
        {copied ? texts.app.copied : texts.app.copy}
      </Button>
      <Copied copied={copied} />
    </div>
  );
}

/** For an address that nobody reads. */
export function CopyButton({ url, children }: { readonly url: string; readonly children: string }) {
  const texts = useTexts();
  const { copied, copy } = useCopying(url);
  return (
    <>
      <Button icon={copied ? 'check' : 'copy'} onClick={copy}>
        {copied ? texts.app.copied : children}
      </Button>
      <Copied copied={copied} />
    </>
  );
}

/** For screen readers: what a button says meanwhile is not read out. */
function Copied({ copied }: { readonly copied: boolean }) {
  const texts = useTexts();
  return (
    <span className="visually-hidden" role="status">
      {copied ? texts.app.copied : ''}
    </span>
  );
}

function useCopying(url: string): { readonly copied: boolean; readonly copy: () => void } {
  const { toasts, timers } = useServices();
  const texts = useTexts();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    return timers.after(SAYS_COPIED_MS, () => {
      setCopied(false);
    });
  }, [copied, timers]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      toasts.show(texts.app.copyFailed, 'bad');
    }
  };
  return { copied, copy: () => void copy() };
}
