// The sequences of the context: gives each admitted request a slot with whatever cells it can reuse, takes it back.
// Owns which slot is busy and what each still holds; must be called between decodes only.
import type { Sampling } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';
import { clearCells, prepareCells } from './cells.ts';
import type { LoadedModel } from './load-model.ts';
import type { Sequence } from './sequence.ts';
import { createSlots, placePrompt, type Slot } from './slots.ts';
import { type BarredTokens, createTokenSampler, type TokenSampler } from './token-sampler.ts';

/** Copying cells goes at about this speed on the slowest machines; it decides between a copy and a prefill. */
const copyBytesPerMs = 4e6;
/** A first guess, soon replaced by measurement. */
const initialPrefillMsPerToken = 2;
const measureWeight = 0.3;

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
  #prefillMsPerToken = initialPrefillMsPerToken;

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#slots = createSlots(model.sequences);
  }

  /** Seats the sequence and sets how much of it is evaluated already. False when every slot is busy. */
  async take(sequence: Sequence, running: readonly Sequence[]): Promise<boolean> {
    for (const { place, tokens, evaluated } of running) {
      if (place) place.slot.kept = tokens.subarray(0, evaluated);
    }
    const placement = placePrompt(this.#slots, {
      tokens: sequence.tokens.subarray(0, sequence.length),
      reuse: this.#model.reusesPrefixes && sequence.promptScores === null,
      copyPays: (shared) => this.#model.slotBytes / copyBytesPerMs < shared * this.#prefillMsPerToken,
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

  #samplerFor({ request }: Sequence): TokenSampler {
    const sampling: Sampling = request.sampling;
    const barred = barredEnds(request, this.#model.endTokens);
    const sampler = createTokenSampler({ ...this.#model, sampling, topLogprobs: request.topLogprobs, barred });
    for (const token of request.resume) sampler.accept(token);
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

  /** How long a decode that was mostly prefill took. */
  notePrefill(tookMs: number, tokens: number): void {
    this.#prefillMsPerToken += measureWeight * (tookMs / tokens - this.#prefillMsPerToken);
  }
}
