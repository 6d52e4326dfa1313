/** Another camera, microphone or speaker while a session runs: a control that opens the pickers. */
import { useState } from 'react';
import type { LocalMedia } from '../media/local-media';
import { useTexts } from '../services';
import { ControlButton } from './control-bar';
import { DeviceFields } from './device-fields';
import { Dialog } from './dialog';

export function DeviceControl({ media }: { readonly media: LocalMedia }) {
  const texts = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <>
      <ControlButton
        icon="settings"
        label={texts.media.devices}
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      />
      <Dialog
        open={open}
        title={texts.devices.heading}
        onClose={() => {
          setOpen(false);
        }}
      >
        <DeviceFields media={media} />
      </Dialog>
    </>
  );
}
