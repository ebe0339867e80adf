import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { imageOf, paths, REPO, rolledOut } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

/** docs/tutorial.md, as far as it is about the cluster: its objects, its pipeline, and the logs that it shows. */
const TEXT = readFileSync(new URL('../../../docs/tutorial.md', import.meta.url), 'utf8');
const DOCUMENTS = [...TEXT.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, yaml = '']) =>
  parseAllDocuments(yaml).map((each) => each.toJS() as KubeObject),
);

function object(kind: string, name: string): KubeObject {
  const found = DOCUMENTS.find((each) => each.kind === kind && each.metadata?.name === name);
  return structuredClone(found ?? assert.fail(`the tutorial has no ${kind}/${name}`));
}

/** The log that the tutorial shows for a release. */
function shownLog(tag: string): string {
  const [, after = ''] = TEXT.split(`<!-- log of ${tag} -->\n`);
  return /^\n```text\n([\s\S]*?)^```$/m.exec(after)?.[1] ?? '';
}

/** What a log says without what differs from run to run: one element a line, its word and its text without numbers. */
export function gist(log: string): string[] {
  const lines = log.split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line));
  const said = lines.map((line) =>
    line
      .slice(9)
      .replaceAll(/\d[\d.,]*/g, 'N')
      .trimEnd(),
  );
  // how often requests are counted depends on the time
  return said.filter((line) => !/^(measured|warning|waiting)/.test(line));
}

async function deploy(world: World): Promise<void> {
  const at = paths(world.namespace);
  const ingress = object('Ingress', 'web');
  ingress.spec.rules[0].host = world.host;
  await world.api.create(at.deployments, object('Deployment', 'web'));
  await world.api.create(at.services, object('Service', 'web'));
  await world.api.create(at.ingresses, ingress);
  await rolledOut(world, '1.0.0');
}

export const scenarios: Scenario[] = [
  {
    name: 'the tutorial ends as it says, with the logs that it shows',
    inFull: true,
    async run(world) {
      const pipeline = DOCUMENTS.find(({ kind, name }) => kind === 'pipeline' && name === 'promote');
      const { kubeconfig: _1, namespace: _2, ...settings } = pipeline?.steps[0].settings ?? {};
      await deploy(world);
      const load = await world.load({ rate: 100 });
      // no registry has the images; with one, it is walk.ts that follows the tutorial
      const promote = (tag: string, number: string) =>
        world.step(
          { ...settings, verify: 'false' },
          {
            DRONE_TAG: `v${tag}`,
            DRONE_COMMIT_REF: `refs/tags/v${tag}`,
            DRONE_BUILD_NUMBER: number,
            DRONE_BUILD_LINK: `https://drone.example.com/shop/web/${number}`,
          },
        ).done;
      const good = await promote('1.1.0', '71');
      const bad = await promote('1.2.0-err50', '73');
      await load.stop();
      assert.equal(good.code, 0, good.log);
      assert.equal(bad.code, 1, bad.log);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      const [goodLog, badLog] = [good.log, bad.log].map((log) =>
        gist(log.replaceAll(world.namespace, 'shop')),
      );
      const shown = (tag: string) => gist(shownLog(tag)).filter((line) => !line.startsWith('image'));
      assert.deepEqual(goodLog, shown('1.1.0'));
      // when it is seen differs: what was before, and how it ends
      const badShown = shown('1.2.0-err50');
      assert.deepEqual(badLog?.slice(0, 8), badShown.slice(0, 8));
      assert.deepEqual(badLog?.slice(-6), badShown.slice(-6));
    },
  },
];
