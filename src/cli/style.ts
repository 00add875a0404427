// Colours, on a terminal that wants them: NO_COLOR and FORCE_COLOR are honoured by Node itself.
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** `text` as it should be written to `stream`. */
export const styled = (stream: NodeJS.WritableStream, style: Style, text: string): string =>
  styleText(style, text, { validateStream: true, stream });

export const dim = (stream: NodeJS.WritableStream, text: string): string => styled(stream, 'dim', text);

/** Without what would move the cursor or change the terminal: models write that too. */
export const harmless = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
