// Which settings change what a verb does.
import { type SettingName, settingNames, settings } from '../../config/index.ts';

export const everySetting: readonly SettingName[] = settingNames.filter((name) => settings[name].flag !== null);

/** Of a verb that asks a running server. */
export const reachSettings: readonly SettingName[] = [
  'host',
  'port',
  'adminHost',
  'adminPort',
  'stateDir',
  'configFile',
];

/** Of one that starts a server of its own where none runs. */
export const startSettings: readonly SettingName[] = [...reachSettings, 'modelsDirs', 'logLevel', 'logFormat'];

/** Of one that looks for models on this machine. */
export const modelSettings: readonly SettingName[] = ['modelsDirs', 'configFile'];
