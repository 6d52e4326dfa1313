/** Where short notices appear; a screen reader hears each once. */
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { Button, IconButton } from './button';
import { classes } from './classes';
import './toast-region.css';

export function ToastRegion() {
  const { toasts } = useServices();
  const texts = useTexts();
  const list = useStore(toasts);
  return (
    <div className="toast-region" role="log" aria-live="polite">
      {list.map((toast) => (
        <div key={toast.key} className={classes('toast', `toast--${toast.tone}`)}>
          <span>{toast.text}</span>
          {toast.action !== undefined && (
            <Button
              variant="plain"
              onClick={() => {
                toast.action?.run();
                toasts.dismiss(toast.key);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          {toast.later === undefined ? (
            <IconButton
              icon="close"
              label={texts.app.dismiss}
              onClick={() => {
                toasts.dismiss(toast.key);
              }}
            />
          ) : (
            <Button
              variant="plain"
              onClick={() => {
                toasts.dismiss(toast.key);
              }}
            >
              {toast.later}
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}
