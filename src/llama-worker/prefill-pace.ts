// How many prompt tokens go into one decode, so that running answers do not stand still for longer than they may.
// Learns from the decodes before; knows no sequences.

/** Part of the target that a decode may take; sampling and sending come on top. */
const margin = 0.8;
/** What a decode may take while nothing else runs: a cancel waits for it. */
const idleMs = 400;
const smallestTokens = 16;
/** Before anything was measured, beside a running answer. */
const unmeasuredTokens = 128;
/** A guess until anything was measured. */
const initialMsPerToken = 2;
const measureWeight = 0.3;

export interface PrefillPaceOptions {
  /** Prompt tokens in one decode at the most. */
  readonly chunkTokens: number;
  /** Null keeps chunks at their full length. */
  readonly stallTargetMs: number | null;
}

export interface PrefillPace {
  /** Prompt tokens for the next decode: of full length without a target, else a power of 2 that fits the time. */
  budget(beside: { readonly answers: boolean }): number;
  /** Takes in how long a decode with so many prompt tokens took; short ones tell little. */
  note(tokens: number, tookMs: number): void;
  msPerToken(): number;
}

export function createPrefillPace({ chunkTokens, stallTargetMs }: PrefillPaceOptions): PrefillPace {
  const smallest = stallTargetMs === null ? chunkTokens : Math.min(chunkTokens, smallestTokens);
  let measured: number | null = null;
  return {
    budget: ({ answers }) => {
      if (stallTargetMs === null) return chunkTokens;
      if (measured === null) return answers ? Math.min(chunkTokens, unmeasuredTokens) : chunkTokens;
      const fitting = Math.min(chunkTokens, (answers ? stallTargetMs * margin : idleMs) / measured);
      return Math.min(chunkTokens, smallest * 2 ** Math.max(0, Math.floor(Math.log2(fitting / smallest))));
    },
    note: (tokens, tookMs) => {
      if (tokens < smallest) return;
      const now = tookMs / tokens;
      measured = measured === null ? now : measured + measureWeight * (now - measured);
    },
    msPerToken: () => measured ?? initialMsPerToken,
  };
}
