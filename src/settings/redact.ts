import type { Settings } from './settings.ts';
import { type Name, TABLE } from './table/index.ts';
import type { Setting } from './table/row.ts';

/** Shorter secrets are not masked: they would mask half of the log and protect nothing. */
const MIN_LENGTH = 4;
const MASK = '******';

/**
 * Lists the secret values of the settings, whole and line by line, in every form in which they may be
 * printed: plain, base64, URL-encoded and in JSON. Longer ones come first.
 */
export function secretsOf(settings: Settings): string[] {
  const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];
  const names = rows.filter(([name, row]) => row.secret && name !== 'kubeconfig').map(([name]) => name);
  const values = names.flatMap((name) => textsOf(settings[name]));
  const {
    username = '',
    password,
    urls,
    kubeconfig,
    config,
    registry_username = '',
    registry_password,
  } = settings;
  const inUrls = (urls ?? []).map((url) => new URL(url)).filter((url) => url.password !== '');
  const plain = [
    ...values.flatMap((value) => [value, ...linesOf(value)]),
    ...(kubeconfig === undefined ? [] : [kubeconfig, ...credentialsOf(kubeconfig)]),
    ...(config === undefined ? [] : dockerCredentialsOf(config)),
    ...(password === undefined ? [] : [`${username}:${password}`]),
    ...(registry_password === undefined ? [] : [`${registry_username}:${registry_password}`]),
    ...inUrls.flatMap((url) => [url.password, decoded(url.password)]),
    ...inUrls.map((url) => `${decoded(url.username)}:${decoded(url.password)}`),
  ];
  return formsOf(plain);
}

/** The same of settings that nobody has parsed yet, because a refusal quotes what it does not understand. */
export function secretsIn(texts: ReadonlyMap<Name, string>): string[] {
  const given = [...texts].filter(([name]) => (TABLE[name] as Setting<unknown>).secret);
  const inUrls = [...(texts.get('urls') ?? '').matchAll(/:\/\/[^\s/@:]*:([^\s/@]+)@/g)];
  return formsOf([
    ...given.flatMap(([name, text]) => {
      if (name === 'kubeconfig') return [text, ...credentialsOf(text)];
      return [text.trim(), ...linesOf(text), ...(name === 'config' ? dockerCredentialsOf(text) : [])];
    }),
    ...inUrls.flatMap(([, password = '']) => [password, decoded(password)]),
  ]);
}

/** Every form in which a value may be printed; longer ones first. */
function formsOf(plain: readonly string[]): string[] {
  const forms = plain.flatMap((value) => [
    value,
    Buffer.from(value).toString('base64'),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= MIN_LENGTH).sort((a, b) => b.length - a.length);
}

/** The secrets of a run, and the one function that masks them. */
export interface Secrets {
  /** From now on these are masked too: an engine knows some that the settings do not show, as a header that is signed. */
  add(secrets: readonly string[]): void;
  /** The text with a mask in the place of every secret. */
  mask(text: string): string;
}

export function createSecrets(): Secrets {
  let known: readonly string[] = [];
  return {
    add(secrets) {
      // the longest first, so that no rest of one stays
      known = [...new Set([...known, ...secrets])].sort((a, b) => b.length - a.length);
    },
    mask: (text) => known.reduce((masked, secret) => masked.replaceAll(secret, MASK), text),
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').map((each) => each.trim());
}

const CREDENTIAL = /(?:token|password|client-key-data|client-secret)["']?\s*:\s*["']?([^\s"',}]+)/g;

/**
 * The credentials in a kubeconfig (plain or base64), and its continuation lines. Its other lines (`users:`,
 * names) are not secret and would mask ordinary words of the log.
 */
function credentialsOf(kubeconfig: string): string[] {
  const text = kubeconfig.includes('clusters') ? kubeconfig : Buffer.from(kubeconfig, 'base64').toString();
  const values = [...text.matchAll(CREDENTIAL)].map(([, value = '']) => value);
  return [...values, ...linesOf(text).filter((line) => !/[:{}]/.test(line))];
}

const DOCKER_CREDENTIAL = /"(auth|password|identitytoken|registrytoken)"\s*:\s*"([^"]+)"/g;

/** The credentials in a docker config (plain or base64), including the password inside `auth`. */
function dockerCredentialsOf(config: string): string[] {
  const text = config.trimStart().startsWith('{') ? config : Buffer.from(config, 'base64').toString();
  return [...text.matchAll(DOCKER_CREDENTIAL)].flatMap(([, name, value = '']) => {
    const pair = name === 'auth' ? Buffer.from(value, 'base64').toString() : '';
    return [value, ...(pair === '' ? [] : [pair, pair.slice(pair.indexOf(':') + 1)])];
  });
}

/** Decodes a part of a URL as the server does; a part with an invalid "%" stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsOf);
  return [];
}
