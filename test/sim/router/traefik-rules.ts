/** A request, as a rule of Traefik sees it. */
export interface Asked {
  host: string;
  path: string;
  headers: Readonly<Record<string, string>>;
}

const MATCHER = /([A-Za-z]+)\(((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^()])*)\)/g;
const WORD = /"((?:[^"\\]|\\.)*)"|`([^`]*)`/g;

/** Whether a request has all that a rule asks for: `&&` of matchers, in parentheses or not, which is all that the stories write. */
export function ruleMatches(rule: string, asked: Asked): boolean {
  return [...rule.matchAll(MATCHER)].every(([, name = '', words = '']) => {
    const [first = '', second = ''] = [...words.matchAll(WORD)].map(
      ([, quoted, raw]) => raw ?? JSON.parse(`"${quoted}"`),
    );
    const header = asked.headers[first.toLowerCase()];
    switch (name) {
      case 'Host':
        return asked.host === first;
      // all users send it
      case 'Method':
        return first === 'GET';
      case 'Path':
        return asked.path === first;
      case 'PathPrefix':
        return asked.path.startsWith(first);
      case 'Header':
        return header === second;
      case 'HeaderRegexp':
        return header !== undefined && new RegExp(second).test(header);
      default:
        throw new Error(`the built-in Traefik does not know the matcher ${name}`);
    }
  });
}
