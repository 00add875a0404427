// Whether an answer is what it must be, given what struck its worker meanwhile.
import { sharedLength } from '../harness/cases.ts';
import { type Answer, endedOnce } from '../harness/client.ts';
import { llama } from '../harness/server.ts';
import type { Flight } from './crowd.ts';
import type { References } from './orders.ts';
import { isLethal } from './plan.ts';

/** How a request ended rightly, or else what is wrong with it. */
export type Verdict =
  | { readonly kind: 'identical' | 'left' | 'crashed-twice' | 'parted-behind-seam' | 'parted-by-batch' }
  | { readonly kind: 'violation'; readonly what: string };

const violation = (what: string): Verdict => ({ kind: 'violation', what });

/** Characters by which a text must resemble a stranger's more than its own before it counts as the stranger's. */
const leeway = 12;

export function judge(flight: Flight, answer: Answer, references: References): Verdict {
  const { order, strikes, hung } = flight;
  const { expected, model, stream } = order;
  const isPrefix = expected.text.startsWith(answer.text);
  if (hung) return violation('no end within four minutes');
  if (answer.left && !(answer.finishReason !== null && endedOnce(answer, stream))) {
    return isPrefix || model === llama ? { kind: 'left' } : violation(`wrong text before it left: ${answer.text}`);
  }
  if (answer.code === 'worker_crashed') {
    const crashes = strikes.filter(({ kill }) => isLethal(kill)).length;
    if (crashes < 2) return violation(`worker_crashed, but ${crashes} kills while it was in flight`);
    return isPrefix || model === llama ? { kind: 'crashed-twice' } : violation(`wrong text: ${answer.text}`);
  }
  if (!endedOnce(answer, stream)) return violation(endOf(answer));
  if (answer.text === expected.text) {
    if (answer.completionTokens === expected.tokens) return { kind: 'identical' };
    return violation(`${answer.completionTokens} tokens counted, not ${expected.tokens}`);
  }
  return model === llama ? judgeParted(flight, answer, references) : violation(`wrong text: ${answer.text}`);
}

/** llama.cpp's kernels differ by batch shape: a near-tie may fall otherwise, behind a seam or in other company. */
function judgeParted({ order, strikes }: Flight, { text }: Answer, references: References): Verdict {
  const own = sharedLength(text, order.expected.text);
  const stranger = references
    .get(llama)!
    .find((other) => other !== order.expected && sharedLength(text, other.text) > own + leeway);
  if (stranger !== undefined) return violation(`the words of another request: ${text}`);
  const seam = strikes.find(({ kill }) => isLethal(kill));
  const isBehindSeam = seam !== undefined && (!order.stream || own >= seam.textLength);
  return { kind: isBehindSeam ? 'parted-behind-seam' : 'parted-by-batch' };
}

const endOf = ({ status, code, finishes, dones, afterEnd, broken }: Answer): string =>
  `status ${status}, code ${code}, ${finishes} finish reasons, ${dones} [DONE], ${afterEnd} behind it${broken ? ', connection broken' : ''}`;
