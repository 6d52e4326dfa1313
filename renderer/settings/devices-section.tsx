/** Which camera, microphone and speakers, how they work, and a try. The camera stays off until the try. */
import { MAX_BITRATE } from '../../protocol/settings';
import { Button } from '../components/button';
import { DeviceFields } from '../components/device-fields';
import { DevicePreview } from '../components/device-preview';
import { SelectField } from '../components/field';
import { SwitchField } from '../components/switch-field';
import type { LocalMedia } from '../media/local-media';
import { useLanguage, useServices, useTexts } from '../services';
import { useStore } from '../store';
import { useResource } from '../use-resource';
import { Group } from './parts';

const LINES = [360, 480, 720, 1080] as const;
const BITRATES = [500, 1_000, 2_000, 4_000, MAX_BITRATE];

export function DevicesSection() {
  const services = useServices();
  const media = useResource(() => services.openLocalMedia(), 'media');
  return (
    <>
      {media !== null && <DevicesGroup media={media} />}
      <SoundGroup media={media} />
      <PictureGroup media={media} />
    </>
  );
}

function DevicesGroup({ media }: { readonly media: LocalMedia }) {
  const { preferences, devices } = useServices();
  const texts = useTexts();
  const { camera, microphone } = useStore(media);
  const { ringDevice } = useStore(preferences);
  const { speakers } = useStore(devices);
  const t = texts.settings.devices;
  const trying = camera.at !== 'off' || microphone.at !== 'off';
  return (
    <Group title={t.choose}>
      <DeviceFields media={media} />
      {devices.canChooseSpeaker && (
        <SelectField
          label={t.ring}
          icon="speaker"
          value={speakers.some(({ id }) => id === ringDevice) ? ringDevice : ''}
          options={[
            { value: '', label: t.ringLikeSpeaker },
            ...speakers.map(({ id, label }, index) => ({
              value: id,
              label: label === '' ? texts.devices.unnamed(texts.devices.speaker, index + 1) : label,
            })),
          ]}
          onChange={(id) => {
            preferences.change({ ringDevice: id });
          }}
        />
      )}
      {trying && (
        <div className="settings-preview">
          <DevicePreview media={media} />
        </div>
      )}
      <div className="settings-actions">
        <Button
          icon={trying ? 'stop' : 'camera'}
          onClick={() => {
            if (trying) media.release();
            else void media.open();
          }}
        >
          {trying ? t.stop : t.preview}
        </Button>
        {!trying && <p className="settings-note">{t.previewHint}</p>}
      </div>
    </Group>
  );
}

function SoundGroup({ media }: { readonly media: LocalMedia | null }) {
  const { preferences } = useServices();
  const { devices: t } = useTexts().settings;
  const settings = useStore(preferences);
  const change = (patch: Parameters<typeof preferences.change>[0]): void => {
    preferences.change(patch);
    // Browsers process anew only what they open anew.
    if (media?.get().microphone.at === 'on') void media.reopen('microphone');
  };
  return (
    <Group title={t.sound}>
      <SwitchField
        label={t.echoCancellation}
        hint={t.echoCancellationHint}
        checked={settings.echoCancellation}
        onChange={(echoCancellation) => {
          change({ echoCancellation });
        }}
      />
      <SwitchField
        label={t.noiseSuppression}
        checked={settings.noiseSuppression}
        onChange={(noiseSuppression) => {
          change({ noiseSuppression });
        }}
      />
      <SwitchField
        label={t.autoGainControl}
        checked={settings.autoGainControl}
        onChange={(autoGainControl) => {
          change({ autoGainControl });
        }}
      />
    </Group>
  );
}

function PictureGroup({ media }: { readonly media: LocalMedia | null }) {
  const { preferences } = useServices();
  const { devices: t } = useTexts().settings;
  const number = new Intl.NumberFormat(useLanguage());
  const { cameraLines, maxBitrate } = useStore(preferences);
  const rates = [...new Set([...BITRATES, ...(maxBitrate === 0 ? [] : [maxBitrate])])].sort((a, b) => a - b);
  return (
    <Group title={t.picture}>
      <div className="settings-pair">
        <SelectField
          label={t.resolution}
          value={String(cameraLines)}
          options={LINES.map((lines) => ({ value: String(lines), label: t.lines(lines) }))}
          onChange={(value) => {
            preferences.change({ cameraLines: LINES.find((lines) => String(lines) === value) ?? 720 });
            if (media?.get().camera.at === 'on') void media.reopen('camera');
          }}
        />
        <SelectField
          label={t.bitrate}
          hint={t.nextTime}
          value={String(maxBitrate)}
          options={[
            { value: '0', label: t.bitrateFree },
            ...rates.map((rate) => ({ value: String(rate), label: t.kilobits(number.format(rate)) })),
          ]}
          onChange={(value) => {
            preferences.change({ maxBitrate: Number(value) });
          }}
        />
      </div>
    </Group>
  );
}
