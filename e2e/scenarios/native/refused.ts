import assert from 'node:assert/strict';
import { type App, deployApp, ingressOf, leftovers, paths, SETTINGS, serviceOf } from '../../app.ts';
import type { Rule } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

interface Refused {
  name: string;
  app?: App;
  /** What else is in the namespace. */
  before?: (world: World) => Promise<unknown>;
  settings?: Record<string, unknown>;
  build?: Record<string, string>;
  expected: RegExp;
}

const template = (spec: object): KubeObject => ({ spec: { template: { spec } } });
const container = {
  name: 'app',
  image: '192.0.2.10:5000/shop/web:1.0.0',
  resources: { requests: { memory: '64Mi' } },
};

/** Bad inputs, and the answer to each: exit 2, nothing touched, the message says what to do. */
const REFUSED: readonly Refused[] = [
  {
    name: 'no such Deployment',
    settings: { workload: 'deployment/wob' },
    expected:
      /REFUSED +\(\S+\) There is no Deployment\/wob\.\n +Deployments in namespace \S+: (?:other, )?web\./,
  },
  {
    name: 'no such Service',
    settings: { service: 'wob' },
    expected: /REFUSED +\(\S+\) There is no Service\/wob\.\n +Services in namespace \S+: (?:other, )?web\./,
  },
  {
    name: 'a Service of another workload',
    before: (world) => world.api.create(paths(world.namespace).services, serviceOf('db', 'db')),
    settings: { service: 'db' },
    expected:
      /REFUSED +\(\S+\) Service\/db does not select the pods of Deployment\/web\.\n +Services that do: web\./,
  },
  {
    name: 'no Ingress that sends to the Service',
    app: {
      ingress: { metadata: { name: 'other' }, spec: ingressOf('other', 'x.example.com', [['/', 'db']]).spec },
    },
    expected: /REFUSED +\(\S+\) No Ingress sends to Service\/web\.\n +Ingresses here: other → db\./,
  },
  {
    name: 'no container with that repository',
    settings: { repo: '192.0.2.10:5000/shop/api' },
    expected:
      /REFUSED +\(\S+\) No container of Deployment\/web runs 192\.0\.2\.10:5000\/shop\/api; it has app \(192\.0\.2\.10:5000\/shop\/web:1\.0\.0\)\./,
  },
  {
    name: 'several containers with different images of the repository',
    app: {
      deployment: template({
        containers: [container, { ...container, name: 'worker', image: `${container.image}-old` }],
      }),
    },
    expected:
      /REFUSED +\(\S+\) The containers of Deployment\/web run different images of one repository: app \(\S+:1\.0\.0\), worker \(\S+:1\.0\.0-old\)\.\n +Set `container` to the one that the release is for\./,
  },
  {
    name: 'Services without a common label',
    app: {
      ingress: ingressOf('web', 'x.example.com', [
        ['/', 'web'],
        ['/front', 'front'],
      ]),
    },
    before: (world) =>
      world.api.create(paths(world.namespace).services, {
        ...serviceOf('front', ''),
        spec: { selector: { tier: 'front' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      }),
    expected:
      /REFUSED +\(\S+\) Canary and stable pods of Deployment\/web cannot be distinguished, because the selectors of the Services have no label in common: Service\/front selects tier=front; Service\/web selects app=web\./,
  },
  {
    name: 'the strategy Recreate',
    app: { deployment: { spec: { strategy: { type: 'Recreate' } } } },
    expected:
      /REFUSED +\(\S+\) Deployment\/web has the strategy Recreate, so two of its versions must not run at once/,
  },
  {
    name: 'a rollout that ends the only pod first, by a percentage that rounds down to none',
    app: {
      replicas: 1,
      deployment: { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } } } },
    },
    expected:
      /REFUSED +\(max-unavailable\) A rollout of Deployment\/web may end its only pod before a new one is ready \(maxUnavailable: 25%, maxSurge: 0\)\.\n +ingress-nginx answers 503/,
  },
  {
    name: 'a ReadWriteOnce volume',
    app: {
      deployment: template({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }),
    },
    before: (world) =>
      world.api.create(paths(world.namespace).claims, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }),
    expected:
      /REFUSED +\(\S+\) Deployment\/web mounts the volume claim data, which is ReadWriteOnce, so two versions must not write to it at once\./,
  },
  {
    name: 'a host port',
    app: {
      replicas: 1,
      deployment: template({
        containers: [{ ...container, ports: [{ containerPort: 8080, hostPort: 8080 }] }],
      }),
    },
    expected: /REFUSED +\(\S+\) The pods of Deployment\/web use host port 8080/,
  },
  {
    name: 'an Ingress of another class',
    app: { ingress: { spec: { ingressClassName: 'other' } } },
    expected:
      /REFUSED +\(\S+\) Ingress\/web is not served by ingress-nginx: it has class "other" of example\.com\/other\./,
  },
  {
    name: 'a canary Ingress that somebody else made',
    before: async (world) => {
      const canary = ingressOf('by-hand', world.host, [['/', 'web-2']]);
      const annotations = {
        'nginx.ingress.kubernetes.io/canary': 'true',
        'nginx.ingress.kubernetes.io/canary-weight': '0',
      };
      await world.api.create(paths(world.namespace).ingresses, {
        ...canary,
        metadata: { ...canary.metadata, annotations },
      });
    },
    expected:
      /REFUSED +\(\S+\) Ingress\/by-hand is a canary on the same host and path, but drone-promote did not create it\./,
  },
  {
    name: 'a paused Deployment',
    before: async (world) => {
      await world.api.patch(`${paths(world.namespace).deployments}/web`, { spec: { paused: true } });
    },
    expected:
      /REFUSED +\(\S+\) Deployment\/web is paused, so its controller would not roll out the new image\.\n +kubectl -n \S+ rollout resume deployment web/,
  },
  {
    name: 'no replicas',
    app: { replicas: 0 },
    expected: /REFUSED +\(\S+\) Deployment\/web has 0 replicas, so nothing is in production\./,
  },
  {
    name: 'an event that is none of a promotion',
    build: { DRONE_BUILD_EVENT: 'push' },
    expected:
      /REFUSED +\(\S+\) This step acts on promote and rollback events; this one is "push"\.\n(?:.*\n)* +event: \[ promote, rollback \]/,
  },
  {
    name: 'another target',
    build: { DRONE_DEPLOY_TO: 'staging' },
    expected: /REFUSED +\(\S+\) This step promotes to production; the target of this build is "staging"\./,
  },
  {
    name: 'the build of a pull request',
    build: { DRONE_COMMIT_REF: 'refs/pull/7/head' },
    expected: /REFUSED +\(\S+\) The build is of a pull request \(refs\/pull\/7\/head\)/,
  },
  {
    name: 'a build without a tag',
    build: { DRONE_TAG: '', DRONE_COMMIT_REF: 'refs/heads/main' },
    expected:
      /REFUSED +\(\S+\) The build has no tag \(its ref is "refs\/heads\/main"\), so there is no release to promote\./,
  },
  {
    name: 'settings with faults, all told at once',
    settings: { stpes: '10% 2m', finish: 'later', password: '' },
    expected:
      /REFUSED +\(\S+\) `stpes` is not a setting\. Did you mean `steps`\?\n +`password` is set but empty: .*\n +`finish` "later" is not one of auto, shift, pace, roll\./,
  },
];

function scenarioOf({ name, app, before, settings, build, expected }: Refused): Scenario {
  return {
    name: `refused: ${name}`,
    // the built-in cluster tells it as well
    inFull: true,
    async run(world) {
      await deployApp(world, { ...app, unused: true });
      await before?.(world);
      const at = paths(world.namespace);
      const kinds = [at.deployments, at.services, at.ingresses, at.leases];
      const all = async () => (await Promise.all(kinds.map((kind) => world.api.list(kind)))).flat();
      const untouched = (objects: KubeObject[]) =>
        objects.map(({ metadata, spec }) => ({ name: metadata.name, generation: metadata.generation, spec }));
      const were = untouched(await all());
      const step = await world.step({ ...SETTINGS, ...settings }, build).done;
      assert.equal(step.code, 2, step.log);
      assert.match(step.log, expected);
      assert.equal(step.outputs.PROMOTE_OUTCOME ?? 'refused', 'refused');
      assert.deepEqual(untouched(await all()), were);
      assert.deepEqual(await leftovers(world), []);
    },
  };
}

const lookOnly = (namespace: string): readonly Rule[] => [
  { namespace, apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
  { namespace, apiGroups: [''], resources: ['services', 'pods'], verbs: ['list', 'watch'] },
];

export const scenarios: Scenario[] = [
  ...REFUSED.map(scenarioOf),
  {
    name: 'refused: rights that are missing, all named, with the Role that grants them',
    async run(world) {
      await deployApp(world, { unused: true });
      const kubeconfig = await world.kubeconfig(lookOnly(world.namespace));
      const step = await world.step({ ...SETTINGS, kubeconfig }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(\S+\) The credentials lack rights in namespace \S+: create, update, delete deployments\.apps; create, delete services; list, watch, create, update, delete ingresses\.networking\.k8s\.io; get pods\/log; list, watch endpointslices\.discovery\.k8s\.io; get, list, watch, create, update leases\.coordination\.k8s\.io\./,
      );
      assert.match(
        step.log,
        /kind: Role\n(?:.*\n)*? +- apiGroups: \["apps"\]\n +resources: \["deployments"\]\n +verbs: \["create", "update", "delete"\]/,
      );
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'refused: credentials that the server does not know',
    async run(world) {
      const known = JSON.parse(await world.kubeconfig(lookOnly(world.namespace)));
      known.users[0].user.token = 'nobody-knows-this';
      const step = await world.step({ ...SETTINGS, kubeconfig: JSON.stringify(known) }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(\S+\) The API server does not accept the credentials \(401 Unauthorized\)\./,
      );
      assert.doesNotMatch(step.log, /nobody-knows-this/);
    },
  },
  {
    name: 'refused: an API server that is away, after a bounded time',
    async run(world) {
      const began = world.now();
      const step = await world.step({
        ...SETTINGS,
        kubeconfig: null,
        server: 'https://127.0.0.1:1',
        token: 'secret-token',
      }).done;
      assert.equal(step.code, 2, step.log);
      const unreachable = /The API server at https:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED.*\./;
      assert.match(step.log, new RegExp(`REFUSED +\\(\\S+\\) ${unreachable.source}`));
      const retries = step.log.match(new RegExp(`warning +${unreachable.source} Trying again\\.`, 'g'));
      assert.equal(retries?.length, 1, step.log);
      assert.match(step.log, /127\.0\.0\.1 is this step's own container/);
      assert.ok(world.now() - began < 30_000, `${world.now() - began} ms`);
    },
  },
];
