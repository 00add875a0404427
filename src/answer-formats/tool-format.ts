// What a module in formats/ says of one way to write calls of tools. Everything else is common to all.
import type { ToolDefinition } from '../core/index.ts';
import type { AnswerSink } from './answer-sink.ts';
import type { Reading, TextReader } from './text-reader.ts';

export interface CallContext {
  readonly reader: TextReader;
  readonly sink: AnswerSink;
  readonly tools: readonly ToolDefinition[];
}

/** How an engine can be held to write a call: text in front of the arguments' JSON, and behind it. */
export interface CallForm {
  readonly begin: (name: string) => string;
  readonly end: string;
  /** Between two calls; null: one call is all that can be asked for. */
  readonly separator: string | null;
  /** What every call begins with, where an answer may also have none. */
  readonly trigger: string;
}

export interface ToolFormat {
  readonly name: string;
  /** Whether a chat template tells its model to write calls so. */
  readonly isIn: (template: string) => boolean;
  /** Texts that begin calls, anywhere in an answer. */
  readonly begins: readonly string[];
  /** What may begin a call without a marker, at the beginning of an answer only. */
  readonly bare?: string;
  /** Reads what follows `begin`, to where text goes on. @throws Malformed */
  readonly read: (context: CallContext, begin: string) => Reading<void>;
  /** Texts that end what is malformed. */
  readonly ends: readonly string[];
  /** Its templates take ids of nine letters and digits only. */
  readonly shortIds?: boolean;
  /** Null: calls are no JSON and cannot be asked for in this form. */
  readonly form: CallForm | null;
}
