/** The pickers for camera, microphone and speaker; a choice is remembered and takes effect at once. */
import type { Device } from '../media/devices';
import { playTestSound } from '../media/test-sound';
import type { LocalMedia } from '../media/local-media';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import type { FailureText } from '../texts';
import { Button } from './button';
import { mayRetry, trackOf } from './device-preview';
import { SelectField } from './field';
import { LevelMeter } from './level-meter';
import './device-fields.css';

export function DeviceFields({ media }: { readonly media: LocalMedia }) {
  const { devices, preferences } = useServices();
  const texts = useTexts();
  const list = useStore(devices);
  const chosen = useStore(preferences);
  const { camera, microphone, muted } = useStore(media);
  const t = texts.devices;
  const microphoneFailure: FailureText | null =
    microphone.at === 'failed' ? texts.devices.microphoneFailures[microphone.failure] : null;
  return (
    <div className="device-fields">
      <SelectField
        label={t.camera}
        icon="camera"
        value={
          camera.at === 'on' && chosen.camera !== ''
            ? known(list.cameras, chosen.camera, camera.deviceId)
            : chosen.camera
        }
        options={optionsOf(list.cameras, t.camera, texts)}
        disabled={list.cameras.length === 0}
        onChange={(id) => {
          preferences.change({ camera: id });
          void media.reopen('camera');
        }}
      />
      <div className="device-fields__microphone">
        <SelectField
          label={t.microphone}
          icon="microphone"
          value={known(list.microphones, chosen.microphone, '')}
          options={optionsOf(list.microphones, t.microphone, texts)}
          disabled={list.microphones.length === 0}
          onChange={(id) => {
            preferences.change({ microphone: id });
            void media.reopen('microphone');
          }}
        />
        {microphoneFailure === null ? (
          <LevelMeter track={muted ? null : trackOf(microphone)} label={t.level} />
        ) : (
          <p className="device-fields__failure" role="status">
            <strong>{microphoneFailure.title}.</strong> {microphoneFailure.advice}{' '}
            {microphone.at === 'failed' && mayRetry(microphone.failure) && (
              <Button variant="plain" onClick={() => void media.reopen('microphone')}>
                {t.tryAgain}
              </Button>
            )}
          </p>
        )}
      </div>
      <div className="device-fields__speaker">
        <SelectField
          label={t.speaker}
          icon="speaker"
          value={known(list.speakers, chosen.speaker, '')}
          options={optionsOf(list.speakers, t.speaker, texts, true)}
          disabled={!devices.canChooseSpeaker}
          {...(devices.canChooseSpeaker ? {} : { hint: t.speakerFixed })}
          onChange={(id) => {
            preferences.change({ speaker: id });
          }}
        />
        <Button variant="plain" icon="play" onClick={() => void playTestSound(chosen.speaker)}>
          {t.testSound}
        </Button>
      </div>
    </div>
  );
}

/** The remembered choice where it is there, else what is in use instead. */
function known(devices: readonly Device[], wanted: string, instead: string): string {
  return devices.some((device) => device.id === wanted) ? wanted : instead;
}

function optionsOf(
  devices: readonly Device[],
  kind: string,
  texts: ReturnType<typeof useTexts>,
  always = false,
) {
  const { systemChoice, none, unnamed } = texts.devices;
  const first = { value: '', label: devices.length === 0 && !always ? none : systemChoice };
  return [
    first,
    ...devices.map((device, index) => ({
      value: device.id,
      label: device.label === '' ? unnamed(kind, index + 1) : device.label,
    })),
  ];
}
