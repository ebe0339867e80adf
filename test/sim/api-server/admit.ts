import type { Any } from './store.ts';

/** An error answer, as the API server words it. */
export interface Problem {
  code: number;
  reason: string;
  message: string;
}

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const LABEL = /^$|^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const WEBHOOK =
  'admission webhook "validation.istio.io" denied the request: configuration is invalid: 1 error occurred:';

/** Fills in what the API server fills in, as far as a client can notice. */
export function withDefaults(plural: string, object: Any): Any {
  if (plural === 'deployments') {
    const { spec } = object;
    return {
      ...object,
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        ...spec,
        strategy: {
          type: 'RollingUpdate',
          ...(spec.strategy?.type === 'Recreate'
            ? {}
            : { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }),
          ...spec.strategy,
        },
        template: { ...spec.template, spec: podDefaults(spec.template.spec) },
      },
    };
  }
  if (plural === 'statefulsets' || plural === 'daemonsets') {
    const { spec } = object;
    const isOrdered = plural === 'statefulsets';
    const rollingUpdate = isOrdered ? { partition: 0 } : { maxSurge: 0, maxUnavailable: 1 };
    const { type = 'RollingUpdate', ...strategy } = spec.updateStrategy ?? {};
    return {
      ...object,
      spec: {
        ...(isOrdered ? { replicas: 1, podManagementPolicy: 'OrderedReady' } : {}),
        revisionHistoryLimit: 10,
        ...spec,
        updateStrategy: { type, ...(type === 'RollingUpdate' ? { rollingUpdate } : {}), ...strategy },
        template: { ...spec.template, spec: podDefaults(spec.template.spec) },
      },
    };
  }
  if (plural === 'jobs') {
    const { spec } = object;
    return {
      ...object,
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        ...spec,
        template: { ...spec.template, spec: podDefaults(spec.template.spec) },
      },
    };
  }
  if (plural === 'services') {
    const ports = (object.spec.ports ?? []).map((port: Any) => ({
      protocol: 'TCP',
      targetPort: port.port,
      ...port,
    }));
    return {
      ...object,
      spec: { type: 'ClusterIP', sessionAffinity: 'None', clusterIP: '10.96.0.10', ...object.spec, ports },
    };
  }
  if (plural === 'httproutes' || plural === 'grpcroutes') {
    const rules = (object.spec.rules ?? []).map((rule: Any) => ({
      ...(plural === 'httproutes' ? { matches: [{ path: { type: 'PathPrefix', value: '/' } }] } : {}),
      ...rule,
      ...(rule.backendRefs
        ? {
            backendRefs: rule.backendRefs.map((ref: Any) =>
              // custom resources come with their keys sorted
              Object.fromEntries(Object.entries({ group: '', kind: 'Service', weight: 1, ...ref }).sort()),
            ),
          }
        : {}),
    }));
    return { ...object, spec: { ...object.spec, rules } };
  }
  return object;
}

function podDefaults(spec: Any): Any {
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
    containers: spec.containers.map((container: Any) => ({
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      ...container,
    })),
  };
}

/** What a client could get wrong; undefined where the object is fine. */
export function problemOf(plural: string, kind: string, object: Any, before: Any): Problem | undefined {
  const name = object.metadata?.name ?? '';
  const invalid = (message: string): Problem => ({
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${name}" is invalid: ${message}`,
  });
  // a Job's name becomes a label of its pods
  if (!NAME.test(name) || name.length > (['services', 'jobs'].includes(plural) ? 63 : 253)) {
    return invalid(
      `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
  }
  const { labels: ofPods } = object.spec?.template?.metadata ?? {};
  const { selector } = object.spec ?? {};
  const values = [object.metadata?.labels, ofPods, selector?.matchLabels ?? selector].flatMap((map) =>
    Object.entries<Any>(map ?? {}).filter(([, value]) => typeof value === 'string'),
  );
  for (const [key, value] of values) {
    if (!LABEL.test(String(value)))
      return invalid(
        `metadata.labels: Invalid value: "${value}": a valid label (${key}) must be 63 characters or less`,
      );
  }
  if (plural === 'pods' && before && fixedPartOf(object) !== fixedPartOf(before)) {
    return invalid(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    );
  }
  if (plural === 'deployments') {
    const labels = object.spec.template?.metadata?.labels ?? {};
    const wanted = Object.entries(object.spec.selector?.matchLabels ?? {});
    if (wanted.length === 0 && !object.spec.selector?.matchExpressions)
      return invalid('spec.selector: Required value');
    if (wanted.some(([key, value]) => labels[key] !== value)) {
      return invalid(
        'spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`',
      );
    }
    if (before && JSON.stringify(before.spec.selector) !== JSON.stringify(object.spec.selector)) {
      return invalid('spec.selector: Invalid value: field is immutable');
    }
  }
  for (const owner of object.metadata?.ownerReferences ?? []) {
    const missing = ['apiVersion', 'kind', 'name', 'uid'].find((field) => !owner[field]);
    if (missing)
      return invalid(`metadata.ownerReferences.${missing}: Invalid value: "": ${missing} must not be empty`);
  }
  if (plural === 'jobs') {
    const { template } = object.spec;
    if (template.spec.restartPolicy === 'Always')
      return invalid('spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"');
    if (before && JSON.stringify(before.spec.template) !== JSON.stringify(template))
      return invalid('spec.template: Invalid value: field is immutable');
  }
  if (plural === 'httproutes' || plural === 'grpcroutes') {
    const rules: Any[] = object.spec.rules ?? [];
    if (rules.length > 16) return invalid('spec.rules: Too many: must have at most 16 items');
    if (rules.some(({ backendRefs = [] }) => backendRefs.length > 16))
      return invalid('spec.rules[0].backendRefs: Too many: must have at most 16 items');
    const weights = rules.flatMap(({ backendRefs = [] }) => backendRefs.map(({ weight }: Any) => weight));
    const wrong = weights.find((weight) => !Number.isInteger(weight) || weight < 0 || weight > 1_000_000);
    if (wrong !== undefined)
      return invalid(
        `spec.rules[0].backendRefs[0].weight: Invalid value: ${wrong}: must be from 0 to 1000000`,
      );
  }
  if (plural === 'virtualservices') {
    const rules: Any[] = object.spec.http ?? [];
    const totals = rules.map(({ route = [] }) =>
      route.length > 1 ? route.reduce((sum: number, { weight = 0 }: Any) => sum + weight, 0) : 1,
    );
    // the words of Istio's webhook
    if (totals.includes(0))
      return { code: 400, reason: 'BadRequest', message: `${WEBHOOK} total destination weight = 0` };
  }
  if (plural === 'ingresses') {
    const paths = (object.spec.rules ?? []).flatMap((rule: Any) => rule.http?.paths ?? []);
    if (paths.some((path: Any) => !path.pathType))
      return invalid('spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified');
    if (paths.length === 0 && !object.spec.defaultBackend)
      return invalid('spec: Invalid value: either `defaultBackend` or `rules` must be specified');
  }
  return undefined;
}

/** Whether labels satisfy a selector's text: `a=b,c in (d,e),!f`. */
export function matchesSelector(selector: string, labels: Record<string, string> = {}): boolean {
  const terms = selector.match(/[^,(]+(?:\([^)]*\))?/g) ?? [];
  return terms.every((term) => {
    const among = /^\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(term);
    if (among) {
      const value = labels[among[1] ?? ''];
      const listed = (among[3] ?? '').split(',').map((each) => each.trim());
      return value !== undefined && listed.includes(value) === (among[2] === 'in');
    }
    const [key = '', value] = term.split(/==?|!=/).map((each) => each.trim());
    if (term.includes('!=')) return labels[key] !== value;
    if (value !== undefined) return labels[key] === value;
    return key.startsWith('!') ? !Object.hasOwn(labels, key.slice(1)) : Object.hasOwn(labels, key);
  });
}

/** RFC 7386. */
export function mergePatch(target: Any, patch: Any): Any {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const merged = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(base[key], value);
  }
  return merged;
}

/** What of a pod's spec no update may change. */
function fixedPartOf({ spec }: Any): string {
  const {
    activeDeadlineSeconds: _,
    tolerations: __,
    terminationGracePeriodSeconds: ___,
    ...rest
  } = spec ?? {};
  return JSON.stringify(rest, (key, value) => (key === 'image' ? undefined : value));
}
