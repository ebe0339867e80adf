import type { Settings } from './settings.ts';
import { type Name, type Setting, TABLE } from './table.ts';

/** Shorter ones would blacken half the log, and guard nothing. */
const SHORTEST = 4;
const MASK = '******';

/** The secret values among the settings, whole and line by line, and the forms in which they travel: base64, URL-encoded. */
export function secretsOf(settings: Settings): string[] {
  const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];
  const values = rows.filter(([, row]) => row.secret).flatMap(([name]) => textsOf(settings[name]));
  const { username, password, urls } = settings;
  const inUrls = (urls ?? []).flatMap((url) => {
    const { password: embedded } = new URL(url);
    return embedded ? [embedded, decodeURIComponent(embedded)] : [];
  });
  const pair = username !== undefined && password !== undefined ? [`${username}:${password}`] : [];
  const plain = [...values, ...inUrls].flatMap((value) => [
    value,
    ...value.split('\n').map((each) => each.trim()),
  ]);
  const forms = [...plain, ...pair].flatMap((value) => [
    value,
    Buffer.from(value).toString('base64'),
    encodeURIComponent(value),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** A function that puts a mask in the place of every secret; it stands in front of every output. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsOf);
  return [];
}
