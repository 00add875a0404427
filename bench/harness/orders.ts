// What the client process is told to do, and what it tells back. Times are milliseconds of one clock, that of the client.

export interface Order {
  readonly port: number;
  readonly path: string;
  /** JSON, of a streaming request. */
  readonly body: string;
  /** Leave in the middle: after so many events with text, or so long after the request went out. */
  readonly disconnect?: { readonly afterTokens: number } | { readonly afterMs: number };
  /** Goes out once the first order of the burst has had so many events with text. */
  readonly afterTokensOfFirst?: number;
  /** Hand back the text of the answer. */
  readonly keepText?: boolean;
  /** Hand back the time of every event with text. */
  readonly keepTimes?: boolean;
}

export interface Outcome {
  readonly sentMs: number;
  readonly firstTokenMs: number;
  readonly lastTokenMs: number;
  /** The end of the answer, or the moment of leaving. */
  readonly endMs: number;
  /** Events that carried text. */
  readonly events: number;
  readonly disconnected: boolean;
  readonly finishReason: string | null;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly text: string;
  /** Empty unless they were to be kept. */
  readonly eventTimesMs: readonly number[];
}

/** Bursts one after another, each without a pause behind the last; the orders of a burst go out together. */
export interface Command {
  readonly id: number;
  readonly bursts: readonly (readonly Order[])[];
}

export type Reply =
  | { readonly id: number; readonly outcomes: readonly (readonly Outcome[])[] }
  | { readonly id: number; readonly error: string };
