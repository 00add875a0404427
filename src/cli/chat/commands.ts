// What may be typed in a chat beside messages. /help is printed from this table, and Tab completes from it.
import { Help } from 'commander';
import { ServerError } from '../../core/index.ts';
import { chatBody, parseBody } from '../../openai/index.ts';
import { CliFailure } from '../failure.ts';
import { readImageFile, unquoted } from '../image-file.ts';
import { nearest } from '../nearest.ts';
import { type Conversation, loadConversation, saveConversation } from './conversation.ts';

/** What completes the word behind a command. */
export type Operand = 'file' | 'model' | 'option';

export interface ChatCommand {
  readonly name: string;
  readonly operand?: string;
  readonly completes?: Operand;
  readonly doc: string;
  /** What is told to the user; undefined ends the chat. @throws CliFailure to be told likewise. */
  readonly act: (given: string, chat: Chat) => Promise<string | undefined> | string | undefined;
}

export interface Chat {
  readonly conversation: Conversation;
  /** Makes sure of a model, and loads it. @throws CliFailure */
  readonly useModel: (model: string) => Promise<void>;
}

export const settable = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'seed',
  'max_tokens',
  'repetition_penalty',
  'presence_penalty',
  'frequency_penalty',
] as const;
const isSettable = (name: string): name is (typeof settable)[number] => (settable as readonly string[]).includes(name);

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

export const chatCommands: readonly ChatCommand[] = [
  {
    name: '/image',
    operand: 'FILE',
    completes: 'file',
    doc: 'show an image with the next message; the path of one alone, as when dropped here, does the same',
    act: async (path, { conversation }) => attachImage(unquoted(path), conversation),
  },
  {
    name: '/system',
    operand: '[TEXT]',
    doc: 'set the system prompt, "" for none; without a text, show it',
    act: (text, { conversation }) => {
      if (text === '') return conversation.system ?? 'There is no system prompt.';
      conversation.system = text === '""' ? null : text;
      return conversation.system === null ? 'No system prompt.' : 'The system prompt is set.';
    },
  },
  {
    name: '/set',
    operand: '[NAME VALUE]',
    completes: 'option',
    doc: `set ${settable.join(', ')}; "default" as value takes it back; without a name, show them`,
    act: (given, { conversation }) => setOption(given, conversation),
  },
  {
    name: '/model',
    operand: '[NAME]',
    completes: 'model',
    doc: 'go on with another model; without a name, show which',
    act: async (name, { conversation, useModel }) => {
      if (name !== '') await useModel(name);
      return name === '' ? conversation.model : `${conversation.model} goes on from here.`;
    },
  },
  {
    name: '/save',
    operand: 'FILE',
    completes: 'file',
    doc: 'write the conversation to a new file; /save! replaces one',
    act: (path, { conversation }) => save(path, conversation, false),
  },
  {
    name: '/save!',
    operand: 'FILE',
    completes: 'file',
    doc: 'write the conversation to a file, whether it is there or not',
    act: (path, { conversation }) => save(path, conversation, true),
  },
  {
    name: '/load',
    operand: 'FILE',
    completes: 'file',
    doc: 'go on with a conversation that was saved',
    async act(path, { conversation, useModel }) {
      const loaded = loadConversation(fileName(path));
      if (loaded.model !== conversation.model) await useModel(loaded.model);
      Object.assign(conversation, loaded, { attached: [] });
      return `${count(loaded.turns.length, 'message')}, ${loaded.model}`;
    },
  },
  {
    name: '/clear',
    doc: 'forget the conversation; system prompt and settings stay',
    act: (_, { conversation }) => {
      Object.assign(conversation, { turns: [], attached: [] });
      return 'Forgotten.';
    },
  },
  { name: '/help', doc: 'this list', act: () => helpText() },
  { name: '/bye', doc: 'leave, as Ctrl-D does', act: () => undefined },
];

/** Whether `line` is a command; a message may well begin with the path of a file. */
export const isCommand = (line: string): boolean => /^\/[a-z]*!?(\s|$)/.test(line);

export async function runCommand(line: string, chat: Chat): Promise<string | undefined> {
  const [, name = '', given = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  const command = chatCommands.find((one) => one.name === (name === '/exit' || name === '/quit' ? '/bye' : name));
  if (command !== undefined) return command.act(given.trim(), chat);
  const names = chatCommands.map((one) => one.name);
  const [meant] = nearest(name, names);
  throw new CliFailure(
    `There is no command ${name}.${meant === undefined ? '' : ` Did you mean ${meant}?`} /help lists them.`,
  );
}

function helpText(): string {
  const help = new Help();
  const helpWidth = process.stdout.columns ?? 80;
  help.prepareContext({ helpWidth });
  const rows = chatCommands.map(({ name, operand, doc }) => [[name, operand].filter(Boolean).join(' '), doc] as const);
  const termWidth = Math.max(...rows.map(([usage]) => usage.length));
  const more =
    'A message of several lines: put """ before and behind it, end lines with \\, or paste it. Ctrl-C stops an answer. ' +
    'Up and down recall what was typed. Tab completes commands, models and files.';
  const list = rows.map(([usage, doc]) => help.formatItem(usage, termWidth, doc, help));
  return [...list, '', help.boxWrap(more, helpWidth)].join('\n');
}

export async function attachImage(path: string, conversation: Conversation): Promise<string> {
  conversation.attached = [...conversation.attached, await readImageFile(path)];
  const { length } = conversation.attached;
  return `${count(length, 'image')} ${length === 1 ? 'goes' : 'go'} with your next message.`;
}

function setOption(given: string, conversation: Conversation): string {
  const [name = '', value, ...more] = given.split(/\s+/);
  if (name === '') {
    const set = Object.entries(conversation.options).map(([key, number]) => `${key} ${number}`);
    return set.length === 0 ? 'Everything is as the model has it.' : set.join('\n');
  }
  if (!isSettable(name)) {
    const [meant] = nearest(name, settable);
    throw new CliFailure(`${name} cannot be set.${meant === undefined ? '' : ` Did you mean ${meant}?`}`);
  }
  if (value === undefined || more.length > 0) throw new CliFailure(`/set ${name} takes one value.`);
  const { [name]: _, ...others } = conversation.options;
  conversation.options = value === 'default' ? others : { ...others, [name]: checked(name, value) };
  return value === 'default' ? `${name} is as the model has it.` : `${name} is ${value}.`;
}

/** By the rules of the API itself. */
function checked(name: (typeof settable)[number], text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new CliFailure(`${name} takes a number.`);
  try {
    parseBody(chatBody.pick({ [name]: true } as { temperature: true }), { [name]: value });
  } catch (error) {
    throw error instanceof ServerError ? new CliFailure(error.message) : error;
  }
  return value;
}

function save(path: string, conversation: Conversation, replace: boolean): string {
  const name = fileName(path);
  saveConversation(name, conversation, { replace });
  return `${count(conversation.turns.length, 'message')} saved to ${name}.`;
}

function fileName(path: string): string {
  const name = unquoted(path);
  if (name === '') throw new CliFailure('Name a file.');
  return name;
}
