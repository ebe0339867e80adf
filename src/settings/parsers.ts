import { shown } from './duration.ts';

/** A parser of one setting's text. Throws an Error whose message goes after the setting's name. */
export type Parser<T> = (text: string) => T;

/** One of a few words. */
export function word<const W extends readonly string[]>(words: W): Parser<W[number]> {
  return (text) => {
    const lower = text.toLowerCase();
    if (words.includes(lower)) return lower;
    throw new Error(`"${shown(text)}" is not one of ${words.join(', ')}`);
  };
}

/** Any text, as it is. */
export const text: Parser<string> = (given) => given;

/** A line: trimmed, without control characters. */
export const line: Parser<string> = (given) => {
  const trimmed = given.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(trimmed)) throw new Error('has a line break or another control character');
  return trimmed;
};

export const flag: Parser<boolean> = (given) => {
  const lower = given.trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(lower)) return true;
  if (['false', 'no', 'off', '0'].includes(lower)) return false;
  throw new Error(`"${shown(given)}" is neither true nor false`);
};

/** A YAML list as Drone hands it over: elements joined with commas, unescaped; or JSON, where one of them was no scalar. */
export const list: Parser<readonly string[]> = (given) => {
  const trimmed = given.trim();
  if (trimmed.startsWith('[')) return jsonList(trimmed);
  return trimmed
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
};

export const integers: Parser<readonly number[]> = (given) =>
  list(given).map((item) => {
    if (!/^\d{1,9}$/.test(item)) throw new Error(`"${shown(item)}" is not a whole number`);
    return Number(item);
  });

export const urls: Parser<readonly string[]> = (given) =>
  list(given).map((item) => {
    const url = URL.canParse(item) ? new URL(item) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol)) {
      throw new Error(`"${shown(item)}" is not an http or https URL`);
    }
    return item;
  });

/** Headers: a map, or a list of `Name=value` as plugins/webhook has it. */
export const headers: Parser<Readonly<Record<string, string>>> = (given) => {
  const trimmed = given.trim();
  if (trimmed.startsWith('{')) {
    const parsed = json(trimmed);
    return Object.fromEntries(
      Object.entries(parsed as Record<string, unknown>).map(([name, value]) => header(name, String(value))),
    );
  }
  return Object.fromEntries(
    list(trimmed).map((item) => {
      const equals = item.indexOf('=');
      if (equals < 1) throw new Error(`"${shown(item)}" is not of the form Name=value`);
      return header(item.slice(0, equals).trim(), item.slice(equals + 1).trim());
    }),
  );
};

/** `deployment/NAME`. */
export const workload: Parser<{ kind: 'deployment'; name: string }> = (given) => {
  const [kind, name, ...rest] = given.trim().split('/');
  if (kind !== 'deployment' || name === undefined || rest.length > 0) {
    throw new Error(`"${shown(given)}" is not of the form deployment/NAME`);
  }
  return { kind: 'deployment', name: objectName(name) };
};

/** The name of a namespaced object (RFC 1123 subdomain, as Kubernetes checks it). */
export const objectName: Parser<string> = (given) => {
  const name = given.trim();
  if (name.length > 253 || !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    throw new Error(`"${shown(name)}" is not a name of Kubernetes: lower-case letters, digits, "-" and "."`);
  }
  return name;
};

export const objectNames: Parser<readonly string[]> = (given) => list(given).map(objectName);

function jsonList(given: string): string[] {
  const parsed = json(given);
  if (!Array.isArray(parsed)) throw new Error('is not a list');
  return parsed.map((item) => {
    if (typeof item === 'object' && item !== null) {
      throw new Error('has an element that is a map; its elements are plain values');
    }
    return String(item);
  });
}

function json(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    throw new Error(`begins like JSON and is none: ${shown(given)}`);
  }
}

function header(name: string, value: string): [string, string] {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw new Error(`"${shown(name)}" is not a header's name`);
  if (/[\r\n]/.test(value)) throw new Error(`the value of ${name} has a line break`);
  return [name, value];
}
