import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHooks } from '../../../src/settings/hooks/hooks.ts';
import { environmentOf, faultsOf, load, NATIVE } from '../helpers.ts';
import { table } from '../parser-table.ts';

const run = (over: object = {}) => ({
  image: undefined,
  command: ['./migrate', 'up'],
  args: [],
  env: {},
  serviceAccount: undefined,
  timeoutMs: 600_000,
  ...over,
});
const migrate = { name: 'migrate', command: ['./migrate', 'up'] };
const text = (...hooks: object[]) => JSON.stringify(hooks);

table(
  'settings/hooks: before and after',
  parseHooks,
  [
    ['', []],
    ['[]', []],
    [text(migrate), [{ name: 'migrate', job: run(), container: undefined, undo: undefined }]],
    // one map, as YAML has it without a dash
    [JSON.stringify(migrate), [{ name: 'migrate', job: run(), container: undefined, undo: undefined }]],
    [
      text({
        ...migrate,
        args: [1],
        container: 'app',
        env: { TRIES: 3 },
        service_account: 'migrator',
        timeout: '30m',
        undo: { image: 'migrate:1', args: ['down'], timeout: '5m' },
      }),
      [
        {
          name: 'migrate',
          job: run({ args: ['1'], env: { TRIES: '3' }, serviceAccount: 'migrator', timeoutMs: 1_800_000 }),
          container: 'app',
          undo: run({ image: 'migrate:1', command: [], args: ['down'], timeoutMs: 300_000 }),
        },
      ],
    ],
  ],
  [
    ['./migrate up', /must be a list of maps, such as/],
    ['[{', /begins like JSON but is not valid JSON/],
    [text({ command: ['x'] }), /^Job 1: `name` is missing$/],
    [text({ name: '', command: ['x'] }), /^Job 1: `name` must be a string that is not empty$/],
    [text({ name: 'a' }), /^Job 1: `command` is missing in a Job; without it, the Job would start the app$/],
    [text({ name: 'a', command: './x' }), /`command` must be a list/],
    [
      text({ name: 'a', comand: ['x'] }),
      /Job 1: unknown key "comand" in a Job; the keys are name, container, undo/,
    ],
    [text({ ...migrate, undo: {} }), /`command` is missing in `undo`/],
    [text({ ...migrate, undo: ['./down'] }), /`undo` must be a map/],
    [text({ ...migrate, undo: { command: ['x'], undo: {} } }), /unknown key "undo" in `undo`/],
    [text({ ...migrate, timeout: '0s' }), /`timeout` must be at least 1s/],
    [text(migrate, { ...migrate, command: ['other'] }), /two Jobs are named "migrate"/],
    [text(migrate, { name: 'b' }), /^Job 2: `command` is missing/],
    ['[1]', /`a Job` must be a map/],
  ],
);

describe('settings: before and after', () => {
  it('are read by the native engine', () => {
    const { before, after } = load({
      ...NATIVE,
      before: text(migrate),
      after: text({ ...migrate, name: 'b' }),
    });
    assert.deepEqual([before?.[0]?.name, after?.[0]?.name], ['migrate', 'b']);
  });

  it('go with every strategy that brings a release to production', () => {
    const every = [{ strategy: 'bluegreen' }, { strategy: 'rolling' }, { workload: 'statefulset/db' }];
    for (const settings of every)
      assert.deepEqual(faultsOf(environmentOf({ ...NATIVE, ...settings, before: text(migrate) })), []);
  });

  const refused: [what: string, settings: Record<string, string>, fault: RegExp][] = [
    [
      'an experiment',
      { ...NATIVE, strategy: 'experiment' },
      /`before` prepares the data for a release that reaches production, but `strategy: experiment` removes/,
    ],
    [
      'a Rollout',
      { ...NATIVE, workload: 'rollout/web' },
      /`before` needs the native engine, because the controller/,
    ],
    [
      'Keel',
      { urls: 'http://keel/v1/webhooks/native', repo: 'r/web' },
      /`before` needs the native engine, because Keel/,
    ],
  ];
  for (const [what, settings, fault] of refused) {
    it(`are refused with ${what}, which would leave them out`, () => {
      const faults = faultsOf(environmentOf({ ...settings, before: text(migrate) }));
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', fault);
    });
  }
});
