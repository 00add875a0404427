// The sequences of the context: gives each admitted request a slot with whatever cells it can reuse, takes it back.
// Owns which slot is busy and what each still holds; must be called between decodes only.
import type { Sampling } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';
import { clearCells, prepareCells } from './cells.ts';
import type { LoadedModel } from './load-model.ts';
import type { PrefillPace } from './prefill-pace.ts';
import { knownTokens, type Sequence } from './sequence.ts';
import { isWorthWaiting } from './shared-prefill.ts';
import { createSlots, placePrompt, type Slot } from './slots.ts';
import { isPrefilling } from './step-plan.ts';
import { type BarredTokens, createTokenSampler, type TokenSampler } from './token-sampler.ts';

/** Copying cells goes at about this speed on the slowest machines; it decides between a copy and a prefill. */
const copyBytesPerMs = 4e6;

export interface Seated {
  readonly running: readonly Sequence[];
  readonly paused: readonly Sequence[];
}

/** The tokens that would end the answer, for as long as it must go on. */
function barredEnds({ ending }: Generate, endTokens: readonly number[]): BarredTokens | null {
  if (ending === undefined || ending.minTokens === 0) return null;
  const tokens = [...(ending.ignoreEnd ? [] : endTokens), ...ending.stopTokenIds];
  return { tokens: [...new Set(tokens)], before: ending.minTokens };
}

export class SlotPool {
  readonly #model: LoadedModel;
  readonly #slots: readonly Slot[];
  #uses = 0;
  readonly #pace: PrefillPace;

  constructor(model: LoadedModel, pace: PrefillPace) {
    this.#model = model;
    this.#pace = pace;
    this.#slots = createSlots(model.sequences + model.pausable);
  }

  /** Whether the sequence should wait until one that runs has computed the beginning that they share. */
  isWorthWaiting(sequence: Sequence, { running, paused }: Seated): boolean {
    if (!this.#model.reusesPrefixes) return false;
    this.#noteKept({ running, paused });
    const filling = running.filter(isPrefilling);
    const beingFilled = new Set(filling.map(({ place }) => place?.slot));
    return isWorthWaiting({
      tokens: knownTokens(sequence),
      held: this.#slots.filter((slot) => !beingFilled.has(slot)).map(({ kept }) => kept),
      filling: filling.map((each) => ({ tokens: knownTokens(each), evaluated: each.evaluated })),
      copyPays: this.#copyPays,
    });
  }

  /**
   * Seats the sequence and sets how much of it is evaluated already. False when every slot is busy. As many slots as
   * can run together are in use, and one more for each paused sequence: llama.cpp computes only neighbours together.
   */
  async take(sequence: Sequence, seated: Seated): Promise<boolean> {
    this.#noteKept(seated);
    const placement = placePrompt(this.#slots, {
      tokens: knownTokens(sequence),
      usable: this.#model.sequences + seated.paused.length,
      leastTokens: this.#model.tailTokens + 1,
      reuse: this.#model.reusesPrefixes && sequence.promptScores === null,
      copyPays: this.#copyPays,
    });
    if (placement === null) return false;
    const { slot } = placement;
    this.#uses += 1;
    slot.busy = true;
    slot.lastUse = this.#uses;
    sequence.place = { slot, sampler: this.#samplerFor(sequence) };
    const { native, slidingWindow } = this.#model;
    sequence.evaluated = await prepareCells({ context: native.context, slidingWindow }, placement);
    sequence.cached = Math.min(sequence.evaluated, sequence.promptLength);
    return true;
  }

  readonly #copyPays = (tokens: number): boolean =>
    this.#model.slotBytes / copyBytesPerMs < tokens * this.#pace.msPerToken();

  #noteKept({ running, paused }: Seated): void {
    for (const { place, tokens, evaluated } of [...running, ...paused]) {
      if (place) place.slot.kept = tokens.subarray(0, evaluated);
    }
  }

  #samplerFor({ request, form, given }: Sequence): TokenSampler {
    const sampling: Sampling = request.sampling;
    const barred = barredEnds(request, this.#model.endTokens);
    const sampler = createTokenSampler({ ...this.#model, sampling, topLogprobs: request.topLogprobs, barred, form });
    for (const token of given) sampler.accept(token);
    return sampler;
  }

  /** Frees the slot; what was evaluated stays there for the next turn. Nothing happens without a slot. */
  release(sequence: Sequence): void {
    if (sequence.place === null) return;
    const { slot, sampler } = sequence.place;
    slot.kept = sequence.tokens.slice(0, sequence.evaluated);
    slot.busy = false;
    sampler.dispose();
    sequence.place = null;
  }

  /** After a decode that failed nobody knows what its cells hold. */
  forgetCells(sequence: Sequence): void {
    sequence.evaluated = 0;
    if (sequence.place) clearCells(this.#model.native.context, sequence.place.slot.id);
  }
}
