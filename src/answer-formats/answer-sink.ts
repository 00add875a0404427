// Gathers what was read of an answer: text, thinking and calls, with the white space between them settled. Parses nothing.
import type { ToolCallDelta } from '../core/index.ts';

export interface AnswerPiece {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCallDelta[];
}

export interface AnswerSinkOptions {
  /** Draws the id of a call that the model did not name. */
  readonly newId: () => string;
  /** Space around calls is no text; without calls, no text waits for what follows it. */
  readonly mayCall: boolean;
}

const spaceBehind = (text: string): string => text.slice(text.trimEnd().length);

export class AnswerSink {
  readonly #options: AnswerSinkOptions;
  #text = '';
  #reasoning = '';
  #toolCalls: ToolCallDelta[] = [];
  /** White space that is text only if text follows. */
  #textSpace = '';
  #reasoningSpace = '';
  #stripsText = false;
  #stripsReasoning = true;
  #calls = 0;
  #callIsOpen = false;
  #hasArguments = false;

  constructor(options: AnswerSinkOptions) {
    this.#options = options;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Of the last call. */
  get hasArguments(): boolean {
    return this.#hasArguments;
  }

  get callIsOpen(): boolean {
    return this.#callIsOpen;
  }

  text(piece: string): void {
    let text = this.#textSpace + piece;
    this.#textSpace = '';
    if (this.#stripsText) text = text.trimStart();
    if (this.#options.mayCall) {
      this.#textSpace = spaceBehind(text);
      text = text.slice(0, text.length - this.#textSpace.length);
    }
    if (text === '') return;
    this.#stripsText = false;
    this.#text += text;
  }

  reasoning(piece: string): void {
    let text = this.#reasoningSpace + piece;
    if (this.#stripsReasoning) text = text.trimStart();
    this.#reasoningSpace = spaceBehind(text);
    text = text.slice(0, text.length - this.#reasoningSpace.length);
    if (text === '') return;
    this.#stripsReasoning = false;
    this.#reasoning += text;
  }

  /** A thought is over: space after it belongs to nobody, and a next one begins on a new line. */
  endReasoning(): void {
    this.#reasoningSpace = this.#stripsReasoning ? '' : '\n';
    this.#stripsText = true;
  }

  openCall(name: string, id?: string): void {
    this.#textSpace = '';
    this.#stripsText = true;
    this.#callIsOpen = true;
    this.#hasArguments = false;
    this.#toolCalls.push({ index: this.#calls, id: id ?? this.#options.newId(), name, arguments: '' });
    this.#calls += 1;
  }

  arguments(piece: string): void {
    if (piece === '') return;
    this.#hasArguments = true;
    const last = this.#toolCalls.at(-1);
    const index = this.#calls - 1;
    if (last?.index !== index) this.#toolCalls.push({ index, arguments: piece });
    else this.#toolCalls[this.#toolCalls.length - 1] = { ...last, arguments: last.arguments + piece };
  }

  endCall(): void {
    this.#callIsOpen = false;
  }

  /** What has come since the last time. */
  drain(): AnswerPiece {
    const piece = { text: this.#text, reasoning: this.#reasoning, toolCalls: this.#toolCalls };
    this.#text = '';
    this.#reasoning = '';
    this.#toolCalls = [];
    return piece;
  }

  /** The answer is over: space behind the last word is text again, unless calls were made. */
  end(): void {
    if (this.#calls === 0) this.#text += this.#textSpace;
    this.#textSpace = '';
  }
}
