import type { Addon } from '../e2e/addon.ts';
import { deployApp, imageOf, REPO, SETTINGS } from '../e2e/app.ts';
import { deployRollout, rolloutsPath, setRolloutImage } from '../e2e/rollout/rollout.ts';
import { SETTINGS as ROLLOUT_SETTINGS } from '../e2e/rollout/step.ts';
import type { Load, LoadReport, World } from '../e2e/world.ts';
import { provenance, quantile } from './measure.ts';

/**
 * `npm run bench:peers`: the same bad releases, under the same users, in the same lab, by turns with this program (no Prometheus) and
 * with Argo Rollouts as fast as it goes. What docs/benchmarks.md records.
 */
const ROUNDS = Number(process.env.PEERS_ROUNDS ?? 7);
/** `PEERS=Rollout`: only those whose name has this, and no slow faults. */
const ONLY = process.env.PEERS ?? '';
const SLOW_ROUNDS = Number(process.env.PEERS_SLOW_ROUNDS ?? 3);
/** The router takes a change up to 3.3 s late: users are gone by then. */
const QUIET_MS = 5_000;
const ABORTED_MS = 90_000;

type StartWorld = (name: string, needs?: readonly Addon[]) => Promise<World & { stop(): Promise<void> }>;

interface Run {
  /** Requests that the bad version failed. */
  failed: number;
  /** Requests that failed without it. */
  otherFailed: number;
  /** Requests that the bad version answered, good or bad. */
  answered: number;
  /** From the first request on the bad version to the last. */
  seconds: number;
  /** From the first request that it failed to the last. */
  failingSeconds: number;
  /** Why it ended. */
  end: string;
}

/** A way to promote a tag; resolves when it has been brought down, or is through, and says which. */
interface Peer {
  name: string;
  needs: readonly Addon[];
  deploy(world: World): Promise<void>;
  promote(world: World, tag: string): Promise<string>;
}

const ours = (settings: object): Peer => ({
  name: 'drone-promote, as installed (access log, no metrics)',
  needs: [],
  deploy: (world) => deployApp(world),
  async promote(world, tag) {
    const step = await world.step({ ...SETTINGS, ...settings }, { DRONE_TAG: `v${tag}` }).done;
    const seen = step.log.match(/a failure rate of .* would have been noticed/g) ?? [];
    const last = /(?:ABORTED|PROMOTED|REFUSED) .*/.exec(step.log)?.[0] ?? `exit ${step.code}`;
    if ((step.code === 0) !== ((await imageOf(world)) === `${REPO}:${tag}`)) throw new Error(step.log);
    return [last, ...seen].join('; ');
  },
});

/** Where the Ingress writes no access log, and the controller has its counters. */
const byCounters = (settings: object): Peer => ({
  ...ours(settings),
  name: 'drone-promote, by the counters',
  needs: ['controller-metrics'],
  async deploy(world) {
    const annotations = { 'nginx.ingress.kubernetes.io/enable-access-log': 'false' };
    await deployApp(world, { ingress: { metadata: { annotations } } });
  },
});

/** A Rollout whose steps are over after five seconds, without an analysis of its own. */
const onRollout: Peer = {
  ...ours({}),
  name: 'drone-promote on a Rollout, `setWeight: 20, pause: 5s`',
  needs: ['argo-rollouts'],
  deploy: (world) =>
    deployRollout(world, { template: 'own', steps: [{ setWeight: 20 }, { pause: { duration: '5s' } }] }),
  async promote(world, tag) {
    const step = await world.step(ROLLOUT_SETTINGS, { DRONE_TAG: `v${tag}` }).done;
    return /(?:ABORTED|PROMOTED|REFUSED) .*/.exec(step.log)?.[0] ?? `exit ${step.code}`;
  },
};

/** Its own rate of errors over two scrapes at the least, asked for from the canary's first weight on. */
const argoRollouts = (intervalSeconds: number): Peer => ({
  name: `Argo Rollouts 1.9.2, analysis every ${intervalSeconds} s`,
  needs: ['argo-rollouts', 'prometheus'],
  async deploy(world) {
    const { namespace, prometheus } = world;
    const canary = (more = '') =>
      `sum(rate(nginx_ingress_controller_requests{exported_namespace="${namespace}",canary=~"${namespace}-web-canary-.*"${more}}[6s]))`;
    await world.api.create(`/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysistemplates`, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'errors' },
      spec: {
        metrics: [
          {
            name: 'errors',
            interval: `${intervalSeconds}s`,
            failureLimit: 0,
            // no value, before there are two scrapes, is no failure
            successCondition: 'len(result) == 0 || isNaN(result[0]) || result[0] <= 0.01',
            provider: {
              prometheus: { address: prometheus, query: `${canary(',status=~"5.*"')} / ${canary()}` },
            },
          },
        ],
      },
    });
    await deployRollout(world, {
      template: 'workloadRef',
      steps: [{ setWeight: 10 }, { pause: { duration: '60s' } }, { setWeight: 50 }, { pause: {} }],
      // from the step after setWeight on: at the weight's own there is nothing to measure yet
      canary: { analysis: { templates: [{ templateName: 'errors' }], startingStep: 1 } },
    });
  },
  async promote(world, tag) {
    await setRolloutImage(world, 'workloadRef', tag);
    let status: { abort?: boolean; message?: string } = {};
    await world.until(
      'Argo Rollouts aborts',
      async () => {
        status = (await world.api.get(`${rolloutsPath(world.namespace)}/web`))?.status ?? {};
        return status.abort === true;
      },
      ABORTED_MS,
    );
    return `aborted: ${status.message}`;
  },
});

async function runOnce(startWorld: StartWorld, name: string, peer: Peer, tag: string): Promise<Run> {
  const world = await startWorld(name, peer.needs);
  let load: Load | undefined;
  try {
    await peer.deploy(world);
    load = await world.load();
    const end = await peer.promote(world, tag);
    await world.sleep(QUIET_MS);
    return { ...measuredIn(await load.stop(), tag), end };
  } finally {
    await world.stop();
  }
}

function measuredIn({ failures, versions, spans }: LoadReport, tag: string): Omit<Run, 'end'> {
  const own = failures.filter(({ version }) => version === tag).map(({ at }) => at);
  const [first, last] = spans[tag] ?? [0, 0];
  return {
    failed: own.length,
    otherFailed: failures.length - own.length,
    answered: versions[tag] ?? 0,
    seconds: (last - first) / 1000,
    failingSeconds: own.length === 0 ? 0 : (Math.max(...own) - Math.min(...own)) / 1000,
  };
}

/** Prints everything as Markdown; each run is told as it ends. */
export async function comparePeers(startWorld: StartWorld): Promise<void> {
  console.log(provenance('npm run bench:peers'));
  let count = 0;
  const tell = async (peer: Peer, tag: string): Promise<Run> => {
    const run = await runOnce(startWorld, `peers-${++count}`, peer, tag);
    console.log(`- ${peer.name}, ${tag}: ${JSON.stringify(run)}`);
    return run;
  };

  const steps = ['10% 60s'];
  const all = [ours({ steps }), byCounters({ steps }), onRollout, argoRollouts(1)];
  const peers = all.filter(({ name }) => name.includes(ONLY));
  const runs = new Map<Peer, Run[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const peer of peers) runs.get(peer)?.push(await tell(peer, '1.1.0-err50'));
  }
  console.log(`\n50 % errors, 10 % weight, 150 requests/s, 4 stable pods; median and all:\n\n${HEAD}`);
  for (const [peer, found] of runs) if (found.length > 0) console.log(row(peer.name, found));

  const rows: string[] = [];
  for (const { what, tag, settings, together = false } of ONLY ? [] : SLOW) {
    const found: Run[] = [];
    if (together) {
      const all = Array.from({ length: SLOW_ROUNDS }, () => tell(ours(settings), tag));
      found.push(...(await Promise.all(all)));
    } else {
      for (let round = 0; round < SLOW_ROUNDS; round += 1) found.push(await tell(ours(settings), tag));
    }
    rows.push(row(what, found), ...found.map(({ end }) => `<!-- ${end} -->`));
  }
  console.log(`\ndrone-promote alone, slower bad releases; median and all:\n\n${HEAD}\n${rows.join('\n')}`);
}

/** What is not found at once. `together`: its runs at the same time, where it takes long beside what one run costs another in the router's queue. */
const SLOW: readonly { what: string; tag: string; settings: object; together?: boolean }[] = [
  {
    what: '+300 ms',
    tag: '1.1.0-slow300',
    settings: { steps: ['10% 60s'] },
  },
  { what: 'fails from 20 s after its start on', tag: '1.1.0-leak20', settings: { steps: ['10% 60s'] } },
  {
    what: '+0.5 % errors, 10 % for 2 minutes',
    tag: '1.1.0-err0.5',
    settings: { steps: ['10% 120s'] },
    together: true,
  },
];

const HEAD = [
  '| | failed | first to last request on it, s | first to last failed, s | its requests | failed elsewhere |',
  '|---|---|---|---|---|---|',
].join('\n');

function row(name: string, runs: readonly Run[]): string {
  const cell = (pick: (run: Run) => number, digits: number) => {
    const values = runs.map(pick).sort((a, b) => a - b);
    const show = (value: number) => value.toFixed(digits);
    return `**${show(quantile(values, 0.5))}** (${values.map(show).join(', ')})`;
  };
  const cells = [
    cell(({ failed }) => failed, 0),
    cell(({ seconds }) => seconds, 1),
    cell(({ failingSeconds }) => failingSeconds, 1),
    cell(({ answered }) => answered, 0),
    cell(({ otherFailed }) => otherFailed, 0),
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}
