import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BASELINE, baselineDeployment, ROLE_LABEL } from '../../src/workload/baseline-copy.ts';
import { deployment, FROM } from '../engines/native/fixtures.ts';

const LABEL = { key: 'app', stable: 'web', canary: 'web-canary' };

describe('workload/baseline-copy', () => {
  const made = baselineDeployment(deployment('web', FROM, 4), 'web-baseline', LABEL, 2, 5);

  it('is stable’s version, with stable’s labels, so that stable’s Services see its pods', () => {
    assert.equal(made.metadata?.name, 'web-baseline');
    assert.equal(made.spec?.replicas, 2);
    assert.equal(made.spec?.template.spec?.containers[0]?.image, FROM);
    assert.deepEqual(made.spec?.template.metadata?.labels, {
      app: 'web',
      tier: 'front',
      [ROLE_LABEL]: BASELINE,
    });
  });

  it('is selected by its role beside what stable is selected by', () => {
    assert.deepEqual(made.spec?.selector.matchLabels, { app: 'web', [ROLE_LABEL]: BASELINE });
  });

  it('is selected by no more of stable’s labels than stable is', () => {
    const stable = deployment('web', FROM, 4, { selector: { matchLabels: { tier: 'front' } } });
    const { spec } = baselineDeployment(stable, 'web-baseline', LABEL, 1, 5);
    assert.deepEqual(spec?.selector.matchLabels, { tier: 'front', [ROLE_LABEL]: BASELINE });
  });

  it('serves on after it was told to end, and has the time for it', () => {
    const { containers, terminationGracePeriodSeconds } = made.spec?.template.spec ?? {};
    assert.deepEqual(containers?.[0]?.lifecycle, { preStop: { sleep: { seconds: 5 } } });
    assert.equal(terminationGracePeriodSeconds, 35, 'the sleep counts against the grace');
  });

  it('keeps a preStop of the app’s own, and a postStart beside its own', () => {
    const exec = { exec: { command: ['drain'] } };
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 60,
        containers: [
          { name: 'app', image: FROM, lifecycle: { preStop: exec } },
          { name: 'proxy', image: 'proxy', lifecycle: { postStart: exec } },
        ],
      },
    };
    const { spec } = baselineDeployment(
      deployment('web', FROM, 4, { template }),
      'web-baseline',
      LABEL,
      1,
      5,
    );
    assert.deepEqual(
      spec?.template.spec?.containers.map(({ lifecycle }) => lifecycle),
      [{ preStop: exec }, { postStart: exec, preStop: { sleep: { seconds: 5 } } }],
    );
    assert.equal(spec?.template.spec?.terminationGracePeriodSeconds, 65);
  });

  it('changes nothing of what it is a copy of', () => {
    const stable = deployment('web', FROM, 4);
    const before = structuredClone(stable);
    baselineDeployment(stable, 'web-baseline', LABEL, 2, 5);
    assert.deepEqual(stable, before);
  });
});
