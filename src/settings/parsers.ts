import { parseDuration, shorten } from './duration.ts';
import { readEach } from './faults.ts';

/**
 * Parses the text of one setting. Throws an Error whose message continues the setting's name: "`port` is not
 * …".
 */
export type Parser<T> = (text: string) => T;

/** One of a few words, in any case. */
export function word<const W extends readonly string[]>(words: W): Parser<W[number]> {
  return (text) => {
    const lower = text.trim().toLowerCase();
    if (words.includes(lower)) return lower;
    throw new Error(`"${shorten(text)}" is not one of ${words.join(', ')}`);
  };
}

/** Any text, unchanged. */
export const text: Parser<string> = (given) => given;

/** One line: trimmed, without control characters. */
export const line: Parser<string> = (given) => {
  const trimmed = given.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  if (/[\u0000-\u001f\u007f]/.test(trimmed))
    throw new Error('contains a line break or another control character');
  return trimmed;
};

/** The path of a page: a name that ends in `.html`. */
export const pagePath: Parser<string> = (given) => {
  const path = line(given);
  if (!/[^/\\]\.html$/.test(path)) throw new Error(`"${shorten(path)}" does not end in .html`);
  return path;
};

export const flag: Parser<boolean> = (given) => {
  const lower = given.trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(lower)) return true;
  if (['false', 'no', 'off', '0'].includes(lower)) return false;
  throw new Error(`"${shorten(given)}" is not a boolean; write true or false`);
};

/**
 * A YAML list as Drone passes it: elements joined with commas, unescaped; or JSON if one element is a list or
 * map.
 */
export const list: Parser<readonly string[]> = (given) => {
  const trimmed = given.trim();
  if (trimmed.startsWith('[')) return jsonList(trimmed);
  return trimmed
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
};

/**
 * The duration of a lease, in milliseconds. Kubernetes counts whole seconds; less than 5 s does not leave
 * time for a renewal with a slow answer.
 */
export const lease: Parser<number> = (given) => {
  const ms = parseDuration(given.trim());
  if (ms < 5000 || ms % 1000 !== 0)
    throw new Error(`"${shorten(given)}" is not a whole number of seconds of at least 5s`);
  return ms;
};

/** A percentage such as `1%`, as a share from 0 to 1. */
export const percent: Parser<number> = (given) => {
  const found = /^(\d{1,3}(?:\.\d{1,6})?) ?%?$/.exec(given.trim());
  const share = Number(found?.[1]) / 100;
  if (!(share >= 0 && share <= 1)) throw new Error(`"${shorten(given)}" is not a percentage such as 1%`);
  return share;
};

/** Two scores such as `95, 75`: the lowest one that passes, and the lowest one that is marginal. */
export const thresholds: Parser<{ pass: number; marginal: number }> = (given) => {
  const [pass, marginal = pass, ...rest] = list(given).map(Number);
  const isScore = (score: number | undefined): score is number =>
    score !== undefined && score >= 0 && score <= 100;
  if (!isScore(pass) || !isScore(marginal) || marginal > pass || rest.length > 0) {
    throw new Error(
      `"${shorten(given)}" is not two scores from 0 to 100 with the higher one first, such as 95, 75`,
    );
  }
  return { pass, marginal };
};

/** A header's name, with or without a value: `X-Canary` or `X-Canary=tester`. */
export const oneHeader: Parser<{ name: string; value?: string }> = (given) => {
  const [, name = '', value] = /^([A-Za-z0-9-]{1,64})(?:=([\w.-]{1,64}))?$/.exec(given.trim()) ?? [];
  if (name === '') throw new Error(`"${shorten(given)}" is not a header such as X-Canary or X-Canary=tester`);
  return value === undefined ? { name } : { name, value };
};

/** A header's name, and a regular expression for its value: `X-Tenant=^(beta|staff)-`. */
export const headerPattern: Parser<{ name: string; pattern: string }> = (given) => {
  const [, name = '', pattern = ''] = /^([A-Za-z0-9-]{1,64})=(.+)$/.exec(given.trim()) ?? [];
  if (name === '')
    throw new Error(`"${shorten(given)}" is not a header with a pattern such as X-Tenant=^beta-`);
  // ingress-nginx ignores an annotation with any other character (parser.IsValidRegex)
  if (!/^[A-Za-z0-9\-._~/^$[\](){}*+?|&=\\]+$/.test(pattern))
    throw new Error(`"${shorten(pattern)}" has characters that ingress-nginx does not allow in a pattern`);
  if (!isPattern(pattern)) throw new Error(`"${shorten(pattern)}" is not a regular expression`);
  return { name, pattern };
};

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

export const cookieName: Parser<string> = (given) => {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(given.trim()))
    throw new Error(`"${shorten(given)}" is not a cookie name`);
  return given.trim();
};

export const port: Parser<number> = (given) => {
  const value = Number(/^\d{1,5}$/.exec(given.trim())?.[0]);
  if (!(value >= 1 && value <= 65_535))
    throw new Error(`"${shorten(given)}" is not a port number (1 to 65535)`);
  return value;
};

export const integers: Parser<readonly number[]> = (given) =>
  readEach(list(given), (item) => {
    if (!/^\d{1,9}$/.test(item)) throw new Error(`"${shorten(item)}" is not a whole number`);
    return Number(item);
  });

export const url: Parser<string> = (given) => {
  const trimmed = given.trim();
  if (isHttp(trimmed)) return trimmed;
  throw new Error(`"${shorten(withoutSecrets(trimmed))}" is not an http or https URL`);
};

/** The URL of an API server. If only the scheme is missing, the message has the corrected URL. */
export const apiServer: Parser<string> = (given) => {
  const address = given.trim();
  if (isHttp(address)) return address;
  const lacksScheme = !/:\/\/|[@?]/.test(address) && isHttp(`https://${address}`);
  const hint = lacksScheme ? `; write https://${shorten(address)}` : '';
  throw new Error(`"${shorten(withoutSecrets(address))}" is not an http or https URL${hint}`);
};

function isHttp(address: string): boolean {
  return /^https?:$/.test(URL.parse(address)?.protocol ?? '');
}

export const urls: Parser<readonly string[]> = (given) => readEach(list(given), url);

/**
 * Headers: a map, or a list of `Name=value` as in plugins/webhook. Messages show names only, because a value
 * may be a secret; a name that is not valid may be one too.
 */
export const headers: Parser<Readonly<Record<string, string>>> = (given) => {
  const trimmed = given.trim();
  const pairs = trimmed.startsWith('{')
    ? Object.entries(json(trimmed) as Record<string, unknown>)
    : readEach(list(trimmed), (item, index): [string, string] => {
        const equals = item.indexOf('=');
        if (equals < 1) throw new Error(`element ${index + 1} is not of the form Name=value`);
        return [item.slice(0, equals).trim(), item.slice(equals + 1).trim()];
      });
  return Object.fromEntries(readEach(pairs, ([name, value], index) => header(index + 1, name, value)));
};

/** PEM, or the base64 of it. Turns `\n` back into line breaks, because some secret stores write them so. */
export const pem: Parser<string> = (given) => {
  const plain = given.includes('-----BEGIN') ? given : Buffer.from(given, 'base64').toString('utf8');
  if (!plain.includes('-----BEGIN')) throw new Error('must be PEM (-----BEGIN …) or the base64 of PEM');
  return plain.replaceAll('\\n', '\n');
};

function jsonList(given: string): string[] {
  const parsed = json(given);
  if (!Array.isArray(parsed)) throw new Error('is not a list');
  return parsed
    .map((item) => {
      if (typeof item === 'object' && item !== null) {
        throw new Error('contains a map or a list; its elements must be strings or numbers');
      }
      return String(item ?? '').trim();
    })
    .filter((item) => item !== '');
}

/** Parses JSON. The message shows the first character only, because the text may contain a secret. */
function json(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    throw new Error(`begins with "${given.slice(0, 1)}" but is not valid JSON`);
  }
}

function header(position: number, name: string, value: unknown): [string, string] {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
    throw new Error(`element ${position} has no valid header name`);
  }
  if (typeof value === 'object')
    throw new Error(`the value of ${shorten(name)} must be a string, a number or a boolean`);
  const text = String(value);
  if (/[\r\n]/.test(text)) throw new Error(`the value of ${shorten(name)} contains a line break`);
  return [name, text];
}

/** An invalid address without user, password and query, which may be credentials. */
function withoutSecrets(address: string): string {
  return address.replace(/^([a-z]+:\/\/)?.*@/is, '$1***@').replace(/\?.*$/s, '?…');
}
