import { checksByKind } from './checks/job.ts';
import type { Check } from './checks/types.ts';
import type { Settings } from './settings.ts';

/** Which engine the settings ask for. */
export function engineOf({ engine, urls, workload }: Settings): 'native' | 'argo' | 'keel' {
  if (engine !== 'auto') return engine;
  if (urls !== undefined) return 'keel';
  return workload?.kind === 'rollout' ? 'argo' : 'native';
}

/** Faults that no setting has alone: each a sentence, with the name of the setting in backquotes. */
export function crossFaults(settings: Settings): string[] {
  const { urls, workload, engine } = settings;
  const isUnclear = engine === 'auto' && urls !== undefined && workload !== undefined;
  return [
    ...engineFaults(settings),
    ...(isUnclear ? [] : [...faultsOf(settings), ...imageFaults(settings)]),
    ...connectionFaults(settings),
  ];
}

function faultsOf(settings: Settings): string[] {
  switch (engineOf(settings)) {
    case 'native':
      return [...workloadFaults(settings), ...analysisFaults(settings)];
    case 'argo':
      return [...workloadFaults(settings), ...rolloutCheckFaults(settings)];
    case 'keel':
      return keelFaults(settings);
  }
}

/** Faults of what says who promotes what: all that the rights of a step depend on. */
export function engineFaults(settings: Settings): string[] {
  const { urls, workload, engine } = settings;
  if (engine === 'auto' && urls !== undefined && workload !== undefined) {
    return ['`urls` means Keel and `workload` means another engine: say with `engine` which one it is.'];
  }
  switch (engineOf(settings)) {
    case 'native':
      return [...kindFaults(settings, 'deployment'), ...bootstrapFaults(settings)];
    case 'argo':
      return kindFaults(settings, 'rollout');
    case 'keel':
      return [];
  }
}

function kindFaults({ workload, engine }: Settings, kind: 'deployment' | 'rollout'): string[] {
  if (workload === undefined) return [`\`workload\` is missing: ${kind}/NAME, or \`urls\` for Keel.`];
  return workload.kind === kind
    ? []
    : [`\`workload\` is a ${workload.kind}, and \`engine: ${engine}\` promotes a ${kind}.`];
}

function workloadFaults(settings: Settings): string[] {
  const { action, bootstrap, repo, guard, guard_image } = settings;
  const faults: string[] = [];
  const needsImage = !['abort', 'status', 'guard'].includes(action) && bootstrap === 'false';
  if (repo === undefined && needsImage)
    faults.push('`repo` is missing: the repository of the image, without a tag.');
  if (guard && guard_image === undefined)
    faults.push('`guard_image` is missing: this image was built without its own name.');
  return faults;
}

function bootstrapFaults({ bootstrap }: Settings): string[] {
  return bootstrap === 'false' ? [] : ['`bootstrap` makes a Rollout: `workload: rollout/NAME` names it.'];
}

/** The controller makes the canary and its steps: what needs a hand on those is not to be had. */
function rolloutCheckFaults({
  checks = [],
  prometheus,
  baseline,
  strategy,
  require_evidence,
  bootstrap,
}: Settings): string[] {
  const { measured, jobs } = checksByKind(checks);
  const faults = measured.flatMap(({ name, measure }) => {
    if (measure.kind === 'slower')
      return [
        `\`checks\` compares ${name} with stable by counters, which a Rollout has not: give it a bound.`,
      ];
    return measure.kind === 'query' && prometheus === undefined
      ? ['`checks` has a query, and `prometheus` is missing.']
      : [];
  });
  if (jobs.length > 0 && bootstrap === 'false')
    faults.push(
      '`checks` has a Job: a Rollout has its own, an AnalysisTemplate with a job (`bootstrap` makes one of it).',
    );
  if (baseline || strategy === 'experiment')
    faults.push(
      '`baseline` and `strategy: experiment` are of the native engine: a Rollout has experiment steps.',
    );
  if (require_evidence)
    faults.push('`require_evidence` holds a step, and the steps of a Rollout are its own.');
  return faults;
}

/** An experiment has no users: what counts their requests would wait for ever. */
function experimentFaults({ strategy, require_evidence }: Settings, checks: readonly Check[]): string[] {
  if (strategy !== 'experiment') return [];
  const counting = checks.find(({ measure }) => ['success-rate', 'latency', 'slower'].includes(measure.kind));
  return [
    ...(require_evidence ? ['`require_evidence` wants users, and `strategy: experiment` has none.'] : []),
    ...(counting
      ? [
          `\`checks\` has ${counting.name}, which counts users' requests, and \`strategy: experiment\` has none.`,
        ]
      : []),
  ];
}

function analysisFaults(settings: Settings): string[] {
  const { prometheus, false_alarm, require_evidence, steps } = settings;
  const { measured: checks } = checksByKind(settings.checks ?? []);
  const faults: string[] = [];
  if (prometheus === undefined && checks.some(({ measure }) => measure.kind === 'query'))
    faults.push('`checks` has a query, and `prometheus` is missing.');
  faults.push(...experimentFaults(settings, checks));
  if (checks.filter(({ measure }) => measure.kind === 'slower').length > 1)
    faults.push('`checks` compares the latency with that of stable twice: once is enough.');
  const hasBaseline = settings.baseline || settings.strategy === 'experiment';
  if (!hasBaseline && checks.some(({ compare }) => compare === 'baseline'))
    faults.push('`checks` compares with a baseline, and there is none: set `baseline: true`.');
  if (false_alarm > 0) return faults;
  if (settings.baseline) faults.push('`baseline` is for the judge, and `false_alarm: 0` turns it off.');
  if (require_evidence) faults.push('`require_evidence` wants a judge, and `false_alarm: 0` turns it off.');
  if (steps.some((step) => step.kind === 'weight' && step.untilSure))
    faults.push('`steps` has `until-sure`, and `false_alarm: 0` turns the judge off.');
  if (checks.some(({ measure }) => measure.kind === 'slower'))
    faults.push(
      '`checks` compares the latency with that of stable, and `false_alarm: 0` turns the judge off.',
    );
  return faults;
}

function keelFaults(settings: Settings): string[] {
  const { urls, repo, template, action } = settings;
  const faults: string[] = [];
  if (urls === undefined) faults.push("`urls` is missing: the address of Keel's webhook.");
  if (repo === undefined && template === undefined)
    faults.push('`repo` is missing, or a `template` for the body.');
  faults.push(...bakeFaults(settings));
  if (['status', 'guard'].includes(action)) faults.push(`\`action: ${action}\` is not possible with Keel.`);
  return faults;
}

/** After an update by Keel nothing old is left to compare with, and no canary to send a Job to. */
function bakeFaults(settings: Settings): string[] {
  const { checks = [], kubeconfig, server, wait, prometheus, prometheus_router } = settings;
  if (checks.length === 0) return [];
  const { measured, jobs } = checksByKind(checks);
  const byWorkload = prometheus !== undefined && ['istio', 'linkerd'].includes(prometheus_router);
  const faults = measured.flatMap(({ name, measure, compare, series }) => {
    if (compare !== undefined || series !== undefined)
      return [`\`checks\` compares ${name} with stable, and Keel leaves nothing of that.`];
    if (['success-rate', 'latency'].includes(measure.kind) && !byWorkload)
      return [
        `\`checks\` has ${name}, which with Keel needs \`prometheus\` and a \`prometheus_router\` that counts by workload (istio, linkerd): write a query.`,
      ];
    if (measure.kind === 'query' && prometheus === undefined)
      return ['`checks` has a query, and `prometheus` is missing.'];
    return [];
  });
  if (jobs.length > 0) faults.push('`checks` has a Job, which runs against a canary: Keel makes none.');
  if (kubeconfig === undefined && server === undefined)
    faults.push('`checks` need `kubeconfig` or `server` with Keel: a bad update is brought back there.');
  if (wait === 'sent' || wait === 'approved')
    faults.push(`\`checks\` watch the update, and \`wait: ${wait}\` does not wait for it.`);
  return faults;
}

function connectionFaults({ kubeconfig, server, token, ca, context }: Settings): string[] {
  const faults: string[] = [];
  if (kubeconfig !== undefined && server !== undefined) {
    faults.push('`kubeconfig` and `server` are both given: one of them says where the cluster is.');
  }
  if (server === undefined && (token !== undefined || ca !== undefined)) {
    faults.push('`token` and `ca` go with `server`, which is missing.');
  }
  if (context !== undefined && kubeconfig === undefined)
    faults.push('`context` goes with `kubeconfig`, which is missing.');
  return faults;
}

/** What is asked of the registry, and that it is not to be asked. */
function imageFaults(settings: Settings): string[] {
  const {
    verify,
    pin,
    repo,
    artifact_file,
    digest_file,
    tags = [],
    auto_tag,
    promote_to,
    verify_key,
  } = settings;
  const isKeel = engineOf(settings) === 'keel';
  const needing = [
    ...(pin === 'digest' && artifact_file === undefined && digest_file === undefined ? ['pin: digest'] : []),
    ...(tags.length > 0 ? ['tags'] : []),
    ...(auto_tag ? ['auto_tag'] : []),
    ...(promote_to === undefined ? [] : ['promote_to']),
    ...(verify_key === undefined ? [] : ['verify_key']),
  ];
  const asks = needing.length > 0 || verify === 'true' || verify === 'strict';
  return [
    ...(verify === 'false'
      ? needing.map((name) => `\`${name}\` needs the registry, which \`verify: false\` does not ask.`)
      : []),
    ...(isKeel && pin === 'digest' ? ['`pin: digest` is not possible with Keel, which takes a tag.'] : []),
    ...(isKeel && asks && repo === undefined
      ? ['`repo` is missing: the registry is asked for it, whatever the `template` says.']
      : []),
  ];
}
