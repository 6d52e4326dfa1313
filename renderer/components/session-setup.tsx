/**
 * The screen before a session, for every mode that starts with a preview: what it is for, what stands in its way, the
 * picture and the pickers, and one button.
 */
import { useEffect, useRef, type ReactNode } from 'react';
import type { LocalMedia } from '../media/local-media';
import { useTexts } from '../services';
import { HubBanner } from '../shell/hub-banner';
import { useStore } from '../store';
import { Button } from './button';
import { DeviceFields } from './device-fields';
import { DevicePreview } from './device-preview';
import type { IconName } from './icon';
import './session-setup.css';

export interface SessionSetupProps {
  readonly title: string;
  readonly lead: string;
  readonly media: LocalMedia;
  /** Under the lead: why the last one ended. */
  readonly notices?: ReactNode;
  /** Over the pickers: what else there is to choose. */
  readonly children?: ReactNode;
  /** Instead of the camera's picture. */
  readonly preview?: ReactNode;
  readonly action: string;
  readonly actionIcon?: IconName;
  readonly onAction: () => void;
  /** Something other than the devices is missing. */
  readonly disabled?: boolean;
  /** Neither camera nor microphone is needed: something else is shown. */
  readonly complete?: boolean;
  /** Takes the focus: whoever ended the last one by keyboard finds the way back under the same finger. */
  readonly focused?: boolean;
}

export function SessionSetup(props: SessionSetupProps) {
  const {
    title,
    lead,
    media,
    notices,
    children,
    preview,
    action,
    actionIcon = 'play',
    onAction,
    disabled = false,
  } = props;
  const { focused = false, complete = false } = props;
  const texts = useTexts();
  const { camera, microphone } = useStore(media);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Without scrolling: how the last one ended is said at the top.
    if (focused) button.current?.focus({ preventScroll: true });
  }, [focused]);
  const [noCamera, noMicrophone] = [camera.at === 'failed', microphone.at === 'failed'];
  const hint = complete ? null : hintOf(noCamera, noMicrophone, texts);
  return (
    <div className="setup">
      <div className="setup__intro">
        <h1>{title}</h1>
        <p>{lead}</p>
        <div className="setup__notices">
          <HubBanner />
          {notices}
        </div>
      </div>
      <div className="setup__preview">{preview ?? <DevicePreview media={media} />}</div>
      <div className="setup__side">
        <section className="setup__panel" aria-label={texts.devices.heading}>
          {children}
          <h2>{texts.devices.heading}</h2>
          <DeviceFields media={media} />
        </section>
        <div className="setup__action">
          <Button
            ref={button}
            variant="primary"
            size="l"
            icon={actionIcon}
            className="setup__go"
            disabled={disabled || (noCamera && noMicrophone && !complete)}
            onClick={onAction}
          >
            {action}
          </Button>
          {hint !== null && (
            <p className="setup__hint" role="status">
              {hint}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}

function hintOf(noCamera: boolean, noMicrophone: boolean, texts: ReturnType<typeof useTexts>): string | null {
  if (noCamera && noMicrophone) return texts.devices.neither;
  if (noCamera) return texts.devices.microphoneOnly;
  return noMicrophone ? texts.devices.cameraOnly : null;
}
