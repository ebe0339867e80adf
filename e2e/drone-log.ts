// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what Drone looks for
const CARD = /\u001b\]1338;(.*?)\u001b\]0m\n/g;

/** The log as Drone shows it: its runner takes the card out (drone/runner-go, livelog/extractor). */
export function withoutCard(output: string): string {
  return output.replace(CARD, '');
}

/** The cards that a step left; Drone shows one. */
export function cardsOf(output: string): { schema: string; data: Record<string, unknown> }[] {
  return [...output.matchAll(CARD)].map(([, text = '']) =>
    JSON.parse(Buffer.from(text, 'base64').toString()),
  );
}
