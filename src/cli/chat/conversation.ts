// A conversation: its model, what was said, and how it samples; as a file, too.
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { ImagePart, Turn } from '../chat-client.ts';
import { CliFailure } from '../failure.ts';
import { homePath } from '../image-file.ts';

export interface Conversation {
  model: string;
  system: string | null;
  /** Fields of the request beside its messages: temperature and the like. */
  options: Readonly<Record<string, number>>;
  turns: readonly Turn[];
  /** Shown with the next message. */
  attached: readonly ImagePart[];
}

const maxFileBytes = 200 * 1024 * 1024;

const image = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string().startsWith('data:image/') }),
});
const part = z.union([image, z.object({ type: z.literal('text'), text: z.string() })]);
const turn = z.object({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(part)]) });
const savedConversation = z.object({
  version: z.literal(1),
  model: z.string().min(1),
  system: z.string().nullable(),
  options: z.record(z.string(), z.number()),
  messages: z.array(turn),
});

/** Writes for this user alone. @throws CliFailure for a file that is there already, unless `replace`. */
export function saveConversation(
  path: string,
  { model, system, options, turns }: Conversation,
  { replace }: { readonly replace: boolean },
): void {
  const saved: z.input<typeof savedConversation> = {
    version: 1,
    model,
    system,
    options,
    messages: turns as z.input<typeof turn>[],
  };
  try {
    writeFileSync(homePath(path), `${JSON.stringify(saved, null, 2)}\n`, { flag: replace ? 'w' : 'wx', mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CliFailure(`${path} is there already. /save! ${path} replaces it.`);
    throw new CliFailure(`${path} cannot be written (${code}).`);
  }
}

/** @throws CliFailure for a file that holds no conversation. */
export function loadConversation(path: string): Omit<Conversation, 'attached'> {
  const file = homePath(path);
  let text: string;
  try {
    if (lstatSync(file).size > maxFileBytes) throw new CliFailure(`${path} is larger than 200 MB.`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const parsed = savedConversation.safeParse(parsedJson(text));
  if (!parsed.success) throw new CliFailure(`${path} holds no conversation that /save has written.`);
  const { model, system, options, messages } = parsed.data;
  return { model, system, options, turns: messages };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused by the schema, with the same words.
  }
}
