/** The free addresses of a /16 such as `10.244.`, in turn: one that was given back is not given again soon, so that nobody still sends to it. */
export function createAddresses(prefix = '10.244.'): {
  take(): string;
  claim(address: string): void;
  free(address: string): void;
} {
  const taken = new Set<string>();
  const first = 256;
  const last = 255 * 256;
  let at = first;

  function next(): string {
    at = at + 1 < last ? at + 1 : first;
    return `${prefix}${Math.floor(at / 256)}.${at % 256}`;
  }

  return {
    take() {
      for (let tries = first; tries < last; tries += 1) {
        const address = next();
        if (taken.has(address) || /\.(0|255)$/.test(address)) continue;
        taken.add(address);
        return address;
      }
      throw new Error(`no address of ${prefix}0.0 is free`);
    },
    claim: (address) => void taken.add(address),
    free: (address) => void taken.delete(address),
  };
}
