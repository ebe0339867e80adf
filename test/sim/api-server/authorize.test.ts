import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rule } from '../../../e2e/rbac.ts';
import { type Asked, allows, EVERYTHING } from './authorize.ts';

const rule = (more: Partial<Rule> = {}): Rule => ({
  apiGroups: [''],
  resources: ['pods'],
  verbs: ['get'],
  ...more,
});
const ASKED: Asked = { verb: 'get', group: '', resource: 'pods', namespace: 'shop', name: 'web-1' };

describe('the built-in server allows what RBAC allows', () => {
  const table: [what: string, rule: Rule, asked: Partial<Asked>, allowed: boolean][] = [
    ['what a rule says', rule(), {}, true],
    ['another verb', rule(), { verb: 'list' }, false],
    ['another group', rule(), { group: 'apps' }, false],
    ['a part of the object', rule(), { resource: 'pods/log' }, false],
    ['in the rule’s namespace', rule({ namespace: 'shop' }), {}, true],
    ['in another namespace', rule({ namespace: 'ingress-nginx' }), {}, false],
    [
      'an object of the cluster, by a rule of a namespace',
      rule({ namespace: 'shop' }),
      { namespace: '' },
      false,
    ],
    [
      'in all namespaces, by a rule of one',
      rule({ namespace: 'shop', verbs: ['list'] }),
      { verb: 'list', namespace: '' },
      false,
    ],
    ['an object that is named', rule({ resourceNames: ['web-1'] }), {}, true],
    ['another object', rule({ resourceNames: ['web-2'] }), {}, false],
    [
      'all objects, by a rule of one',
      rule({ resourceNames: ['web-1'], verbs: ['list'] }),
      { verb: 'list', name: undefined },
      false,
    ],
    ['everything', EVERYTHING[0] ?? rule(), { verb: 'delete', group: 'apps', namespace: '' }, true],
  ];
  for (const [what, each, asked, allowed] of table) {
    it(`${what}: ${allowed ? 'yes' : 'no'}`, () =>
      assert.equal(allows([each], { ...ASKED, ...asked }), allowed));
  }
});
