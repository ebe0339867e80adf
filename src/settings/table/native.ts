import * as parse from '../parsers.ts';
import { parseSteps } from '../steps.ts';
import { choice, duration, flag, line, type Setting, setting } from './row.ts';

const stepItems: parse.Parser<readonly string[]> = (given) => {
  if (/^\s*\[.*"(?:setWeight|pause)"\s*:/s.test(given))
    throw new Error("has the form of Argo Rollouts' steps; write for example [ 5% 2m, hold, 50% 5m ]");
  return parse.list(given);
};
const stepsOrNone: parse.Parser<ReturnType<typeof parseSteps>> = (given) => parseSteps(stepItems(given));
const steps: typeof stepsOrNone = (given) => {
  const parsed = stepsOrNone(given);
  // an empty list would roll stable at once, which nobody means who asks for a canary
  if (parsed.length === 0) throw new Error('has no step; write for example 10% 2m');
  return parsed;
};

/** The canary of the native engine; some settings apply to the others as well. */
export const NATIVE = {
  strategy: choice(['canary', 'experiment'], {
    default: 'canary',
    description:
      'How a release reaches production; or `experiment`: it is tried beside a copy of the stable version, without users, for the time and at the size of the first step, and removed again (docs/analysis.md).',
  }),
  steps: setting({
    type: 'list',
    parse: steps,
    default: '5% 1m, 25% 2m, 50% 2m',
    description:
      'The way up: `10% 2m` is a weight and how long it is held; `10% until-sure 10m` ends as soon as a difference of `detectable` would have been seen, after 10 minutes at the latest; `hold` ends the step until the next promotion.',
  }),
  rollback_steps: setting({
    type: 'list',
    parse: stepsOrNone,
    default: undefined,
    description: 'The way of a rollback, as `steps`. Without it a rollback rolls stable at once.',
  }),
  traffic: choice(['auto', 'nginx'], {
    default: 'auto',
    description: 'What splits the users: ingress-nginx, by canary Ingresses.',
  }),
  header: setting({
    type: 'Name or Name=value',
    parse: parse.oneHeader,
    default: undefined,
    description:
      'Requests with this header go to the canary whatever the weight is, while users are on it: `X-Canary` with the value `always` (or `never`), `X-Canary=tester` with that value.',
  }),
  cookie: setting({
    type: 'text',
    parse: parse.cookieName,
    default: undefined,
    description: 'The same by a cookie, with the value `always` or `never`.',
  }),
  finish: choice(['shift', 'roll'], {
    default: 'shift',
    description:
      '`shift`: a full-sized canary carries all users while stable is updated; needs room for two full sets of pods. `roll`: stable is rolled under traffic.',
  }),
  settle: setting({
    ...duration,
    default: '4s',
    description:
      'How long a change of the routes is given to be in force. ingress-nginx follows up to 3.3 s late.',
  }),
  drain: setting({
    ...duration,
    default: '4s',
    description: 'How long after weight 0 the last requests on the canary may take before its pods end.',
  }),
  timeout: setting({
    ...duration,
    default: '5m',
    description:
      'How long pods may take to become ready, counted from the last progress. With Keel: votes and updates too.',
  }),
  guard: flag({
    description:
      'Make a Job in the cluster that brings the users back when this step is killed (Drone kills a cancelled step without a signal). Where it does not come up, the promotion is refused.',
  }),
  guard_image: setting({
    ...line,
    description:
      'The image of the guard. Without it: the image of this step, as it was named when it was built.',
  }),
  guard_service_account: setting({
    type: 'text',
    parse: parse.objectName,
    default: 'drone-promote-guard',
    description: 'The service account of the guard (deploy/rbac.yaml has it).',
  }),
  lease: setting({
    type: 'duration',
    parse: parse.lease,
    default: '15s',
    description:
      'How long the lock of a silent step lasts, 5s at least: after that the guard, or the next run, takes over. A step that cannot reach the cluster for so long stops acting.',
  }),
  on_conflict: choice(['refuse', 'wait', 'replace'], {
    default: 'refuse',
    description:
      'Where another promotion of the workload is under way: `refuse`, `wait` for its end, or `replace` it: it is brought down first, weight first.',
  }),
  conflict_timeout: setting({
    ...duration,
    default: '30m',
    description: 'How long `on_conflict: wait` waits.',
  }),
  on_cancel: choice(['abort', 'keep'], {
    default: 'abort',
    description:
      'When the step is told to end (SIGTERM): bring the promotion down, weight 0 within a second; or `keep` it for the guard or the next run.',
  }),
} as const satisfies Record<string, Setting<unknown>>;
