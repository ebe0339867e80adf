/** What becomes of the process that sends a write: dead before it is carried out, or after it, with its answer lost. */
export type Fate = 'kill-before' | 'kill-after' | undefined;

/** The writes that came from each process, known by its token. */
export interface Writes {
  /** Takes a token's next write down, such as `update leases/drone-promote-web`, and says what becomes of its process. */
  take(token: string, label: string): Fate;
  /** Decides that, from the write's number (the first is 1). */
  decide(token: string, fate: (n: number) => Fate): void;
  of(token: string): readonly string[];
}

export function createWrites(): Writes {
  const labels = new Map<string, string[]>();
  const fates = new Map<string, (n: number) => Fate>();
  return {
    take(token, label) {
      const taken = labels.get(token) ?? [];
      labels.set(token, taken);
      const n = taken.push(label);
      return fates.get(token)?.(n);
    },
    decide: (token, fate) => {
      fates.set(token, fate);
    },
    of: (token) => labels.get(token) ?? [],
  };
}
