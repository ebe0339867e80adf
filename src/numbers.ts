/** `1,350` */
export function thousands(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** A rate, 0 to 1, with two digits that say something. */
export function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(2))} %`;
}
