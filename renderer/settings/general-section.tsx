/** Name, appearance, and what the program does when nobody looks. */
import { MAX_NAME_LENGTH } from '../../protocol/limits';
import { cleanName } from '../../protocol/names';
import { SelectField } from '../components/field';
import { SwitchField } from '../components/switch-field';
import { useServices, useTexts } from '../services';
import { useStore } from '../store';
import { languages } from '../texts';
import { DraftField, Group, useAppSide } from './parts';

export function GeneralSection() {
  const { preferences } = useServices();
  const texts = useTexts();
  const { callName, availableForCalls, theme, language } = useStore(preferences);
  const t = texts.settings.general;
  return (
    <>
      <Group title={t.you}>
        <DraftField
          label={t.name}
          hint={t.nameHint}
          value={callName}
          maxLength={MAX_NAME_LENGTH}
          autoComplete="nickname"
          check={(text) =>
            text === '' || cleanName(text) !== null ? null : texts.errors['name-invalid'].advice
          }
          onCommit={(text) => {
            preferences.change({ callName: cleanName(text) ?? '' });
          }}
        />
        <SwitchField
          label={texts.shell.presence.available}
          hint={texts.shell.presence.availableHint}
          checked={availableForCalls}
          onChange={(on) => {
            preferences.change({ availableForCalls: on });
          }}
        />
      </Group>
      <Group title={t.appearance}>
        <div className="settings-pair">
          <SelectField
            label={texts.app.theme.label}
            value={theme}
            options={(['system', 'light', 'dark'] as const).map((value) => ({
              value,
              label: texts.app.theme[value],
            }))}
            onChange={(value) => {
              preferences.change({ theme: value === 'light' || value === 'dark' ? value : 'system' });
            }}
          />
          <SelectField
            label={texts.app.language.label}
            value={language}
            options={[
              { value: 'system', label: texts.app.language.system },
              ...Object.entries(languages).map(([value, { name }]) => ({ value, label: name })),
            ]}
            onChange={(value) => {
              preferences.change({ language: value === 'en' || value === 'es' ? value : 'system' });
            }}
          />
        </div>
      </Group>
      {preferences.app !== null && <ProgramGroup />}
    </>
  );
}

function ProgramGroup() {
  const { preferences } = useServices();
  const texts = useTexts();
  const settings = useStore(preferences);
  const { canStartAtLogin, trouble } = useAppSide();
  const t = texts.settings.general;
  const loginHint = !canStartAtLogin
    ? t.startAtLoginFixed
    : trouble === 'cannot-start-at-login'
      ? t.startAtLoginFailed
      : undefined;
  return (
    <Group title={t.program}>
      <SwitchField
        label={t.startAtLogin}
        hint={loginHint}
        disabled={!canStartAtLogin}
        checked={settings.startAtLogin && canStartAtLogin}
        onChange={(startAtLogin) => {
          preferences.change({ startAtLogin });
        }}
      />
      <SwitchField
        label={t.closeToTray}
        hint={t.closeToTrayHint}
        checked={settings.closeToTray}
        onChange={(closeToTray) => {
          preferences.change({ closeToTray });
        }}
      />
      <SwitchField
        label={t.notifications}
        checked={settings.notifications}
        onChange={(notifications) => {
          preferences.change({ notifications });
        }}
      />
      <SwitchField
        label={t.doNotDisturb}
        hint={t.doNotDisturbHint}
        checked={settings.doNotDisturb}
        onChange={(doNotDisturb) => {
          preferences.change({ doNotDisturb });
        }}
      />
      <SwitchField
        label={t.updates}
        checked={settings.updates}
        onChange={(updates) => {
          preferences.change({ updates });
        }}
      />
    </Group>
  );
}
