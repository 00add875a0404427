// Every goal with the rounds of the long run and of the short one in `npm test`.
import type { Figures } from './figures.ts';
import { r1Seams } from './r1-seams.ts';
import { r2NoByteYet } from './r2-no-byte-yet.ts';
import { r3Hangs } from './r3-hangs.ts';
import { r4ServerKilled } from './r4-server-killed.ts';
import { r9ManyStarts } from './r9-many-starts.ts';
import { r10ClientsLeave, r11Impatience } from './r10-clients-leave.ts';
import { r10EveryState } from './r10-every-state.ts';
import { r16Stop } from './r16-stop.ts';
import { r17DiesAtLoad } from './r17-dies-at-load.ts';

export interface Experiment {
  readonly name: string;
  readonly long: () => Figures;
  readonly short: () => Figures;
}

export const experiments: readonly Experiment[] = [
  { name: 'R1', long: () => r1Seams({ mlx: 25, llama: 25 }), short: () => r1Seams({ mlx: 1, llama: 2 }) },
  {
    name: 'R2',
    long: () => r2NoByteYet({ scripted: 10, llama: 3, mlx: 2 }),
    short: () => r2NoByteYet({ scripted: 1, llama: 0, mlx: 0 }),
  },
  {
    name: 'R3',
    long: () => r3Hangs({ scripted: 5, llama: 4, mlx: 2 }, 6000),
    short: () => r3Hangs({ scripted: 1, llama: 0, mlx: 0 }, 2000),
  },
  { name: 'R4', long: () => r4ServerKilled(100), short: () => r4ServerKilled(6) },
  { name: 'R9', long: () => r9ManyStarts(20), short: () => r9ManyStarts(4) },
  {
    name: 'R10',
    long: () => both(r10ClientsLeave({ llama: 4, mlx: 2 }), r10EveryState(5)),
    short: () => both(r10ClientsLeave({ llama: 1, mlx: 0 }), r10EveryState(1)),
  },
  { name: 'R11', long: () => r11Impatience({ llama: 5, mlx: 1 }), short: () => r11Impatience({ llama: 1, mlx: 0 }) },
  { name: 'R16', long: () => r16Stop(3), short: () => r16Stop(1) },
  { name: 'R17', long: () => r17DiesAtLoad(20), short: () => r17DiesAtLoad(4) },
];

async function* both(first: Figures, second: Figures): Figures {
  yield* first;
  yield* second;
}
