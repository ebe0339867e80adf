import { objectName } from '../object-names.ts';
import * as parse from '../parsers.ts';
import { parseFirstContact, parseKeep, parseMirror, parseSteps } from '../steps.ts';
import { hostName } from '../strategy/host-name.ts';
import { choice, duration, flag, line, type Setting, setting } from './row.ts';

const stepItems: parse.Parser<readonly string[]> = (given) => {
  if (/^\s*\[.*"(?:setWeight|pause)"\s*:/s.test(given))
    throw new Error("has the form of Argo Rollouts' steps; example: [ 5% 2m, hold, 50% 5m ]");
  return parse.list(given);
};
const stepsOrNone: parse.Parser<ReturnType<typeof parseSteps>> = (given) => parseSteps(stepItems(given));
const steps: typeof stepsOrNone = (given) => {
  const parsed = stepsOrNone(given);
  // an empty list would update stable immediately; nobody who configures a canary wants that
  if (parsed.length === 0) throw new Error('has no steps; example: 10% 2m');
  return parsed;
};

/** The canary of the native engine; some settings apply to the others as well. */
export const NATIVE = {
  strategy: choice(['auto', 'canary', 'bluegreen', 'rolling', 'experiment'], {
    default: 'auto',
    engines: ['native'],
    description:
      '`canary` sends a growing share of users to the new version. `bluegreen` starts a full copy with the new version, sends all users there at once, and keeps the old one ready for `keep` (docs/bluegreen.md). `rolling` replaces the pods of the workload itself, share by share, and judges the new pods beside the old ones (docs/how-to/rolling.md). `experiment` runs the new version next to a fresh copy of the current one, without any users, runs `checks` against both with the size and for the time of the first step, and removes both (docs/analysis.md). `auto` is `canary` for a Deployment, and `rolling` for a StatefulSet or a DaemonSet, which take no other strategy.',
  }),
  steps: setting({
    type: 'list',
    parse: steps,
    default: '5% 1m, 25% 2m, 50% 2m',
    example: '[ 10% 2m, hold, 50% until-sure 10m ]',
    engines: ['native', 'argo'],
    description:
      'The steps of a promotion; weights must rise. `10% 2m` sends 10 % of the users to the canary for 2 minutes. `10% until-sure 10m` ends as soon as the requests suffice to notice a difference of `detectable`, after 10 minutes at the latest. `10% 2m at-most 5 failures` ends the promotion at the sixth failed request of the canary in that step, whatever fails on stable (native engine). `10% 2m checks smoke latency` gives the step checks of its own: the `checks` with these names run in the steps that name them, and in no other (native engine, docs/analysis.md). A step may have all of them, in this order: `10% until-sure 10m at-most 5 failures checks smoke latency`. `hold` ends this run; the next promotion of the same build continues there. Another release may replace a promotion that holds. `hold 30m` goes on by itself after that time, and the canary is judged until then; `hold 30m checks smoke` has checks of its own. A weight without a time, such as `100%`, lasts 0 seconds. With `strategy: rolling` a weight is the share of the pods that run the new version, rounded up; by default one pod comes first, for a minute.',
  }),
  first_contact: setting({
    type: 'share and time, or false',
    parse: parseFirstContact,
    default: '1% 10s',
    example: '2% 20s',
    engines: ['native'],
    description:
      'Before the first step, so many users get the canary, until its first answers are known or the time is over. A release that fails at once then costs a handful of requests. `false` leaves it out.',
  }),
  mirror_requests: setting({
    type: 'share and time, or false',
    parse: parseMirror,
    default: undefined,
    example: '10% 30s',
    engines: ['native'],
    description:
      'Before any user is on the canary, the router copies so many requests to it for that time, throws the answers to the copies away, and the judge compares the canary with stable. A router that cannot, or whose copies nothing counts, is refused (docs/how-to/mirror.md).',
  }),
  mirror_methods: choice(['get', 'all'], {
    default: 'get',
    engines: ['native'],
    description:
      'Which requests `mirror_requests` copies. A copy is done twice: once by stable, once by the canary. `get` copies GET alone. `all` also copies requests that write, such as POST; set it only if the canary writes to data of its own, or if writing twice does no harm.',
  }),
  keep: setting({
    type: 'duration, or until-sure and a duration',
    parse: parseKeep,
    default: '10m',
    example: '30m',
    engines: ['native'],
    description:
      'With `strategy: bluegreen`: how long the old version is kept ready after the switch. The release is judged for all of that time, and an abort or a fault sends the users back with one write. Stable is updated afterwards. `until-sure 10m` ends it early, once enough requests were counted to notice a difference of `detectable`.',
  }),
  preview: setting({
    type: 'host name',
    parse: hostName,
    default: undefined,
    example: 'preview.shop.example.com',
    engines: ['native'],
    description:
      'A host name by which testers reach the new version, and nothing else, by the same router and the same paths as the users: from the first ready pod of the canary until its end, before the users as well (docs/bluegreen.md). The name must lead to the router (DNS). A rollback has no preview.',
  }),
  rollback_steps: setting({
    type: 'list',
    parse: stepsOrNone,
    default: undefined,
    example: '[ 50% 1m ]',
    engines: ['native'],
    description:
      'The steps of a rollback, in the form of `steps`. Default: none; the Deployment is updated immediately, as `rollback_finish` says.',
  }),
  traffic: choice(['auto', 'nginx', 'gateway', 'istio', 'traefik', 'service', 'replicas'], {
    default: 'auto',
    engines: ['native', 'keel'],
    description:
      'What splits the traffic. `nginx`: ingress-nginx, with canary Ingresses; it also says that ingress-nginx serves classes that the plugin does not know, that no service mesh runs beside it, and that it runs if none of its pods is found in `controller_namespace`. `gateway`: Gateway API, with the weights of HTTPRoutes and GRPCRoutes. `istio`: the weights of VirtualServices; it also says that rules which a VirtualService has in another namespace do not send to the Service. `traefik`: Traefik 3, with the weights of IngressRoutes and TraefikServices, and an IngressRoute in front of an Ingress. `service`: the selector of the Service, which moves all users at once, for `strategy: bluegreen`. `replicas`: the share of the pods behind the Service, for a canary without any route (docs/how-to/no-ingress.md); only if it is named. `auto`: the first of them that leads to the Service and can be split; `service` only for `strategy: bluegreen`, and only if nothing else leads to the Service.',
  }),
  header: setting({
    type: 'Name or Name=value',
    parse: parse.oneHeader,
    default: undefined,
    example: 'X-Canary=tester',
    engines: ['native'],
    description:
      'Requests with this header go to the canary at any weight, as long as the canary takes users. `X-Canary` matches the value `always` (and `never` avoids the canary). `X-Canary=tester` matches the value `tester`.',
  }),
  header_pattern: setting({
    type: 'Name=pattern',
    parse: parse.headerPattern,
    default: undefined,
    example: 'X-Tenant=^(beta|staff)-',
    engines: ['native'],
    description:
      'Requests whose header matches this regular expression go to the canary at any weight, such as `X-Tenant=^(beta|staff)-`. Instead of `header`.',
  }),
  cookie: setting({
    type: 'string',
    parse: parse.cookieName,
    default: undefined,
    example: 'canary',
    engines: ['native'],
    description:
      'With ingress-nginx: requests with this cookie go to the canary if its value is `always`, and avoid the canary if it is `never`.',
  }),
  finish: choice(['auto', 'shift', 'pace', 'roll'], {
    default: 'auto',
    engines: ['native'],
    description:
      'How stable gets the new version. `shift` scales the canary to full size and sends it all users while stable is updated; this needs room for two full sets of pods. `pace` replaces the pods of stable one by one, no faster than the router follows; this needs room for one more pod, and sets `minReadySeconds`, `maxSurge` and `maxUnavailable` of the Deployment for that time. `roll` updates stable while it serves users, as the Deployment itself says. `auto` is `shift` if the quotas of the namespace have room for it, and else `pace`; the plan says which and why.',
  }),
  rollback_finish: choice(['pace', 'roll'], {
    default: 'pace',
    engines: ['native'],
    description:
      'How a rollback without `rollback_steps` replaces the pods: `pace`, no faster than the router follows, or `roll`, at once.',
  }),
  settle: setting({
    ...duration,
    default: '4s',
    example: '6s',
    description:
      'Pause after each change of a weight, until the router follows (ingress-nginx up to 3.3 s, Traefik up to 1.8 s). A longer one gives the requests on stable more time to end before its pods go. With Keel, the pause between the rollout and `bake`.',
  }),
  drain: setting({
    ...duration,
    default: '4s',
    example: '30s',
    engines: ['native'],
    description:
      'Pause between weight 0 and deleting the canary, so that running requests can end. Raise it for long requests such as uploads and streams.',
  }),
  timeout: setting({
    ...duration,
    default: '5m',
    example: '10m',
    description:
      'How long to wait for pods to become ready. The time starts again with each progress. With Keel it also limits votes and updates.',
  }),
  guard: flag({
    engines: ['native', 'argo'],
    description:
      'Start a Job in the cluster that sends all users back to stable if this step is killed (Drone’s Docker runner kills a cancelled step without a signal). If the Job does not start, the promotion is refused.',
  }),
  guard_image: setting({
    ...line,
    example: '192.0.2.10:5000/drone-promote:0.1.0',
    engines: ['native', 'argo'],
    description:
      'The image that the guard runs; normally the same as `image:` of the step. Default: the name that this image got by `--build-arg IMAGE=…` when it was built.',
  }),
  guard_service_account: setting({
    type: 'string',
    parse: objectName,
    default: 'drone-promote-guard',
    example: 'guard',
    engines: ['native', 'argo'],
    description: 'The service account of the guard (deploy/rbac.yaml creates it).',
  }),
  guard_notify: setting({
    type: 'string',
    parse: objectName,
    default: undefined,
    example: 'promotions',
    engines: ['native', 'argo'],
    description:
      'A Secret in the namespace of the workload whose key `notify` has the same text as the setting `notify`: these receivers are told if the guard ends the promotion. Default: the guard tells nobody, because it has no secrets of the pipeline.',
  }),
  lease: setting({
    type: 'duration',
    parse: parse.lease,
    default: '15s',
    example: '30s',
    engines: ['native', 'argo'],
    description:
      'A step that has sent no heartbeat for this long counts as dead: the guard or the next run takes over. A step that cannot reach the cluster for this long stops acting. Whole seconds, at least 5s.',
  }),
  on_conflict: choice(['refuse', 'wait', 'replace'], {
    default: 'refuse',
    engines: ['native'],
    description:
      'What to do if another promotion of the workload is running. `refuse` ends this step. `wait` waits for the other one to end. `replace` rolls the other one back first. None of them protects a promotion that holds: another release replaces it.',
  }),
  conflict_timeout: setting({
    ...duration,
    default: '30m',
    example: '1h',
    engines: ['native'],
    description: 'How long `on_conflict: wait` waits.',
  }),
  on_cancel: choice(['abort', 'keep'], {
    default: 'abort',
    description:
      'What to do if the build is cancelled (SIGTERM). `abort` sends all users back to stable within a second and removes the canary. `keep` leaves the promotion to the guard or to the next run. Drone’s Docker runner sends no signal; see `guard`.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
