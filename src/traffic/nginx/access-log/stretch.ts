import { isList, isRead, patternOf, type ReadVariable } from './variables.ts';

/** A part of a log format: text, or a variable. */
export type Part = { readonly text: string } | { readonly variable: string };

/**
 * A stretch of a format between two quotes, or before the first or after the last one, as it is matched in a
 * line. nginx escapes the quotes in values, so that a line has exactly the quotes of its format: no value
 * reaches over the end of its stretch.
 */
export interface Stretch {
  readonly variables: readonly ReadVariable[];
  /** Lists whose end a user could prolong, because a value of theirs follows them. */
  readonly prolonged: readonly ReadVariable[];
  /** The values of `variables`; undefined if this is not the stretch of such a line. */
  match(text: string): readonly string[] | undefined;
}

export type Compiled = { readonly stretch: Stretch } | { readonly unusable: string };

/** A character that may stand in a value cannot tell where the value ends. */
const OF_A_VALUE = /[\w.:+/-]/;
const OF_AN_ADDRESS = /[\w.:[\]/-]/;

/**
 * Compiles one stretch. A value that a user decides ("free": `$request`, `$http_user_agent`, `$req_id`) may
 * imitate anything that stands in the same stretch. So what is read is matched from the left as far as the
 * first free value, and from the right as far as the last one; a format that has something to read between
 * two of them is not usable.
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
    // a list after a free value has no certain beginning, so that nothing before it is matched
    if (isRight && 'variable' in part && isList(part.variable)) right = '';
    else if (isRight) right += pattern;
    else left += pattern;
  }
  const fault = variables.length > 0 ? borderFault(parts) : undefined;
  if (fault) return { unusable: fault };
  return { stretch: { variables, prolonged, match: matcherOf(parts, left, free.length > 0, right) } };
}

/** Why a variable that is to be read cannot be read for certain. */
function faultOf(parts: readonly Part[], index: number, first: number, last: number): string | undefined {
  const name = nameAt(parts, index);
  const hasListLater = parts.some((part, at) => at >= index && 'variable' in part && isList(part.variable));
  if (index > first && (index < last || hasListLater)) {
    return `$${name} stands unquoted after $${nameAt(parts, first)}, which a user's request can fill with anything.`;
  }
  return undefined;
}

/**
 * Why two variables that follow each other cannot be told apart, if one of them is read, or both have a
 * pattern.
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
 * Whether a text shows the end of what stands before it, or, if that is free, the beginning of what stands
 * after it.
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

/** Whether a free value follows, with one text between. */
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
