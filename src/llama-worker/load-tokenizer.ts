// The vocabulary and the chat template of a GGUF file → a prompt tokenizer. Reads no weights by itself.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LlamaModel } from 'node-llama-cpp';
import type { Load } from '../ipc/index.ts';
import { type ChatTemplate, compileChatTemplate } from './chat-template.ts';
import { clientTextOf } from './client-text.ts';
import { type NativeModel, nativeModelOf } from './native.ts';
import type { PromptTokenizer } from './prompt.ts';
import { type Ready, readyFrame } from './ready-frame.ts';
import { startLlama } from './start-llama.ts';

export interface TokenizerOptions {
  readonly load: Load;
  readonly log: (line: string) => void;
}

export interface LoadedTokenizer {
  readonly tokenizer: PromptTokenizer;
  readonly detokenize: (tokens: readonly number[]) => string;
  readonly ready: Ready;
}

/** @throws Error when the file is no model whose vocabulary llama.cpp can read */
export async function loadTokenizer({ load, log }: TokenizerOptions): Promise<LoadedTokenizer> {
  const llama = await startLlama(log);
  const model = await llama.loadModel({ modelPath: load.path, vocabOnly: true });
  const nativeModel = nativeModelOf(model);
  const tokenizer = await tokenizerOf(model, nativeModel, { load, log });
  return {
    tokenizer,
    detokenize: (tokens) => nativeModel.detokenize(Uint32Array.from(tokens), true),
    ready: await readyFrame({
      llama,
      device: 'cpu',
      contextLength: Math.min(trainedContext(model), load.contextLength ?? Infinity),
      vocabularySize: tokenizer.vocabularySize,
      memoryBytes: 0,
    }),
  };
}

export const vocabularySizeOf = ({ fileInfo }: LlamaModel): number =>
  fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0;

/** Without weights llama.cpp does not say what the model was trained for; the header does. */
function trainedContext({ fileInfo }: LlamaModel): number {
  const length = Number(fileInfo.architectureMetadata.context_length);
  return Number.isSafeInteger(length) && length > 0 ? length : 1;
}

/** A `chat_template.jinja` beside the weights takes the place of the one in their metadata, as it does for safetensors. */
async function chatTemplateOf(
  model: LlamaModel,
  path: string,
  log: TokenizerOptions['log'],
): Promise<ChatTemplate | null> {
  const beside = await readFile(join(dirname(path), 'chat_template.jinja'), 'utf8').catch(() => null);
  const source = beside ?? model.fileInfo.metadata.tokenizer?.chat_template;
  if (!source) return null;
  const { bosString, eosString } = model.tokens;
  try {
    return compileChatTemplate(source, { bos: bosString ?? '', eos: eosString ?? '' });
  } catch (error) {
    log(`the chat template does not parse: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

export async function tokenizerOf(
  model: LlamaModel,
  nativeModel: NativeModel,
  { load, log }: TokenizerOptions,
): Promise<PromptTokenizer> {
  const vocabularySize = vocabularySizeOf(model);
  return {
    tokenize: (text, parseSpecial) => nativeModel.tokenize(text, parseSpecial),
    vocabularySize,
    clientText: clientTextOf(nativeModel, vocabularySize),
    bos: model.tokens.shouldPrependBosToken ? model.tokens.bos : null,
    chatTemplate: await chatTemplateOf(model, load.path, log),
  };
}
