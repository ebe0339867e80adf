import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { Rule } from '../../../../e2e/rbac.ts';
import { checkAccess, roleFor } from '../../../../src/cluster/access.ts';
import type { Cluster, Right } from '../../../../src/cluster/client.ts';
import { deployments, ingresses, pods, services } from '../../../../src/cluster/resource.ts';
import { rightsToLook, rightsToPromote } from '../../../../src/engines/native/plan/rights.ts';
import { PromoteError } from '../../../../src/errors.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { allows } from '../../../sim/api-server/authorize.ts';

const PROMOTE = rightsToPromote(nginx);

const nameOf = ({ resource, subresource }: Right) =>
  subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;

/** A cluster that answers about rights, and counts the questions. */
function asking(may: (right: Right) => boolean | Error): { cluster: Cluster; asked: Right[] } {
  const asked: Right[] = [];
  const cluster = {
    namespace: 'shop',
    async may(right: Right) {
      asked.push(right);
      const answer = may(right);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as Partial<Cluster> as Cluster;
  return { cluster, asked };
}

async function refusalOf(may: (right: Right) => boolean, rights = PROMOTE): Promise<PromoteError> {
  const error = await checkAccess(asking(may).cluster, rights).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PromoteError);
  assert.equal(error.code, 'rights');
  return error;
}

/** The rules of a Role in a hint or of its own. */
const rulesIn = (yaml: string): Rule[] => parse(yaml.slice(yaml.indexOf('apiVersion:'))).rules;

describe('engines/native/plan/rights', () => {
  it('asks for each right once, and is content where all are there', async () => {
    const { cluster, asked } = asking(() => true);
    await checkAccess(cluster, PROMOTE);
    assert.deepEqual(asked, [...PROMOTE]);
  });

  it('names all that are missing in one message', async () => {
    const missing = ['update deployments', 'delete deployments', 'create ingresses', 'get pods/log'];
    const error = await refusalOf((right) => !missing.includes(`${right.verb} ${nameOf(right)}`));
    assert.equal(
      error.message,
      'The credentials lack rights in namespace shop: update, delete deployments.apps; create ingresses.networking.k8s.io; get pods/log.',
    );
  });

  it('hands out a Role that grants just what is missing', async () => {
    const error = await refusalOf(({ verb }) => verb !== 'watch');
    assert.match(error.hint ?? '', /deploy\/rbac\.yaml grants all/);
    const rules = rulesIn(error.hint ?? '');
    for (const right of PROMOTE) {
      const granted = allows(rules, right.verb, right.resource.group, nameOf(right));
      assert.equal(granted, right.verb === 'watch', `${right.verb} ${nameOf(right)}`);
    }
  });

  it('grants all where nothing was granted', async () => {
    const rules = rulesIn((await refusalOf(() => false)).hint ?? '');
    for (const right of PROMOTE) {
      assert.ok(allows(rules, right.verb, right.resource.group, nameOf(right)));
    }
  });

  it('does not take a server that cannot answer for one that refuses', async () => {
    const { cluster } = asking(({ verb }) => (verb === 'delete' ? new Error('503') : true));
    await assert.rejects(checkAccess(cluster, PROMOTE), /503/);
  });

  it('wants nothing for looking that could change anything', () => {
    assert.ok(rightsToLook([nginx]).every(({ verb }) => verb === 'get' || verb === 'list'));
  });
});

describe('engines/native/plan/rights: roleFor', () => {
  const right = (verb: string, resource: Right['resource'], subresource?: string): Right => ({
    verb,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
  });

  it('is a Role that can be applied, one rule a resource', () => {
    const role = roleFor(
      [
        right('get', deployments),
        right('list', services),
        right('update', deployments),
        right('get', pods, 'log'),
        right('list', pods),
        right('delete', ingresses),
      ],
      'shop',
    );
    assert.deepEqual(parse(role), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'drone-promote', namespace: 'shop' },
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'update'] },
        { apiGroups: [''], resources: ['services'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['delete'] },
      ],
    });
  });

  it('takes a namespace that YAML would read as something else for a name', () => {
    for (const namespace of ['123', '1e3', 'null', 'true', 'a-b']) {
      assert.equal(parse(roleFor([right('get', pods)], namespace)).metadata.namespace, namespace);
    }
  });
});
