// The chat template that a model's files hold, as its worker will find it, and how answers are worded by it. Remembered as
// long as the files stay as they are.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AnswerWording, readWording } from '../answer-formats/index.ts';
import { readGgufFacts } from './gguf-facts.ts';
import type { Model } from './model.ts';
import { readJson, readText } from './read-file.ts';

export type ReadAnswerWording = (model: Model) => Promise<AnswerWording>;

const maxRemembered = 64;

/** Never fails: files that cannot be read now say nothing, and are looked at again. */
export function createAnswerWordings(): ReadAnswerWording {
  const known = new Map<string, { readonly stamp: string; readonly wording: AnswerWording }>();
  return async (model) => {
    const stamp = await stampOf(model);
    const remembered = known.get(model.path);
    if (remembered?.stamp === stamp) return remembered.wording;
    const template = await readChatTemplate(model).catch((error: unknown) => ({ error }));
    if (typeof template === 'object') return remembered?.wording ?? readWording(); // The worker says what is wrong.
    const wording = readWording(template);
    known.delete(model.path);
    known.set(model.path, { stamp, wording });
    if (known.size > maxRemembered) known.delete(known.keys().next().value!);
    return wording;
  };
}

const sources = (model: Model): readonly string[] =>
  model.engine === 'llama'
    ? [join(dirname(model.path), 'chat_template.jinja'), model.path]
    : ['chat_template.jinja', 'chat_template.json', 'tokenizer_config.json'].map((name) => join(model.path, name));

async function stampOf(model: Model): Promise<string> {
  const times = sources(model).map((path) =>
    stat(path).then(
      ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
      () => 'none',
    ),
  );
  return (await Promise.all(times)).join();
}

/** Undefined where there is none. `header`: that of a GGUF file, where it is known. @throws ServerError `model_unsupported` for a GGUF file that cannot be read */
export async function readChatTemplate(
  model: Model,
  header?: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const [beside, ...others] = sources(model);
  const text = await readText(beside!);
  if (text !== undefined) return text;
  if (model.engine === 'llama') {
    const template = (header ?? (await readGgufFacts(model)))['tokenizer.chat_template'];
    return typeof template === 'string' ? template : undefined;
  }
  for (const path of others) {
    const template = defaultOf(((await readJson(path)) as { chat_template?: unknown } | undefined)?.chat_template);
    if (template !== undefined) return template;
  }
  return undefined;
}

/** A file may name several templates; the one called `default` is used. */
function defaultOf(template: unknown): string | undefined {
  if (typeof template === 'string') return template;
  const named = (Array.isArray(template) ? template : []) as { name?: unknown; template?: unknown }[];
  const found = named.find((entry) => entry?.name === 'default')?.template;
  return typeof found === 'string' ? found : undefined;
}
