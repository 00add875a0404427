// Whether it pays to ask a draft model, judged by what steps with and without it took so far. Knows no tokens, only times.

export interface DraftPace {
  /** Whether the next step is to be one with a proposal. */
  pays(): boolean;
  noteDrafted(step: { readonly tokens: number; readonly tookMs: number }): void;
  notePlain(tookMs: number): void;
}

/** Steps with proposals before they are judged: one may be unlucky. */
const trialSteps = 4;
/** Tokens until what was slower is tried again, and what was measured is measured again: texts change. */
const renewedAfterTokens = 64;

interface Trial {
  steps: number;
  tokens: number;
  tookMs: number;
}

const untried = (): Trial => ({ steps: 0, tokens: 0, tookMs: 0 });

/** A plain step first, then a trial; from then on whichever was faster for a token. */
export function createDraftPace(): DraftPace {
  let plainMs: number | null = null;
  let trial = untried();
  let tokens = 0;
  const count = (more: number): void => {
    tokens += more;
    if (tokens < renewedAfterTokens) return;
    tokens = 0;
    plainMs = null;
    trial = untried();
  };
  return {
    pays: () => plainMs !== null && (trial.steps < trialSteps || trial.tookMs / trial.tokens <= plainMs),
    noteDrafted: (step) => {
      trial.steps += 1;
      trial.tokens += step.tokens;
      trial.tookMs += step.tookMs;
      count(step.tokens);
    },
    notePlain: (tookMs) => {
      plainMs ??= tookMs;
      count(1);
    },
  };
}
