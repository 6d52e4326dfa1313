/** A native modal dialog: Escape, focus and the rest of the page are the browser's. */
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { useTexts } from '../services';
import { IconButton } from './button';
import './dialog.css';

export interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at its foot, the main one last. */
  readonly actions?: ReactNode;
}

export function Dialog({ open, title, onClose, children, actions }: DialogProps) {
  const texts = useTexts();
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) return;
    if (open && !dialog.open) {
      dialog.showModal();
      // Its words first: a dialog may come unasked, and a key that was meant for something else must press nothing.
      dialog.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={element}
      className="dialog"
      tabIndex={-1}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        // Only the backdrop belongs to the dialog itself; everything else has an element of its own.
        if (event.target === element.current) onClose();
      }}
    >
      {open && (
        <div className="dialog__sheet">
          <div className="dialog__head">
            <h2 id={id}>{title}</h2>
            <IconButton icon="close" label={texts.app.close} onClick={onClose} />
          </div>
          <div className="dialog__body">{children}</div>
          {actions !== undefined && <div className="dialog__actions">{actions}</div>}
        </div>
      )}
    </dialog>
  );
}
