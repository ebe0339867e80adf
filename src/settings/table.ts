import { parseChecks } from './checks/parse.ts';
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
  verify: setting({
    group: 'the image',
    type: 'true, strict, false',
    parse: parse.word(['true', 'strict', 'false']),
    default: undefined,
    description:
      'Ask the registry for the image before anything is touched. `true`: a tag that does not exist, or that runs on no node, is refused, and a registry that does not answer is a warning; `strict`: that is refused too; `false`: no request is made. Without it: `true`, with Keel `false`.',
  }),
  pin: choice(['tag', 'digest'], {
    group: 'the image',
    default: 'tag',
    description:
      'What is written into the workload: the tag, or the tag with its digest (`repo:tag@sha256:…`), so that a tag that is moved later changes nothing.',
  }),
  registry: setting({
    ...line,
    group: 'the image',
    description: 'The registry that the credentials are for. Without it: that of `repo`.',
  }),
  registry_username: setting({
    ...line,
    group: 'the image',
    description: 'User of the registry. Without it `username`, where `urls` is not set.',
  }),
  registry_password: setting({
    ...secret,
    group: 'the image',
    description: 'Password or access token of the registry. Without it `password`, where `urls` is not set.',
  }),
  config: setting({
    group: 'the image',
    type: 'text',
    parse: parse.text,
    default: undefined,
    secret: true,
    description: 'A docker config (`config.json` with `auths`): its content, or the base64 of it.',
  }),
  insecure: flag({
    group: 'the image',
    description: 'Allow a registry that speaks plain HTTP, or whose certificate nobody has signed.',
  }),
  registry_ca: setting({
    group: 'the image',
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description: 'The certificate authority of the registry: PEM, or the base64 of it.',
  }),
  mirror: setting({
    group: 'the image',
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'Mirrors of Docker Hub, which are asked first, in this order: `https://mirror.example.com`. What none of them has is asked of Docker Hub; tags are set there alone.',
  }),
  tags: setting({
    group: 'the image',
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'More tags, put on the promoted digest after the promotion has succeeded: `[latest, production]`. Nothing is pulled or pushed but the manifest. On a rollback they go to the older release.',
  }),
  auto_tag: flag({
    group: 'the image',
    description:
      'Put `1`, `1.2` and `1.2.3` on `1.2.3` after the promotion, as plugins/docker does; a pre-release gets only its own, and a tag that stands on a higher version stays there.',
  }),
  auto_tag_suffix: setting({
    ...line,
    group: 'the image',
    description: 'A suffix for `auto_tag`: `1-alpine`.',
  }),
  promote_to: setting({
    ...line,
    group: 'the image',
    description:
      'Another repository of the same registry (`prod/web`) that the image is brought to after the promotion, with its tag; `tags` and `auto_tag` are put there then.',
  }),
  verify_key: setting({
    group: 'the image',
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description:
      'A public key (PEM, or the base64 of it): the image must have a cosign signature made with its private key, or it is refused. Keyless signatures are not checked.',
  }),
  artifact_file: setting({
    ...line,
    group: 'the image',
    description:
      'The file that plugins/docker has written with its setting of that name: the registry must have the digest that it names.',
  }),
  digest_file: setting({
    ...line,
    group: 'the image',
    description: 'A file with the digest of the image that was built, as other builders write it.',
  }),
  tag_file: setting({
    ...line,
    group: 'the image',
    description: 'A file with the tag, such as plugins/docker’s `.tags`, where `tag` is not set.',
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
  strategy: choice(['canary', 'experiment'], {
    group: 'native',
    default: 'canary',
    description:
      'How a release reaches production; or `experiment`: it is tried beside a copy of the stable version, without users, for the time and at the size of the first step, and removed again (docs/analysis.md).',
  }),
  steps: setting({
    group: 'native',
    type: 'list',
    parse: steps,
    default: '5% 1m, 25% 2m, 50% 2m',
    description:
      'The way up: `10% 2m` is a weight and how long it is held; `10% until-sure 10m` ends as soon as a difference of `detectable` would have been seen, after 10 minutes at the latest; `hold` ends the step until the next promotion.',
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
  header: setting({
    group: 'native',
    type: 'Name or Name=value',
    parse: parse.oneHeader,
    default: undefined,
    description:
      'Requests with this header go to the canary whatever the weight is, while users are on it: `X-Canary` with the value `always` (or `never`), `X-Canary=tester` with that value.',
  }),
  cookie: setting({
    group: 'native',
    type: 'text',
    parse: parse.cookieName,
    default: undefined,
    description: 'The same by a cookie, with the value `always` or `never`.',
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
    description:
      'How long pods may take to become ready, counted from the last progress. With Keel: votes and updates too.',
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
      'What else the canary must keep to: `success-rate >= 99.5%`, `latency-p99 <= 500ms`, `latency <= stable`, `restarts <= 0`, or maps: a source, a query, a URL, a path of the canary’s pods or a Job before any user, with bounds, against stable, or by Kayenta’s judge (docs/analysis.md).',
  }),
  baseline: flag({
    group: 'analysis',
    description:
      'Run a copy of the stable version, as young and as small as the canary, behind the stable Services, and compare the canary with it, by the pods’ own counters. Needs Kubernetes 1.30, and room for these pods.',
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
  prometheus_username: setting({ ...line, group: 'analysis', description: 'User for `prometheus`.' }),
  prometheus_password: setting({ ...secret, group: 'analysis', description: 'Password for `prometheus`.' }),
  prometheus_ca: setting({
    group: 'analysis',
    type: 'text',
    parse: parse.text,
    default: undefined,
    description: 'The certificate authority of `prometheus`, in PEM: then only this one is trusted.',
  }),
  prometheus_router: choice(['nginx', 'istio', 'envoy-gateway', 'traefik', 'linkerd'], {
    group: 'analysis',
    default: 'nginx',
    description: 'Whose metrics `success-rate` and `latency` ask Prometheus for.',
  }),
  false_alarm: setting({
    group: 'analysis',
    type: 'percent',
    parse: parse.percent,
    default: '1%',
    description:
      'How often a release without a fault may be brought down by the judge, over all steps of a promotion, at the most; `0` judges nothing. The canary’s failed requests are compared with stable’s, by ingress-nginx’ own counters.',
  }),
  detectable: setting({
    group: 'analysis',
    type: 'percent',
    parse: parse.percent,
    default: '10%',
    description:
      'There were enough requests to tell when a canary that fails so much more often than stable would have been seen. Fewer are a warning at the end of a step.',
  }),
  require_evidence: flag({
    group: 'analysis',
    description:
      'A step does not pass on too few requests to tell: it waits for more, for `timeout` at the most.',
  }),
  metrics_port: setting({
    group: 'analysis',
    type: 'number',
    parse: parse.port,
    default: undefined,
    description:
      'The port of the pods’ own metrics, at /metrics. Without it: of pods that say so (annotation `prometheus.io/scrape`), or none.',
  }),
  metrics_counter: setting({
    ...line,
    group: 'analysis',
    description:
      'The counter of requests in the pods’ own metrics. Without it the usual names are looked for.',
  }),
  metrics_label: setting({
    ...line,
    group: 'analysis',
    description:
      'Its label that says how a request ended. Without it: the usual ones (status, code, outcome …).',
  }),
  metrics_failures: setting({
    group: 'analysis',
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'Values of that label that mean failure. Without it: 5xx, and the usual words and gRPC codes.',
  }),
  score_thresholds: setting({
    group: 'analysis',
    type: 'list of numbers',
    parse: parse.thresholds,
    default: '95, 75',
    description:
      'Scores of Kayenta’s judge, for checks with `judge: mann-whitney`: at the last step a release passes from the first one on, before it from the second one on.',
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
      '`true` makes the Rollout of the Deployment of the same name, with the canary’s `steps` and an AnalysisTemplate out of `checks`, and no request is lost; with `dry_run` it prints the YAML. `undo` is the reverse. The step does nothing else then.',
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
  argo_dashboard: setting({
    group: 'argo',
    type: 'text',
    parse: parse.url,
    default: undefined,
    description:
      'The address of the dashboard of Argo Rollouts: the log links to the Rollout’s page. With its root path, where that is not `/rollouts`.',
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
    description:
      'The body, with Handlebars expressions as plugins/webhook has them (`{{build.tag}}`). Without it: `{"name": REPO, "tag": TAG}`.',
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
  signature_secret: setting({
    ...secret,
    group: 'keel',
    description: 'Sign the body with this key: HMAC-SHA256 in hexadecimal digits, in `signature_header`.',
  }),
  signature_header: setting({
    ...line,
    group: 'keel',
    default: 'X-Drone-Signature',
    description: 'The header for the signature.',
  }),
  wait: setting({
    group: 'keel',
    type: 'sent, approved, updated',
    parse: parse.word(['sent', 'approved', 'updated']),
    default: undefined,
    description:
      'What is waited for: that Keel took the webhook, that people approved it, or that the workloads run it. Without it: `updated` where Keel’s admin API (`username`, `password`) or a kubeconfig is there, else `sent`.',
  }),
  approve: flag({ group: 'keel', description: 'Vote for the update, as `voter`, where it needs approvals.' }),
  voter: setting({
    ...line,
    group: 'keel',
    description: 'The name to vote by. Without it: who started the build. Keel counts each name once.',
  }),
  bake: setting({
    ...duration,
    group: 'keel',
    default: '1m',
    description:
      'With `checks`: how long an update by Keel is watched, once it is rolled out. A bad one is brought back by the cluster (`kubeconfig`, with the right to update).',
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
