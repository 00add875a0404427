// What service managers are told of this server: a systemd user unit, a launchd property list. Pure.

export interface Service {
  /** Program and arguments. */
  readonly line: readonly string[];
  /** Set for the server, since services start with next to no environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Seconds between the request to stop and the kill. */
  readonly stopSeconds: number;
}

export const serviceName = 'mlx-inference-server';
export const launchdLabel = 'local.mlx-inference-server';

/** systemd's own quoting: in double quotes, with % and $ doubled. */
const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
const quotedSetting = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;

export const systemdUnit = ({ line, env, workingDirectory, stopSeconds }: Service): string =>
  [
    '[Unit]',
    'Description=MLX Inference Server',
    'After=network.target',
    '',
    '[Service]',
    `ExecStart=${line.map(quoted).join(' ')}`,
    'ExecReload=kill -HUP $MAINPID',
    ...Object.entries(env).map(([name, value]) => `Environment=${quotedSetting(`${name}=${value}`)}`),
    `WorkingDirectory=${workingDirectory.replaceAll('%', '%%')}`,
    'Restart=on-failure',
    'RestartPreventExitStatus=2',
    'RestartSec=1',
    'KillMode=mixed',
    `TimeoutStopSec=${stopSeconds}`,
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const string = (text: string): string => `<string>${escaped(text)}</string>`;

export const launchdList = ({ line, env, workingDirectory, stopSeconds }: Service): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${string(launchdLabel)}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...line.map((word) => `    ${string(word)}`),
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...Object.entries(env).map(([name, value]) => `    <key>${escaped(name)}</key>${string(value)}`),
    '  </dict>',
    `  <key>WorkingDirectory</key>${string(workingDirectory)}`,
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>',
    '  <key>ThrottleInterval</key><integer>1</integer>',
    `  <key>ExitTimeOut</key><integer>${stopSeconds}</integer>`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
