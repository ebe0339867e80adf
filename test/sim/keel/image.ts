/** An image as Keel sees it. */
export interface KeelImage {
  /** Host and port; Docker Hub is `index.docker.io`. */
  registry: string;
  /** Without the registry, with `library/` where Docker Hub has it. */
  shortName: string;
  /** The digest where there is one, `latest` where there is neither. */
  tag: string;
}

const DOCKER_HUB = 'index.docker.io';
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${PART}(?:/${PART})*$`);
const REGISTRY = /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:\d+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+:[0-9a-f]{32,}$/;

/** Reads a reference; undefined where it is malformed, which Keel only logs. */
export function imageOf(text: string): KeelImage | undefined {
  const [name = '', digest, ...more] = text.replace(/^https?:\/\//, '').split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const [path = '', tag, ...parts] = (hasRegistry ? rest.join('/') : name).split(':');
  if (parts.length > 0 || !PATH.test(path) || (tag !== undefined && !TAG.test(tag))) return undefined;
  if (hasRegistry && !REGISTRY.test(first)) return undefined;
  const registry = !hasRegistry || first === 'docker.io' ? DOCKER_HUB : first;
  const shortName = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  return { registry, shortName, tag: digest ?? tag ?? 'latest' };
}

/** What Keel writes into the workload: the name of a Docker Hub image changes its form (measured). */
export function written({ registry, shortName }: KeelImage, tag: string): string {
  return `${registry === DOCKER_HUB ? '' : `${registry}/`}${shortName}:${tag}`;
}
