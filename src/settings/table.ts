import { parseChecks } from './checks.ts';
import { parseDuration } from './duration.ts';
import * as parse from './parsers.ts';
import { parseSteps } from './steps.ts';

/** A row of the table: all that is known of a setting. Validators, errors and documentation are made from it. */
export interface Setting<T, D extends string | undefined = string | undefined> {
  group: string;
  /** For the documentation: `text`, `list`, `duration`, or the words that it may be. */
  type: string;
  parse: parse.Parser<T>;
  /** As a user would write it; undefined: not set. */
  default: D;
  /** When it must be given, for the documentation. */
  required?: string;
  secret?: true;
  description: string;
}

function setting<T, const D extends string | undefined>(row: Setting<T, D>): Setting<T, D> {
  return Object.freeze(row);
}

/** A setting that is one of a few words. */
function choice<const W extends readonly string[]>(
  words: W,
  row: { group: string; default: W[number]; description: string },
): Setting<W[number], W[number]> {
  return setting({ ...row, type: words.join(', '), parse: parse.word(words) });
}

function flag(row: { group: string; description: string }): Setting<boolean, 'false'> {
  return setting({ ...row, type: 'boolean', parse: parse.flag, default: 'false' });
}

const stepsOrNone: parse.Parser<ReturnType<typeof parseSteps>> = (given) => parseSteps(parse.list(given));
const steps: typeof stepsOrNone = (given) => {
  const parsed = stepsOrNone(given);
  // an empty list would roll stable at once, which nobody means who asks for a canary
  if (parsed.length === 0) throw new Error('has no step; write for example 10% 2m');
  return parsed;
};
const duration = { type: 'duration', parse: (given: string) => parseDuration(given.trim()) } as const;
const line = { type: 'text', parse: parse.line, default: undefined } as const;
const secret = { ...line, secret: true } as const;

/** Every setting there is. A name that is not here is an error. */
export const TABLE = {
  action: choice(['auto', 'promote', 'rollback', 'abort', 'status', 'guard'], {
    group: 'what to do',
    default: 'auto',
    description:
      'What to do. `auto` promotes, or rolls back on a rollback event. `abort` ends a promotion and brings production back; `status` shows where it stands. `guard` is what the Job of `guard: true` runs.',
  }),
  dry_run: flag({
    group: 'what to do',
    description: 'Print the plan and a diff of every object that would be written, and write nothing.',
  }),
  engine: choice(['auto', 'native', 'argo', 'keel'], {
    group: 'what to do',
    default: 'auto',
    description:
      '`native` drives the cluster, `argo` an Argo Rollout, `keel` sends Keel’s webhook. `auto`: keel where `urls` is set, argo where `workload` is a Rollout, else native.',
  }),
  targets: setting({
    group: 'who may',
    type: 'list',
    parse: parse.list,
    default: 'production',
    description: 'Targets of a promotion that this step acts on; others are refused.',
  }),
  events: setting({
    group: 'who may',
    type: 'list',
    parse: parse.list,
    default: 'promote, rollback',
    description: 'Events that this step acts on; others are refused.',
  }),
  event: setting({ ...line, group: 'who may', description: 'The event, where the CI gives none (Harness).' }),
  target: setting({
    ...line,
    group: 'who may',
    description: 'The target, where the CI gives none (Harness).',
  }),
  repo: setting({
    ...line,
    group: 'the image',
    required: 'except with `template`',
    description:
      'The repository of the image, with its registry, as the workload has it: `192.0.2.10:5000/shop`.',
  }),
  tag: setting({
    ...line,
    group: 'the image',
    description:
      'The tag. Without it: the build’s tag without a leading `v`. Write it in quotes, or YAML makes 1.1 of 1.10.',
  }),
  kubeconfig: setting({
    group: 'the cluster',
    type: 'text',
    parse: parse.text,
    default: undefined,
    secret: true,
    description:
      'A kubeconfig: its content, the base64 of it, or a path. Without it and `server`: from inside the cluster.',
  }),
  context: setting({
    ...line,
    group: 'the cluster',
    description: 'The context of the kubeconfig, if not its current one.',
  }),
  server: setting({
    ...line,
    group: 'the cluster',
    description: 'The address of the API server, with `token` and `ca`.',
  }),
  token: setting({
    ...secret,
    group: 'the cluster',
    description: 'A service account’s token, for `server`.',
  }),
  ca: setting({
    group: 'the cluster',
    type: 'text',
    parse: parse.text,
    default: undefined,
    description: 'The certificate authority of `server`: PEM, or the base64 of it.',
  }),
  namespace: setting({
    group: 'the cluster',
    type: 'text',
    parse: parse.objectName,
    default: undefined,
    description: 'The namespace. Without it: the kubeconfig’s, else `default`.',
  }),
  workload: setting({
    group: 'the cluster',
    type: 'text',
    parse: parse.workload,
    default: undefined,
    required: 'by the native and the argo engine',
    description: 'What is promoted: `deployment/NAME`, or `rollout/NAME` of Argo Rollouts.',
  }),
  container: setting({
    ...line,
    group: 'the cluster',
    description: 'The container that gets the image. Without it: every one that runs the repository.',
  }),
  service: setting({
    group: 'the cluster',
    type: 'list',
    parse: parse.objectNames,
    default: undefined,
    description:
      'The Services that are split. Without it: those that select the workload and stand behind an Ingress.',
  }),
  strategy: choice(['canary'], {
    group: 'native',
    default: 'canary',
    description: 'How a release reaches production.',
  }),
  steps: setting({
    group: 'native',
    type: 'list',
    parse: steps,
    default: '5% 1m, 25% 2m, 50% 2m',
    description:
      'The way up: `10% 2m` is a weight and how long it is held; `hold` ends the step until the next promotion.',
  }),
  rollback_steps: setting({
    group: 'native',
    type: 'list',
    parse: stepsOrNone,
    default: undefined,
    description: 'The way of a rollback, as `steps`. Without it a rollback rolls stable at once.',
  }),
  traffic: choice(['auto', 'nginx'], {
    group: 'native',
    default: 'auto',
    description: 'What splits the users: ingress-nginx, by canary Ingresses.',
  }),
  finish: choice(['shift', 'roll'], {
    group: 'native',
    default: 'shift',
    description:
      '`shift`: a full-sized canary carries all users while stable is updated; needs room for two full sets of pods. `roll`: stable is rolled under traffic.',
  }),
  settle: setting({
    ...duration,
    group: 'native',
    default: '4s',
    description:
      'How long a change of the routes is given to be in force. ingress-nginx follows up to 3.3 s late.',
  }),
  drain: setting({
    ...duration,
    group: 'native',
    default: '4s',
    description: 'How long after weight 0 the last requests on the canary may take before its pods end.',
  }),
  timeout: setting({
    ...duration,
    group: 'native',
    default: '5m',
    description: 'How long pods may take to become ready, counted from the last progress.',
  }),
  guard: flag({
    group: 'native',
    description:
      'Make a Job in the cluster that brings the users back when this step is killed (Drone kills a cancelled step without a signal). Where it does not come up, the promotion is refused.',
  }),
  guard_image: setting({
    ...line,
    group: 'native',
    description:
      'The image of the guard. Without it: the image of this step, as it was named when it was built.',
  }),
  guard_service_account: setting({
    group: 'native',
    type: 'text',
    parse: parse.objectName,
    default: 'drone-promote-guard',
    description: 'The service account of the guard (deploy/rbac.yaml has it).',
  }),
  lease: setting({
    group: 'native',
    type: 'duration',
    parse: parse.lease,
    default: '15s',
    description:
      'How long the lock of a silent step lasts, 5s at least: after that the guard, or the next run, takes over. A step that cannot reach the cluster for so long stops acting.',
  }),
  on_conflict: choice(['refuse', 'wait', 'replace'], {
    group: 'native',
    default: 'refuse',
    description:
      'Where another promotion of the workload is under way: `refuse`, `wait` for its end, or `replace` it: it is brought down first, weight first.',
  }),
  conflict_timeout: setting({
    ...duration,
    group: 'native',
    default: '30m',
    description: 'How long `on_conflict: wait` waits.',
  }),
  on_cancel: choice(['abort', 'keep'], {
    group: 'native',
    default: 'abort',
    description:
      'When the step is told to end (SIGTERM): bring the promotion down, weight 0 within a second; or `keep` it for the guard or the next run.',
  }),
  checks: setting({
    group: 'analysis',
    type: 'list of texts and maps',
    parse: parseChecks,
    default: undefined,
    description:
      'What else the canary must keep to: `success-rate >= 99.5%`, `latency-p99 <= 500ms` (by the router’s counters, or by `prometheus`), or maps of name, query or url, min, max, interval, window, failures, no_data (docs/analysis.md).',
  }),
  prometheus: setting({
    group: 'analysis',
    type: 'text',
    parse: parse.url,
    default: undefined,
    description: 'The address of Prometheus, Thanos, Mimir or VictoriaMetrics, for `checks`.',
  }),
  prometheus_token: setting({
    ...secret,
    group: 'analysis',
    description: 'A bearer token for `prometheus`.',
  }),
  prometheus_tenant: setting({
    ...line,
    group: 'analysis',
    description: 'The tenant (X-Scope-OrgID) of `prometheus`.',
  }),
  false_alarm: setting({
    group: 'analysis',
    type: 'percent',
    parse: parse.percent,
    default: '1%',
    description:
      'How often a release without a fault may be brought down by the judge, over all steps of a promotion, at the most; `0` judges nothing. The canary’s failed requests are compared with stable’s, by ingress-nginx’ own counters.',
  }),
  interval: setting({
    ...duration,
    group: 'analysis',
    default: '1s',
    description: 'How often the counters are read.',
  }),
  controller_namespace: setting({
    group: 'analysis',
    type: 'text',
    parse: parse.objectName,
    default: 'ingress-nginx',
    description:
      'The namespace of the ingress controller, whose pods’ metrics are read through the API server.',
  }),
  bootstrap: choice(['false', 'true', 'undo'], {
    group: 'argo',
    default: 'false',
    description:
      '`true` makes the Rollout of the Deployment of the same name, with the canary’s `steps`, and no request is lost; with `dry_run` it prints the YAML. `undo` is the reverse. The step does nothing else then.',
  }),
  until: choice(['paused', 'healthy'], {
    group: 'argo',
    default: 'paused',
    description:
      'Where the step ends: `paused` at a pause of the Rollout that only a person ends (held; promote again to go on), `healthy` when the release is the stable one.',
  }),
  promote_full: flag({
    group: 'argo',
    description:
      'Skip what is left of the Rollout’s steps, pauses and analysis, once its controller has seen the release.',
  }),
  urls: setting({
    group: 'keel',
    type: 'list',
    parse: parse.urls,
    default: undefined,
    required: 'by the keel engine',
    description: 'Addresses of Keel’s native webhook: `http://keel:9300/v1/webhooks/native`.',
  }),
  username: setting({ ...line, group: 'keel', description: 'User for basic authentication at `urls`.' }),
  password: setting({
    ...secret,
    group: 'keel',
    description: 'Password for basic authentication at `urls`.',
  }),
  method: choice(['post', 'put', 'patch', 'get'], {
    group: 'keel',
    default: 'post',
    description: 'The HTTP method.',
  }),
  content_type: setting({
    ...line,
    group: 'keel',
    default: 'application/json',
    description: 'The Content-Type of the body.',
  }),
  template: setting({
    group: 'keel',
    type: 'text',
    parse: parse.text,
    default: undefined,
    description: 'The body. Without it: `{"name": REPO, "tag": TAG}`.',
  }),
  headers: setting({
    group: 'keel',
    type: 'list of Name=value, or map',
    parse: parse.headers,
    default: undefined,
    secret: true,
    description: 'More headers.',
  }),
  token_value: setting({ ...secret, group: 'keel', description: 'A token for the Authorization header.' }),
  token_type: setting({
    ...line,
    group: 'keel',
    default: 'Bearer',
    description: 'The word before the token in the Authorization header.',
  }),
  valid_response_codes: setting({
    group: 'keel',
    type: 'list of numbers',
    parse: parse.integers,
    default: undefined,
    description:
      'Status codes that count as taken. Without it: 200 from Keel’s native webhook, 200 to 299 from other addresses.',
  }),
  skip_verify: flag({ group: 'keel', description: 'Do not check the certificate of `urls`.' }),
  debug: flag({ group: 'what comes out', description: 'Print requests, answers and more; never secrets.' }),
  log_level: choice(['info', 'debug', 'warn', 'error'], {
    group: 'what comes out',
    default: 'info',
    description: 'What is printed.',
  }),
  log_format: choice(['pretty', 'json'], {
    group: 'what comes out',
    default: 'pretty',
    description: '`pretty` for people, `json` for programs: one object a line.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type Name = keyof typeof TABLE;
