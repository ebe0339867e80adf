import { shorten } from './duration.ts';
import { readEach } from './faults.ts';
import { list, type Parser } from './parsers.ts';

const KINDS = ['deployment', 'statefulset', 'daemonset', 'rollout'] as const;

/** A workload: `deployment/NAME`, `statefulset/NAME`, `daemonset/NAME`, or `rollout/NAME` for Argo Rollouts. */
export const workload: Parser<{ kind: (typeof KINDS)[number]; name: string }> = (given) => {
  const [word, name, ...rest] = given.trim().split('/');
  const kind = KINDS.find((each) => each === word);
  if (kind === undefined || name === undefined || rest.length > 0) {
    throw new Error(
      `"${shorten(given)}" is not of the form deployment/NAME, statefulset/NAME, daemonset/NAME or rollout/NAME${similarWorkload(given)}`,
    );
  }
  return { kind, name: objectName(name) };
};

/** The kinds that may follow, as kubectl names them. */
const FOLLOWING = ['deployment', 'statefulset', 'daemonset', 'cronjob'] as const;

/** What is promoted: the first workload leads, and the others get the release with it. */
export interface Workloads {
  kind: (typeof KINDS)[number];
  name: string;
  followers: readonly { kind: (typeof FOLLOWING)[number]; name: string }[];
}

/** One workload, or a list: `deployment/web, statefulset/jobs`. */
export const workloads: Parser<Workloads> = (given) => {
  const [first = '', ...rest] = list(given);
  const all = [() => workload(first), ...rest.map((each) => () => following(each))];
  const [leader, ...followers] = readEach(all, (read) => read()) as [
    ReturnType<typeof workload>,
    ...Workloads['followers'],
  ];
  const names = [leader, ...followers].map(({ kind, name }) => `${kind}/${name}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`has ${twice} twice`);
  return { ...leader, followers };
};

function following(given: string): Workloads['followers'][number] {
  const [word, name, ...rest] = given.trim().split('/');
  const kind = FOLLOWING.find((each) => each === word);
  if (kind === undefined || name === undefined || rest.length > 0) {
    throw new Error(
      `"${shorten(given)}" cannot follow the first workload: write ${FOLLOWING.map((each) => `${each}/NAME`).join(', ')}`,
    );
  }
  return { kind, name: objectName(name) };
}

/** Short names of kinds, as kubectl takes them. */
const SHORT: Readonly<Record<string, string>> = { deploy: 'deployment', sts: 'statefulset', ds: 'daemonset' };

/** A suggestion for a name without its kind, or with one of kubectl's other spellings of the kind. */
function similarWorkload(given: string): string {
  const [, kind = 'deployment', name = ''] =
    /^(?:(deploy|deployment|sts|statefulset|ds|daemonset|rollout)s?(?:\.\w+)?\/)?([^/]+)$/i.exec(
      given.trim().slice(0, 300),
    ) ?? [];
  if (
    name.length > 60 ||
    !SUBDOMAIN.test(name) ||
    /^(?:deployment|statefulset|daemonset|rollout)s?$/.test(name)
  )
    return '';
  const word = kind.toLowerCase();
  return `; did you mean ${SHORT[word] ?? word}/${name}?`;
}

const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** The name of a namespaced object (RFC 1123 subdomain, as Kubernetes checks it). */
export const objectName: Parser<string> = (given) => {
  const name = given.trim();
  if (name.length > 253 || !SUBDOMAIN.test(name)) {
    throw new Error(
      `"${shorten(name)}" is not a valid Kubernetes name (lower-case letters, digits, "-" and ".")`,
    );
  }
  return name;
};

export const objectNames: Parser<readonly string[]> = (given) => readEach(list(given), objectName);
