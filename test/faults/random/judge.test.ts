import { describe, expect, it } from 'vitest';
import type { Answer } from '../harness/client.ts';
import { llama, scripted } from '../harness/server.ts';
import type { Flight } from './crowd.ts';
import { judge } from './judge.ts';
import type { Expected, References } from './orders.ts';
import { type Kill, killOf, type ModelName } from './plan.ts';

const expected = (text: string): Expected => ({ text, tokens: 3, pieces: 3 });
const own = expected('The sea is wide and deep.');
const stranger = expected('The fox runs through the wood.');
const references: References = new Map([[llama, [own, stranger]]]);

const kill: Kill = { ...killOf(1, 1), manner: 'KILL' };
const blip: Kill = { ...kill, manner: 'STOP+CONT' };

interface Given {
  readonly model?: ModelName;
  readonly kills?: readonly Kill[];
  readonly textLength?: number;
  readonly hung?: boolean;
}

function flight({ model = scripted('counts'), kills = [], textLength = 4, hung = false }: Given = {}): Flight {
  return {
    order: { number: 1, model, content: '', more: {}, stream: true, expected: own, leaves: undefined },
    strikes: kills.map((one) => ({ kill: one, textLength })),
    pieces: 3,
    text: '',
    hung,
    landed: new Promise(() => {}),
  };
}

const good: Answer = {
  status: 200,
  code: null,
  text: own.text,
  completionTokens: 3,
  finishReason: 'stop',
  finishes: 1,
  dones: 1,
  afterEnd: 0,
  sentMs: 0,
  headMs: 1,
  endMs: 2,
  pieceMs: [],
  left: false,
  broken: false,
};

const kindOf = (given: Given, answer: Partial<Answer>): string =>
  judge(flight(given), { ...good, ...answer }, references).kind;

describe('an answer is right', () => {
  it.each<[string, Given, Partial<Answer>, string]>([
    ['as undisturbed', {}, {}, 'identical'],
    ['cut where its client left', {}, { left: true, text: 'The sea', finishReason: null, dones: 0 }, 'left'],
    ['crashed with two kills', { kills: [kill, kill] }, { code: 'worker_crashed', text: 'The' }, 'crashed-twice'],
    [
      'on llama, parted behind the seam',
      { model: llama, kills: [kill] },
      { text: 'The sea was' },
      'parted-behind-seam',
    ],
    ['on llama, parted in other company', { model: llama }, { text: 'The sea was' }, 'parted-by-batch'],
  ])('%s', (_, given, answer, kind) => {
    expect(kindOf(given, answer)).toBe(kind);
  });
});

describe('an answer is a violation', () => {
  it.each<[string, Given, Partial<Answer>]>([
    ['that ended twice', {}, { finishes: 2 }],
    ['with a second [DONE]', {}, { dones: 2 }],
    ['with something behind its end', {}, { afterEnd: 1 }],
    ['that never ended', { hung: true }, {}],
    ['whose connection broke', {}, { broken: true }],
    ['with a lost word', { kills: [kill] }, { text: 'The is wide and deep.' }],
    ['with a repeated word', { kills: [kill] }, { text: 'The sea sea is wide and deep.' }],
    ['with a token counted twice', { kills: [kill] }, { completionTokens: 4 }],
    ['crashed with one kill', { kills: [kill] }, { code: 'worker_crashed' }],
    ['crashed with one kill and one mere pause', { kills: [kill, blip] }, { code: 'worker_crashed' }],
    ['with any other failure', { kills: [kill, kill] }, { code: 'worker_start_failed' }],
    ['left with a wrong beginning', {}, { left: true, text: 'A fox', finishReason: null }],
    ['with the words of another', { model: llama, kills: [kill] }, { text: stranger.text }],
  ])('%s', (_, given, answer) => {
    expect(kindOf(given, answer)).toBe('violation');
  });
});
