import { createHash } from 'node:crypto';
import type { Side } from '../../../analysis/source/counts.ts';
import type { SideOf } from './page.ts';

/** What Traefik makes of a name: all but letters and digits become single dashes. */
export function normalized(name: string): string {
  return name
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join('-');
}

/** The name of the service that Traefik makes for a rule of an IngressRoute with one Service. */
export function ruleService(namespace: string, route: string, match: string): string {
  const hash = createHash('sha256').update(match).digest('hex').slice(0, 20);
  return `${normalized(`${namespace}-${route}-${hash}`)}@kubernetescrd`;
}

/** The name of the service that a Service has in a list with several. */
export function childService(
  namespace: string,
  service: string,
  port: number | string | undefined,
  provider: 'kubernetescrd' | 'kubernetes' = 'kubernetescrd',
): string {
  const name = port === undefined ? `${namespace}-${service}` : `${namespace}-${service}-${port}`;
  return `${normalized(name)}@${provider}`;
}

/** The sides by exact names of Traefik's services. A name that is of both is of neither. */
export function sidesByName(names: Readonly<Partial<Record<Side, ReadonlySet<string>>>>): SideOf {
  return (service) => {
    const sides = (['stable', 'canary'] as const).filter((side) => names[side]?.has(service));
    return sides.length === 1 ? sides[0] : undefined;
  };
}

/** The sides by patterns of Traefik's services; the canary's come first, because its name may begin as stable's does. */
export function sidesByPattern(patterns: { canary: readonly RegExp[]; stable: readonly RegExp[] }): SideOf {
  return (service) =>
    (['canary', 'stable'] as const).find((side) => patterns[side].some((pattern) => pattern.test(service)));
}

/** A text as a part of a regular expression. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
