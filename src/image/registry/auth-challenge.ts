/** A challenge of a `WWW-Authenticate` header: the scheme and the names of its parameters in lower case. */
export interface Challenge {
  scheme: string;
  params: Readonly<Record<string, string>>;
}

/** Limit for the length of a header; registries send less. */
const LIMIT = 8192;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const SPACE = /[ \t]*/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads a `WWW-Authenticate` header (RFC 9110, 11.6.1): several challenges in one header, quoted strings with
 * commas in them. Text that does not fit the grammar ends the parse; what was read before it counts. Linear
 * in the header's length.
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, LIMIT);
  const found: { scheme: string; params: [string, string][] }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const skip = (char: string): boolean => {
    take(SPACE);
    if (text[at] !== char) return false;
    at += 1;
    take(SPACE);
    return true;
  };
  for (;;) {
    while (skip(',')) {}
    const name = take(TOKEN)?.[0];
    if (name === undefined) break;
    const current = found.at(-1);
    if (current && skip('=')) {
      const value = take(QUOTED)?.[1]?.replace(/\\(.)/gs, '$1') ?? take(TOKEN)?.[0];
      if (value === undefined) break;
      current.params.push([name.toLowerCase(), value]);
      continue;
    }
    found.push({ scheme: name.toLowerCase(), params: [] });
    const before = at;
    take(SPACE);
    // `Negotiate dG9rZW4=`: a value without a name is not used
    if (at > before && !isParameter(text, at)) take(TOKEN68);
  }
  return found.map(({ scheme, params }) => ({
    scheme,
    // the first parameter of a name counts
    params: Object.fromEntries(params.toReversed()),
  }));
}

const PARAMETER = /[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ \t]*[^=, \t]/y;

function isParameter(text: string, at: number): boolean {
  PARAMETER.lastIndex = at;
  return PARAMETER.test(text);
}
