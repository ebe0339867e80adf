/** What a text or bytes are as JSON; undefined if they are none. */
export function parseJson(text: Buffer | string | undefined): unknown {
  try {
    return JSON.parse(text?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}

/** The field of an object; undefined if it is no object, or has no such field of its own. */
export function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
