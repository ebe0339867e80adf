/** One line of a metrics page: `name{label="value"} 1027`. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** A number in the decimal forms of Go's strconv.ParseFloat, as exporters write it. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** Limit for the length of a number. A longer one is hostile. */
const LONGEST_NUMBER = 64;

/**
 * The samples of the named metrics on a page in the Prometheus text format (prometheus/docs, "Exposition
 * formats"; OpenMetrics differs only in what is left out here). All other lines are skipped without a parse,
 * so that a page of megabytes can be read once a second. Timestamps, exemplars and lines that do not parse
 * are ignored. For each name, the time is linear in the page's length.
 *
 * @param names full names, with `_bucket` or `_count` for a histogram
 */
export function readSamples(page: string, names: readonly string[]): Sample[] {
  const samples: Sample[] = [];
  for (const name of new Set(names)) {
    if (name === '') continue;
    const needle = `\n${name}`;
    let start = page.startsWith(name) ? 0 : after(page.indexOf(needle));
    while (start !== -1) {
      const end = page.indexOf('\n', start);
      const sample = parseLine(end === -1 ? page.slice(start) : page.slice(start, end), name);
      if (sample) samples.push(sample);
      start = end === -1 ? -1 : after(page.indexOf(needle, end));
    }
  }
  return samples;
}

/** The begin of the line after a newline; -1 stays. */
function after(newline: number): number {
  return newline === -1 ? -1 : newline + 1;
}

/**
 * The sample of a line that begins with the name; undefined if the line's name is longer (another metric), or
 * if the line does not parse.
 */
function parseLine(line: string, name: string): Sample | undefined {
  const labels = new Map<string, string>();
  let at = skipBlanks(line, name.length);
  if (line[at] === '{') at = readLabels(line, at + 1, labels);
  else if (at === name.length) return undefined;
  if (at === -1) return undefined;
  const value = parseNumber(wordAt(line, skipBlanks(line, at)));
  return value === undefined ? undefined : { name, labels, value };
}

/**
 * Reads labels up to and including the closing brace. Returns the index after it, or -1 if the line is
 * malformed.
 */
function readLabels(line: string, start: number, labels: Map<string, string>): number {
  const hasEscapes = line.includes('\\');
  let at = skipBlanks(line, start);
  while (line[at] !== '}') {
    const equals = line.indexOf('=', at);
    if (equals === -1) return -1;
    const quote = skipBlanks(line, equals + 1);
    if (line[quote] !== '"') return -1;
    const close = hasEscapes ? closingQuote(line, quote + 1) : line.indexOf('"', quote + 1);
    if (close === -1) return -1;
    const value = line.slice(quote + 1, close);
    labels.set(line.slice(at, equals).trim(), hasEscapes ? unescaped(value) : value);
    at = skipBlanks(line, close + 1);
    if (line[at] === ',') at = skipBlanks(line, at + 1);
    else if (line[at] !== '}') return -1;
  }
  return at + 1;
}

/** The index of the first quote without a backslash before it. */
function closingQuote(line: string, start: number): number {
  for (let at = start; at < line.length; at += 1) {
    const char = line[at];
    if (char === '"') return at;
    if (char === '\\') at += 1;
  }
  return -1;
}

function unescaped(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char))
    : text;
}

function skipBlanks(line: string, start: number): number {
  let at = start;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  return at;
}

function wordAt(line: string, start: number): string {
  let at = start;
  while (at < line.length && at - start <= LONGEST_NUMBER && !' \t\r'.includes(line[at] ?? '')) at += 1;
  return line.slice(start, at);
}

function parseNumber(word: string): number | undefined {
  if (word.length <= LONGEST_NUMBER && NUMBER.test(word)) return Number(word);
  if (/^nan$/i.test(word)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(word);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
