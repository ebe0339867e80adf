import { isList, isRead, patternOf, type ReadVariable } from './variables.ts';

/** A part of a log format: text, or a variable. */
export type Part = { readonly text: string } | { readonly variable: string };

/**
 * A compiled stretch: the part of a format between two quotes, before the first one or after the last one.
 * nginx escapes the quotes in values, so a line has exactly the quotes of its format, and no value extends
 * beyond its stretch.
 */
export interface Stretch {
  readonly variables: readonly ReadVariable[];
  /** Lists that a user could make longer, because a value that the user decides follows them. */
  readonly prolonged: readonly ReadVariable[];
  /** The values of `variables`; undefined if the text does not match this stretch. */
  match(text: string): readonly string[] | undefined;
}

export type Compiled = { readonly stretch: Stretch } | { readonly unusable: string };

/** Characters that may be part of a value, so that they cannot mark its end. */
const OF_A_VALUE = /[\w.:+/-]/;
const OF_AN_ADDRESS = /[\w.:[\]/-]/;

/**
 * Compiles one stretch. A value that a user decides ("free": `$request`, `$http_user_agent`, `$req_id`) may
 * imitate anything in the same stretch. So variables are read only from the left up to the first free value,
 * and from the right down to the last one. A format with a variable to read between two free values is not
 * usable.
 */
export function compileStretch(parts: readonly Part[]): Compiled {
  const free = parts.flatMap((part, index) => (isFree(part) ? [index] : []));
  const [first, last] = [free[0] ?? parts.length, free.at(-1) ?? -1];
  const taken = new Set<string>();
  const variables: ReadVariable[] = [];
  const prolonged: ReadVariable[] = [];
  let left = '';
  let right = '';
  for (const [index, part] of parts.entries()) {
    if (isFree(part)) {
      right = '';
      continue;
    }
    const isRight = index > first;
    let pattern = 'text' in part ? escaped(part.text) : (patternOf(part.variable) ?? '');
    if ('variable' in part && isRead(part.variable) && !taken.has(part.variable)) {
      const fault = faultOf(parts, index, first, last);
      if (fault) return { unusable: fault };
      taken.add(part.variable);
      variables.push(part.variable);
      pattern = `(${pattern})`;
      if (isList(part.variable) && isBeforeFree(parts, index)) prolonged.push(part.variable);
    }
    // the beginning of a list after a free value is uncertain, so nothing before it is matched
    if (isRight && 'variable' in part && isList(part.variable)) right = '';
    else if (isRight) right += pattern;
    else left += pattern;
  }
  const fault = variables.length > 0 ? borderFault(parts) : undefined;
  if (fault) return { unusable: fault };
  return { stretch: { variables, prolonged, match: matcherOf(parts, left, free.length > 0, right) } };
}

/** Why a variable cannot be read reliably; undefined if it can. */
function faultOf(parts: readonly Part[], index: number, first: number, last: number): string | undefined {
  const name = nameAt(parts, index);
  const hasListLater = parts.some((part, at) => at >= index && 'variable' in part && isList(part.variable));
  if (index > first && (index < last || hasListLater)) {
    return `$${name} is unquoted after $${nameAt(parts, first)}, which a user's request can fill with anything.`;
  }
  return undefined;
}

/**
 * Why two consecutive variables cannot be told apart, if one of them is read or both have a pattern;
 * undefined if they can.
 */
function borderFault(parts: readonly Part[]): string | undefined {
  for (const [index, part] of parts.entries()) {
    if ('text' in part) continue;
    const next = parts[index + 1];
    const isLast = index + 1 >= parts.length || (index + 2 === parts.length && next && 'text' in next);
    if (isLast || !next) continue;
    const text = 'text' in next ? next.text : '';
    const other = nameAt(parts, index + ('text' in next ? 2 : 1));
    const pair = [part.variable, other];
    const matters = pair.some(isRead) || pair.every((each) => patternOf(each) !== undefined);
    if (matters && !isBorder(part.variable, text, other)) {
      return `the text between $${part.variable} and $${other} does not tell them apart.`;
    }
  }
  return undefined;
}

/**
 * Whether a text marks the end of the value before it, or, if that is free, the beginning of the value after
 * it.
 */
function isBorder(before: string, text: string, after: string): boolean {
  if (text === '') return false;
  if (patternOf(before) === undefined) return !classOf(after).test(text.at(-1) ?? '');
  if (isList(before) && /^(?:,| :)/.test(text)) return false;
  return !classOf(before).test(text.charAt(0));
}

function classOf(variable: string): RegExp {
  return variable === 'upstream_addr' ? OF_AN_ADDRESS : OF_A_VALUE;
}

function matcherOf(
  parts: readonly Part[],
  left: string,
  hasFree: boolean,
  right: string,
): (text: string) => readonly string[] | undefined {
  const [only] = parts;
  if (parts.length === 0) return (text) => (text === '' ? [] : undefined);
  if (parts.length === 1 && only && 'text' in only) return (text) => (text === only.text ? [] : undefined);
  if (left === '' && right === '') return () => [];
  const pattern = new RegExp(`^${left}${hasFree ? `.*${right}` : ''}$`, 's');
  return (text) => pattern.exec(text)?.slice(1);
}

/** Whether a free value follows, with one text in between. */
function isBeforeFree(parts: readonly Part[], index: number): boolean {
  const next = parts[index + 2];
  return next !== undefined && isFree(next);
}

function isFree(part: Part): boolean {
  return 'variable' in part && patternOf(part.variable) === undefined;
}

function nameAt(parts: readonly Part[], index: number): string {
  const part = parts[index];
  return part && 'variable' in part ? part.variable : '';
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
