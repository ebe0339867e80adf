import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings } from '../../../src/settings/load.ts';
import { hostName } from '../../../src/settings/strategy/host-name.ts';
import { environmentOf, faultsOf, NATIVE } from '../helpers.ts';
import { table } from '../parser-table.ts';

const HOST = 'preview.shop.example.com';

table(
  'settings/strategy/host-name',
  hostName,
  [
    [HOST, HOST],
    [` ${HOST} `, HOST],
    ['a.b', 'a.b'],
    ['xn--bcher-kva.example.com', 'xn--bcher-kva.example.com'],
    ['1.example.com', '1.example.com'],
  ],
  [
    [`https://${HOST}`, /has a scheme; write the host name alone/],
    [`${HOST}:8443`, /has a port; write the host name alone/],
    [`${HOST}/shop`, /has a path; write the host name alone/],
    ['*.shop.example.com', /is a wildcard; a preview has one host name/],
    ['Preview.example.com', /has capital letters/],
    ['192.0.2.7', /is an address/],
    ['[2001:db8::1]', /is an address/],
    ['2001:db8::1', /is an address/],
    ['header', /is not a host name; .*testers come by a header with `header`/],
    ['host', /is not a host name; example/],
    ['preview', /is not a host name with a domain/],
    ['preview..example.com', /is not a host name with a domain/],
    ['preview.example.com.', /is not a host name with a domain/],
    ['-a.example.com', /is not a host name with a domain/],
    ['pre_view.example.com', /is not a host name with a domain/],
    [`${'a'.repeat(64)}.example.com`, /is not a host name with a domain/],
    [`${'a.'.repeat(127)}example`, /is not a host name with a domain/],
    ['', /is not a host name with a domain/],
  ],
);

describe('settings/strategy/testers', () => {
  const set = (more: Record<string, string>) => environmentOf({ ...NATIVE, preview: HOST, ...more });

  for (const strategy of ['canary', 'bluegreen', 'auto']) {
    it(`goes with \`strategy: ${strategy}\``, () => {
      assert.deepEqual(faultsOf(set({ strategy })), []);
      assert.equal(loadSettings(set({ strategy })).settings.preview, HOST);
    });
  }

  const refused: [string, Record<string, string>, RegExp][] = [
    ['pods that no router tells apart', { strategy: 'rolling' }, /no router tells new pods from old ones/],
    ['a StatefulSet, which is rolled', { workload: 'statefulset/web' }, /no router tells new pods/],
    ['an experiment', { strategy: 'experiment', steps: '20% 1m' }, /`strategy: experiment` has no route/],
  ];
  for (const [what, settings, fault] of refused) {
    it(`refuses ${what}`, () => {
      const faults = faultsOf(set(settings));
      assert.ok(
        faults.some((each) => fault.test(each)),
        faults.join('\n'),
      );
    });
  }

  const engines: [string, Record<string, string>, RegExp][] = [
    ['a Rollout', { ...NATIVE, workload: 'rollout/web' }, /a Rollout has `previewService` for that/],
    ['Keel', { repo: 'r/web', urls: 'http://keel:9300/v1/webhooks/native' }, /Keel makes none/],
  ];
  for (const [what, settings, fault] of engines) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(faultsOf(environmentOf(settings)), []);
      const faults = faultsOf(environmentOf({ ...settings, preview: HOST }));
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', fault);
    });
  }

  it('does not stand in the way of an abort or a rollback', () => {
    for (const action of ['abort', 'status', 'rollback'])
      assert.deepEqual(faultsOf(set({ strategy: 'rolling', action })), []);
  });
});
