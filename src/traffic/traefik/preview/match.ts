const QUOTED = '`[^`]*`|"(?:[^"\\\\]|\\\\.)*"';
/** A matcher of hosts with its words; a quoted text elsewhere is passed over, whatever it says. */
const HOST = new RegExp(
  `\\bHost(?:Regexp|Header)?\\s*\\(\\s*(?:${QUOTED})(?:\\s*,\\s*(?:${QUOTED}))*\\s*\\)|${QUOTED}`,
  'gi',
);

/** Whether a rule names hosts that it is not for, which has no meaning for another host. */
export function excludesHosts(match: string): boolean {
  const bare = match.replace(HOST, (found) => (isText(found) ? '' : 'Host'));
  return /!\s*(?:Host|\([^()]*Host)/i.test(bare);
}

/**
 * A rule for one host in the place of all that it names. The host stands in front of the whole rule as well: a part of it that names no
 * host would be one for all hosts.
 */
export function forHost(match: string, host: string): string {
  const own = `Host(${JSON.stringify(host)})`;
  const replaced = match.replace(HOST, (found) => (isText(found) ? found : own));
  return `${own} && (${replaced})`;
}

/** Whether a rule names the host. */
export function namesHost(match: string, host: string): boolean {
  return [...match.matchAll(HOST)].some(
    ([found]) => !isText(found) && (found.includes(`\`${host}\``) || found.includes(JSON.stringify(host))),
  );
}

function isText(found: string): boolean {
  return /^[`"]/.test(found);
}
