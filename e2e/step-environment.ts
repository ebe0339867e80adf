import { readFileSync } from 'node:fs';
/**
 * The environment that Drone hands to a step: `settings:` made into `PLUGIN_*` as Drone's runner does it (its own recording is
 * test/fixtures/drone/example.env.json), over the variables of a promotion of tag v1.1.0 to production.
 *
 * @param settings as YAML has them: a name is upper-cased, nothing else; a list becomes its elements joined with commas, or JSON
 * where one of them is no scalar; a map becomes JSON; null is left out
 */
export function stepEnvironment(
  settings: Readonly<Record<string, unknown>>,
  build: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const plugin = Object.entries(settings).flatMap(([name, value]) => {
    const text = settingText(value);
    return text === undefined ? [] : [[`PLUGIN_${name.toUpperCase()}`, text]];
  });
  return {
    CI: 'true',
    DRONE: 'true',
    DRONE_BUILD_EVENT: 'promote',
    DRONE_BUILD_NUMBER: '77',
    DRONE_BUILD_PARENT: '70',
    DRONE_BUILD_TRIGGER: 'ann',
    DRONE_BUILD_LINK: 'https://drone.example.com/shop/web/77',
    DRONE_CARD_PATH: '/dev/stdout',
    DRONE_COMMIT_REF: 'refs/tags/v1.1.0',
    DRONE_DEPLOY_TO: 'production',
    DRONE_REPO: 'shop/web',
    DRONE_SEMVER: '1.1.0',
    DRONE_TAG: 'v1.1.0',
    NO_COLOR: '1',
    ...build,
    ...Object.fromEntries(plugin),
  };
}

function settingText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object' || item === null);
    return plain ? value.join(',') : JSON.stringify(value);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The outputs that a step has appended to the file of DRONE_OUTPUT; none if it wrote none. */
export function readOutputs(path: string): Record<string, string> {
  try {
    return parseOutputs(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Lines of `KEY=value` by the rules of godotenv v1.5.1 (parser.go), which a CI reads them with: a quoted value ends at the first quote
 * without a backslash before it, and may span lines; an unquoted one ends at ` #`; variables are replaced, here by nothing.
 *
 * @throws Error if a quote is not closed
 */
export function parseOutputs(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (let rest = text.trimStart(); rest !== ''; rest = rest.trimStart()) {
    const equals = rest.indexOf('=');
    const key = rest.slice(0, equals);
    const after = rest.slice(equals + 1).replace(/^[^\S\n]+/, '');
    const quote = after[0];
    if (quote === '"' || quote === "'") {
      const end = after.split('').findIndex((char, at) => at > 0 && char === quote && after[at - 1] !== '\\');
      if (end === -1) throw new Error(`the value of ${key} has no end`);
      const inner = after.slice(0, end).replace(new RegExp(`^${quote}+|${quote}+$`, 'g'), '');
      values[key] = quote === '"' ? withoutVariables(withoutEscapes(inner)) : inner;
      rest = after.slice(end + 1);
    } else {
      const [line = ''] = after.split('\n', 1);
      values[key] = withoutVariables(line.replace(/\s#.*$/, '').trim());
      rest = after.slice(line.length);
    }
  }
  return values;
}

function withoutEscapes(text: string): string {
  const controls = text.replace(/\\./g, (pair) => ({ '\\n': '\n', '\\r': '\r' })[pair] ?? pair);
  return controls.replace(/\\([^$])/g, '$1');
}

function withoutVariables(text: string): string {
  return text.replace(/(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?/g, (all, backslash, _, bracket, name) =>
    backslash || bracket ? all.slice(1) : name ? '' : all,
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what Drone looks for
const CARD = /\u001b\]1338;(.*?)\u001b\]0m\n/g;

/** The log as Drone shows it: its runner takes the card out (drone/runner-go, livelog/extractor). */
export function withoutCard(output: string): string {
  return output.replace(CARD, '');
}

/** The cards that a step left; Drone shows one. */
export function cardsOf(output: string): { schema: string; data: Record<string, unknown> }[] {
  return [...output.matchAll(CARD)].map(([, text = '']) =>
    JSON.parse(Buffer.from(text, 'base64').toString()),
  );
}
