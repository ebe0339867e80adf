import type { Settings } from './settings.ts';
import { type Name, type Setting, TABLE } from './table.ts';

/** Shorter ones would blacken half the log, and guard nothing. */
const SHORTEST = 4;
const MASK = '******';

/** The secret values among the settings, whole and line by line, and the forms in which they travel: base64, URL-encoded, in JSON. */
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
  const forms = plain.flatMap((value) => [
    value,
    Buffer.from(value).toString('base64'),
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST).sort((a, b) => b.length - a.length);
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
 * What opens something in a kubeconfig, given as it is or as base64, and lines that only go on with the one before. Its other lines
 * (`users:`, names) are no secrets, and would blacken the log.
 */
function credentialsOf(kubeconfig: string): string[] {
  const text = kubeconfig.includes('clusters') ? kubeconfig : Buffer.from(kubeconfig, 'base64').toString();
  const values = [...text.matchAll(CREDENTIAL)].map(([, value = '']) => value);
  return [...values, ...linesOf(text).filter((line) => !/[:{}]/.test(line))];
}

const DOCKER_CREDENTIAL = /"(auth|password|identitytoken|registrytoken)"\s*:\s*"([^"]+)"/g;

/** What opens something in a docker config, given as it is or as base64: also the password within `auth`. */
function dockerCredentialsOf(config: string): string[] {
  const text = config.trimStart().startsWith('{') ? config : Buffer.from(config, 'base64').toString();
  return [...text.matchAll(DOCKER_CREDENTIAL)].flatMap(([, name, value = '']) => {
    const pair = name === 'auth' ? Buffer.from(value, 'base64').toString() : '';
    return [value, ...(pair === '' ? [] : [pair, pair.slice(pair.indexOf(':') + 1)])];
  });
}

/** As the server gets it; a "%" that encodes nothing stays. */
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
