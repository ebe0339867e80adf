import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, ingressOf, leftovers, paths, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
/** Who stays on stable meets its rolling update. */
const DRAINING = { tag: '1.0.0-drain6' };

function annotated(annotations: Record<string, string>): KubeObject {
  const named = Object.entries(annotations).map(([name, value]) => [PREFIX + name, value]);
  return { metadata: { name: 'web', annotations: Object.fromEntries(named) } };
}

async function isRefused(world: World, ingress: KubeObject, words: RegExp): Promise<void> {
  await deployApp(world, { unused: true, ingress });
  const step = await world.step(SETTINGS).done;
  assert.equal(step.code, 2, step.log);
  assert.match(step.log, words);
  assert.deepEqual(await leftovers(world), []);
}

/** A second Ingress of the Service, which cannot be split, beside the usual one. */
async function besideIt(world: World, second: KubeObject, words: RegExp): Promise<void> {
  await world.api.create(paths(world.namespace).ingresses, second);
  await deployApp(world, DRAINING);
  const load = await world.load();
  const step = await world.step(SETTINGS).done;
  await world.sleep(2000);
  const report = await load.stop();
  assert.equal(step.code, 0, step.log);
  assert.match(step.log, words);
  assertNoFailures(report, step);
  assert.ok((report.versions['1.1.0'] ?? 0) > 0);
  assert.deepEqual(await leftovers(world), []);
}

export const scenarios: Scenario[] = [
  {
    name: 'ssl-passthrough is refused: nothing splits a TLS stream',
    run: (world) =>
      isRefused(
        world,
        annotated({ 'ssl-passthrough': 'true' }),
        /REFUSED +\(unsplittable\) Ingress\/web has ssl-passthrough/,
      ),
  },
  {
    name: 'a Host header that names the Service is refused: a mesh would send the share to stable',
    run: (world) =>
      isRefused(
        world,
        annotated({ 'upstream-vhost': `web.${world.namespace}.svc.cluster.local` }),
        /REFUSED +\(unsplittable\) Ingress\/web names stable's Service by upstream-vhost/,
      ),
  },
  {
    name: 'beside an Ingress with ssl-passthrough the other is split, and the plan says whose users stay',
    inFull: true,
    async run(world) {
      const secure = ingressOf('secure', `secure.${world.host}`, [['/', 'web']]);
      const { metadata } = annotated({ 'ssl-passthrough': 'true' });
      await besideIt(
        world,
        { ...secure, metadata: { ...metadata, name: 'secure' } },
        /warning +Some users stay on stable at any weight, and meet its rolling update: those of Ingress\/secure \(ssl-passthrough\)\./,
      );
    },
  },
  {
    name: 'beside an Ingress of another class the other is split, and the plan says whose users stay',
    async run(world) {
      const other = ingressOf('web-alb', world.host, [['/', 'web']]);
      await besideIt(
        world,
        { ...other, spec: { ...other.spec, ingressClassName: 'other' } },
        /warning +Some users stay on stable at any weight, and meet its rolling update: those of Ingress\/web-alb \(class "other" of example\.com\/other\)\./,
      );
    },
  },
];
