/** Longer texts match nothing; they come from the registry. */
const MOST_CHARACTERS = 2000;

/** Whether the whole of a text is like the pattern, in which `*` stands for any characters. */
export function matches(pattern: string, text: string): boolean {
  if (text.length > MOST_CHARACTERS) return false;
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
