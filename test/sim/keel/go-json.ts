/** A JSON object with its fields by lower-case name, as Go's decoder finds them; what follows the first value is not looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** Thrown with the words of Go's decoder, as far as they were recorded. */
export class GoJsonError extends Error {}

/** Decodes the first value of a text as an object whose known fields have these types; `null` is an object without fields. */
export function decode(text: string, types: Readonly<Record<string, 'string' | 'number'>>): Fields {
  const value = parse(firstValue(text));
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new GoJsonError('json: cannot unmarshal');
  const fields = Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]));
  for (const [name, type] of Object.entries(types)) {
    const given = fields[name.toLowerCase()];
    if (given !== undefined && given !== null && typeof given !== type)
      throw new GoJsonError(`json: cannot unmarshal into a field ${name} of type ${type}`);
  }
  return fields;
}

export function stringIn(fields: Fields, name: string): string {
  return String(fields[name.toLowerCase()] ?? '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const wrong = /^\{\s*([^"\s}])/.exec(text)?.[1];
    throw new GoJsonError(
      wrong === undefined
        ? 'unexpected EOF'
        : `invalid character '${wrong}' looking for beginning of object key string`,
    );
  }
}

function firstValue(text: string): string {
  const start = text.trimStart();
  if (!start.startsWith('{')) return start;
  let depth = 0;
  for (const { 0: token, index } of start.matchAll(/"(?:\\.|[^"\\])*"|[{}]/g)) {
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    if (depth === 0) return start.slice(0, index + 1);
  }
  return start;
}
