// The clients of the soak run: each asks one thing after another until it is told to stop, and judges every answer.
import { type Answer, ask } from '../faults/harness/client.ts';
import { type Random, seeded } from '../faults/harness/seeded.ts';
import { delay } from '../faults/harness/wait.ts';
import { type Act, badRequests, problemWith, type References, realModels, scriptedAct } from './acts.ts';

export interface Tally {
  answered: number;
  left: number;
  refused: number;
  crashed: number;
  /** Of the real models, and of those whose words were those of the undisturbed server. */
  real: number;
  identical: number;
  readonly problems: string[];
}

export interface CrowdOptions {
  readonly port: number;
  readonly seed: number;
  readonly references: References;
  readonly scriptedClients: number;
}

/** An answer that has not ended after this is taken for a hang. */
const patienceMs = 180_000;

export class Crowd {
  readonly tally: Tally = { answered: 0, left: 0, refused: 0, crashed: 0, real: 0, identical: 0, problems: [] };
  readonly #options: CrowdOptions;
  readonly #flights = new Map<string, Set<{ strikes: number }>>();
  readonly #answeredSince = new Map<string, number>();
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const scripted = Array.from({ length: options.scriptedClients }, (_, index) => this.#scriptedClient(index));
    this.#clients = [...scripted, ...realModels.map((model) => this.#realClient(model)), this.#badClient()];
  }

  /** The worker of `model` was killed: whoever is under way was struck. */
  struck(model: string): void {
    for (const flight of this.#flights.get(model) ?? []) flight.strikes += 1;
    this.#answeredSince.delete(model);
  }

  /** Whether its worker has proved itself since it was struck last: one that dies barren again and again is held back. */
  hasAnswered(model: string): boolean {
    return (this.#answeredSince.get(model) ?? 0) > 1;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #scriptedClient(index: number): Promise<void> {
    for (let number = 0; !this.#stopped; number += 1) {
      const random = seeded(this.#options.seed + index, number);
      await this.#serve(scriptedAct(random, number * 100 + index));
      await delay(random.whole(5, 60));
    }
  }

  async #realClient(model: string): Promise<void> {
    const acts = this.#options.references.get(model)!;
    for (let number = 0; !this.#stopped; number += 1) {
      const act = acts[number % acts.length]!;
      const answer = await this.#serve(act);
      this.tally.real += 1;
      this.tally.identical += Number(answer.text === act.text);
      await delay(this.#random(model, number).whole(100, 600));
    }
  }

  #random(name: string, number: number): Random {
    return seeded(this.#options.seed + name.length, number);
  }

  async #badClient(): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    for (let number = 0; !this.#stopped; number += 1) {
      const [path, body, status] = badRequests[number % badRequests.length]!;
      const url = `http://127.0.0.1:${this.#options.port}${path}`;
      const response = await fetch(url, { method: 'POST', headers, body });
      const text = await response.text();
      this.tally.refused += 1;
      if (response.status !== status || !text.startsWith('{"error":'))
        this.tally.problems.push(`${body.slice(0, 60)}: ${response.status}, not ${status}`);
      await delay(this.#random('bad', number).whole(50, 250));
    }
  }

  async #serve(act: Act): Promise<Answer> {
    const { question, leavesAfter } = act;
    const { model } = question;
    const flight = { strikes: 0 };
    const flights = this.#flights.get(model) ?? new Set();
    this.#flights.set(model, flights.add(flight));
    const asked = ask({
      port: this.#options.port,
      ...question,
      onPiece: (pieces) => {
        if (pieces === leavesAfter) asked.leave(pieces % 2 === 0 ? 'fin' : 'rst');
      },
    });
    let hung = false;
    const impatience = setTimeout(() => {
      hung = true;
      asked.leave('fin');
    }, patienceMs);
    const answer = await asked.answer;
    clearTimeout(impatience);
    flights.delete(flight);
    const problem = hung ? `${model}: no end in ${patienceMs / 1000} s` : problemWith(act, answer, flight.strikes);
    if (problem !== undefined) this.tally.problems.push(problem);
    this.tally.answered += 1;
    this.tally.left += Number(answer.left);
    this.tally.crashed += Number(answer.code === 'worker_crashed');
    if (answer.status === 200 && !answer.left)
      this.#answeredSince.set(model, (this.#answeredSince.get(model) ?? 0) + 1);
    return answer;
  }
}
