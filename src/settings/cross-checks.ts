import { analysisFaults, bakeFaults, rolloutCheckFaults } from './checks/combinations.ts';
import { engineOf } from './engine.ts';
import { hookFaults } from './hooks/hook-faults.ts';
import type { Settings } from './settings.ts';
import { blueGreenFaults } from './strategy/bluegreen.ts';
import { followerFaults } from './strategy/followers.ts';
import { rollingFaults, strategyOf } from './strategy/rolling.ts';
import { previewElsewhere, testersFaults } from './strategy/testers.ts';

/** Faults of settings in combination: each a sentence that names the settings in backquotes. */
export function crossFaults(settings: Settings): string[] {
  const ambiguity = ambiguityFaults(settings);
  return [
    ...(ambiguity.length > 0
      ? ambiguity
      : [
          ...targetFaults(settings),
          ...engineFaults(settings),
          ...hookFaults(settings),
          ...imageFaults(settings),
        ]),
    ...connectionFaults(settings),
  ];
}

/** Faults of the settings that say what is promoted by which engine; the rights of a step depend on these alone. */
export function targetFaults(settings: Settings): string[] {
  const ambiguity = ambiguityFaults(settings);
  if (ambiguity.length > 0) return ambiguity;
  switch (engineOf(settings)) {
    case 'native':
      return [
        ...kindFaults(settings, ['deployment', 'statefulset', 'daemonset']),
        ...rollingFaults(settings),
        ...bootstrapFaults(settings),
        ...followerFaults(settings),
      ];
    case 'argo':
      return [...kindFaults(settings, ['rollout']), ...followerFaults(settings)];
    case 'keel':
      return followerFaults(settings);
  }
}

function ambiguityFaults({ urls, workload, engine }: Settings): string[] {
  return engine === 'auto' && urls !== undefined && workload !== undefined
    ? ['`urls` selects Keel and `workload` selects another engine; choose one with `engine`.']
    : [];
}

function kindFaults({ workload, engine }: Settings, kinds: readonly string[]): string[] {
  const [first] = kinds;
  if (workload === undefined)
    return [`\`workload\` is missing; write \`workload: ${first}/NAME\`, or set \`urls\` for Keel.`];
  return kinds.includes(workload.kind)
    ? []
    : [`\`workload\` is a ${workload.kind}, but \`engine: ${engine}\` promotes a ${kinds.join(', ')}.`];
}

function mirrorFaults(settings: Settings): string[] {
  const { mirror_requests, false_alarm, steps } = settings;
  const strategy = strategyOf(settings);
  if (!mirror_requests) return [];
  return [
    ...(strategy === 'canary'
      ? []
      : [
          `\`mirror_requests\` is a stage before the users of a canary; \`strategy: ${strategy}\` has no such stage.`,
        ]),
    ...(steps.length === 0
      ? ['`mirror_requests` needs `steps`: without a canary there is nothing to copy requests to.']
      : []),
    ...(false_alarm === 0 ? ['`mirror_requests` has no effect: `false_alarm: 0` disables the judge.'] : []),
  ];
}

function engineFaults(settings: Settings): string[] {
  switch (engineOf(settings)) {
    case 'native':
      return [
        ...imageNameFaults(settings),
        ...testersFaults(settings),
        ...mirrorFaults(settings),
        ...blueGreenFaults(settings),
        ...analysisFaults(settings),
        ...limitFaults(settings),
      ];
    case 'argo':
      return [
        ...imageNameFaults(settings),
        ...limitFaults(settings),
        ...rolloutCheckFaults(settings),
        ...previewElsewhere('argo', settings),
      ];
    case 'keel':
      return [...keelFaults(settings), ...previewElsewhere('keel', settings)];
  }
}

/** Failed requests are counted for the judge of the native engine. */
function limitFaults(settings: Settings): string[] {
  const { steps, false_alarm } = settings;
  if (!steps.some((step) => step.kind === 'weight' && step.mostFailures !== undefined)) return [];
  if (engineOf(settings) === 'argo')
    return ['`steps` limits failures (at-most), but a Rollout has no such step; write a check.'];
  return false_alarm > 0
    ? []
    : ['`steps` limits failures (at-most), but `false_alarm: 0` switches off what counts them.'];
}

function imageNameFaults({ action, bootstrap, repo, guard, guard_image }: Settings): string[] {
  const faults: string[] = [];
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
    requires,
  } = settings;
  const engine = engineOf(settings);
  const isKeel = engine === 'keel';
  const needing = [
    ...(pin === 'digest' && artifact_file === undefined && digest_file === undefined ? ['pin: digest'] : []),
    ...(tags.length > 0 ? ['tags'] : []),
    ...(auto_tag ? ['auto_tag'] : []),
    ...(promote_to === undefined ? [] : ['promote_to']),
    ...(requires?.tags.length ? ['requires'] : []),
    ...(['verify_key', 'verify_identity'] as const).filter((name) => settings[name] !== undefined),
  ];
  const asks = needing.length > 0 || verify === 'true' || verify === 'strict';
  return [
    ...signerFaults(settings),
    ...(verify === 'false'
      ? needing.map((name) => `\`${name}\` needs the registry, but \`verify: false\` forbids requests to it.`)
      : []),
    ...(engine !== 'native' && requires?.records.length
      ? ['`requires` names a record, which only promotions of Deployments leave; name a tag of the registry.']
      : []),
    ...(isKeel && pin === 'digest' ? ['`pin: digest` is not possible with Keel, which takes a tag.'] : []),
    ...(isKeel && asks && repo === undefined
      ? ['`repo` is missing; the registry is asked for it, even if `template` is set.']
      : []),
  ];
}

/** Who must have signed: a key, or an identity with its issuer and the trusted root. */
function signerFaults(settings: Settings): string[] {
  const { verify_key, verify_identity, verify_provenance } = settings;
  if (verify_key !== undefined && verify_identity !== undefined)
    return ['`verify_key` and `verify_identity` are both set; keep the one that says who signs.'];
  if (verify_identity === undefined) {
    const alone = (['verify_issuer', 'verify_trusted_root'] as const).filter(
      (name) => settings[name] !== undefined,
    );
    return [
      ...alone.map((name) => `\`${name}\` needs \`verify_identity\`, which is not set.`),
      ...(verify_provenance !== undefined && verify_key === undefined
        ? ['`verify_provenance` needs `verify_identity` or `verify_key`, which say who attests.']
        : []),
    ];
  }
  return (['verify_issuer', 'verify_trusted_root'] as const)
    .filter((name) => settings[name] === undefined)
    .map((name) => `\`verify_identity\` needs \`${name}\`, which is not set.`);
}
