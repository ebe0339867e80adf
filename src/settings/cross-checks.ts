import { checksByKind } from './checks/job.ts';
import type { Check } from './checks/types.ts';
import { engineOf } from './engine.ts';
import type { Settings } from './settings.ts';

const NO_PROMETHEUS = '`checks` has a query, but `prometheus` is not set.';

/** Faults of settings in combination: each a sentence that names the settings in backquotes. */
export function crossFaults(settings: Settings): string[] {
  const { urls, workload, engine } = settings;
  if (engine === 'auto' && urls !== undefined && workload !== undefined) {
    return [
      '`urls` selects Keel and `workload` selects another engine; choose one with `engine`.',
      ...connectionFaults(settings),
    ];
  }
  return [...engineFaults(settings), ...imageFaults(settings), ...connectionFaults(settings)];
}

function engineFaults(settings: Settings): string[] {
  switch (engineOf(settings)) {
    case 'native':
      return [
        ...workloadFaults(settings, 'deployment'),
        ...bootstrapFaults(settings),
        ...analysisFaults(settings),
      ];
    case 'argo':
      return [...workloadFaults(settings, 'rollout'), ...rolloutCheckFaults(settings)];
    case 'keel':
      return keelFaults(settings);
  }
}

function workloadFaults(settings: Settings, kind: 'deployment' | 'rollout'): string[] {
  const { workload, action, bootstrap, repo, guard, guard_image, engine } = settings;
  const faults: string[] = [];
  if (workload === undefined)
    faults.push(`\`workload\` is missing; write \`workload: ${kind}/NAME\`, or set \`urls\` for Keel.`);
  else if (workload.kind !== kind)
    faults.push(`\`workload\` is a ${workload.kind}, but \`engine: ${engine}\` promotes a ${kind}.`);
  const needsImage = !['abort', 'status', 'guard'].includes(action) && bootstrap === 'false';
  if (repo === undefined && needsImage)
    faults.push('`repo` is missing; write the image without its tag, such as `repo: 192.0.2.10:5000/shop`.');
  if (guard && guard_image === undefined)
    faults.push(
      "`guard: true` needs the name of this plugin's image; set `guard_image` to the same value as `image:` of the step.",
    );
  return faults;
}

function bootstrapFaults({ bootstrap }: Settings): string[] {
  return bootstrap === 'false'
    ? []
    : [`\`bootstrap: ${bootstrap}\` needs \`workload: rollout/NAME\`, the name of the Rollout.`];
}

/** Settings that need control over the canary or its steps. The controller has that control for a Rollout. */
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
        `\`checks\` cannot compare ${name} with stable for a Rollout, which has no counters; use an absolute limit.`,
      ];
    return measure.kind === 'query' && prometheus === undefined ? [NO_PROMETHEUS] : [];
  });
  if (jobs.length > 0 && bootstrap === 'false')
    faults.push(
      '`checks` has a Job, which this step does not run for a Rollout; use an AnalysisTemplate with a job (`bootstrap` creates one).',
    );
  if (baseline || strategy === 'experiment')
    faults.push(
      '`baseline` and `strategy: experiment` need the native engine; a Rollout has experiment steps of its own.',
    );
  if (require_evidence)
    faults.push('`require_evidence` has no effect on a Rollout, because its controller runs the steps.');
  return faults;
}

/** An experiment has no users, so a check of their requests would never get a value. */
function experimentFaults({ strategy, require_evidence }: Settings, checks: readonly Check[]): string[] {
  if (strategy !== 'experiment') return [];
  const ofRequests = checks.find(({ measure }) =>
    ['success-rate', 'latency', 'slower'].includes(measure.kind),
  );
  return [
    ...(require_evidence ? ['`require_evidence` needs users, but `strategy: experiment` has none.'] : []),
    ...(ofRequests
      ? [
          `\`checks\` has ${ofRequests.name}, which counts users' requests, but \`strategy: experiment\` has no users.`,
        ]
      : []),
  ];
}

function analysisFaults(settings: Settings): string[] {
  const { prometheus, false_alarm, require_evidence, steps } = settings;
  const { measured: checks } = checksByKind(settings.checks ?? []);
  const comparesLatency = checks.filter(({ measure }) => measure.kind === 'slower').length;
  const hasBaseline = settings.baseline || settings.strategy === 'experiment';
  const faults: string[] = [];
  if (prometheus === undefined && checks.some(({ measure }) => measure.kind === 'query'))
    faults.push(NO_PROMETHEUS);
  faults.push(...experimentFaults(settings, checks));
  if (comparesLatency > 1) faults.push('`checks` compares latency with stable more than once; keep one.');
  if (!hasBaseline && checks.some(({ compare }) => compare === 'baseline'))
    faults.push('`checks` compares with a baseline, but there is none; set `baseline: true`.');
  if (false_alarm > 0) return faults;
  const noJudge = '`false_alarm: 0` disables the judge.';
  if (settings.baseline) faults.push(`\`baseline\` has no effect: ${noJudge}`);
  if (require_evidence) faults.push(`\`require_evidence\` has no effect: ${noJudge}`);
  if (steps.some((step) => step.kind === 'weight' && step.untilSure))
    faults.push(`\`until-sure\` in \`steps\` has no effect: ${noJudge}`);
  if (comparesLatency > 0) faults.push(`\`checks\` cannot compare latency with stable: ${noJudge}`);
  return faults;
}

function keelFaults(settings: Settings): string[] {
  const { urls, repo, template, action } = settings;
  const faults: string[] = [];
  if (urls === undefined)
    faults.push(
      "`urls` is missing; write the URL of Keel's webhook, such as http://keel:9300/v1/webhooks/native.",
    );
  if (repo === undefined && template === undefined)
    faults.push('`repo` is missing; set it, or set a `template` for the body.');
  faults.push(...bakeFaults(settings));
  if (['status', 'guard'].includes(action)) faults.push(`\`action: ${action}\` is not possible with Keel.`);
  return faults;
}

/** An update by Keel leaves no old version to compare with, and has no canary that a Job could test. */
function bakeFaults(settings: Settings): string[] {
  const { checks = [], kubeconfig, server, wait, prometheus, prometheus_router } = settings;
  if (checks.length === 0) return [];
  const { measured, jobs } = checksByKind(checks);
  const byWorkload = prometheus !== undefined && ['istio', 'linkerd'].includes(prometheus_router);
  const faults = measured.flatMap(({ name, measure, compare, series }) => {
    if (compare !== undefined || series !== undefined)
      return [`\`checks\` compares ${name} with stable, but an update by Keel leaves no stable version.`];
    if (['success-rate', 'latency'].includes(measure.kind) && !byWorkload)
      return [
        `\`checks\` has ${name}, which with Keel needs \`prometheus\` and a \`prometheus_router\` that counts by workload (istio, linkerd); use a query instead.`,
      ];
    return measure.kind === 'query' && prometheus === undefined ? [NO_PROMETHEUS] : [];
  });
  if (jobs.length > 0) faults.push('`checks` has a Job, which needs a canary; Keel creates none.');
  if (kubeconfig === undefined && server === undefined)
    faults.push('`checks` with Keel needs `kubeconfig` or `server`, to revert a bad update.');
  if (wait === 'sent' || wait === 'approved')
    faults.push(`\`checks\` watches the update, but \`wait: ${wait}\` does not wait for it.`);
  return faults;
}

function connectionFaults({ kubeconfig, server, token, ca, context }: Settings): string[] {
  const faults: string[] = [];
  if (kubeconfig !== undefined && server !== undefined) {
    faults.push('`kubeconfig` and `server` are both set; keep the one that names your cluster.');
  }
  if (server === undefined && (token !== undefined || ca !== undefined)) {
    faults.push('`token` and `ca` need `server`, which is not set.');
  }
  if (server !== undefined && token === undefined) {
    faults.push('`server` is set but `token` is not; for a client certificate, use `kubeconfig`.');
  }
  if (context !== undefined && kubeconfig === undefined)
    faults.push('`context` needs `kubeconfig`, which is not set.');
  return faults;
}

/**
 * Settings that need the registry although `verify: false` forbids requests to it, and what Keel cannot do.
 */
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
      ? needing.map((name) => `\`${name}\` needs the registry, but \`verify: false\` forbids requests to it.`)
      : []),
    ...(isKeel && pin === 'digest' ? ['`pin: digest` is not possible with Keel, which takes a tag.'] : []),
    ...(isKeel && asks && repo === undefined
      ? ['`repo` is missing; the registry is asked for it, even if `template` is set.']
      : []),
  ];
}
