import assert from 'node:assert/strict';
import { deployApp, leftovers, SETTINGS } from '../../app.ts';
import { rbacRules } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';

/** `action: check`: what can be known before a promotion. */
export const scenarios: Scenario[] = [
  {
    name: 'check: nothing stands against a promotion, and nothing is touched',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const { code, log } = await world.step({ ...SETTINGS, action: 'check' }).done;
      await load.stop();
      assert.equal(code, 0, log);
      assert.match(log, / ok +settings +8 are set, for the engine native\n/);
      assert.match(log, / ok +event +promote to production\n/);
      assert.match(log, / ok +release +192\.0\.2\.10:5000\/shop\/web:1\.1\.0\n/);
      assert.match(log, / ok +cluster +http\S+ answers, namespace \S+\n/);
      assert.match(log, / ok +rights +all \d+ that a promotion needs\n/);
      assert.match(log, / note +image +The registry is not asked.*\n +verify: true\n/);
      assert.match(log, / ok +plan +Deployment\/web in \S+\n[\s\S]* split: Service\/web behind Ingress\/web/);
      assert.match(
        log,
        / ok +watchers +A bad release would be noticed by:\n +the access log of ingress-nginx: \d+ requests/,
      );
      assert.match(log, / ok +state +Deployment\/web in \S+\n.*\n +no promotion is in progress\n/);
      assert.doesNotMatch(log, / fault /);
      assert.match(log, / SHOWN +The check found nothing that would stop a promotion, and has 1 note\./);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'check: tells all faults at once, each with what mends it',
    async run(world) {
      await deployApp(world, { unused: true });
      const few = rbacRules('drone-promote', world.namespace).filter(
        ({ resources }) => !resources.some((each) => /^(leases|pods\/(log|proxy)|configmaps)$/.test(each)),
      );
      const settings = { ...SETTINGS, action: 'check', stepz: '5% 1m', timeout: '5' };
      const kubeconfig = await world.kubeconfig(few);
      const step = world.step({ ...settings, kubeconfig }, { DRONE_BUILD_EVENT: 'push' });
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(log, / fault +settings +`stepz` is not a setting\. Did you mean `steps`\?\n/);
      assert.match(
        log,
        / fault +settings +`timeout` "5" has no unit; .*\n +drone-promote settings timeout\n/,
      );
      assert.match(
        log,
        / fault +event +This step acts on promote and rollback events; this one is "push"\.\n/,
      );
      assert.match(log, / ok +cluster /);
      assert.match(
        log,
        / fault +rights +\d+ of \d+ are missing: .*create, update leases\.coordination\.k8s\.io/,
      );
      assert.match(
        log,
        /\n +drone-promote rbac --workload=deployment\/web --namespace=\S+ .*\| kubectl apply -f -\n/,
      );
      assert.match(log, / note +rights +not get pods\/proxy\. The counters of the pods/);
      assert.match(log, / REFUSED +\(settings\) The check found \d faults: settings, event, rights\./);
      assert.deepEqual(await leftovers(world), []);
    },
  },
];
