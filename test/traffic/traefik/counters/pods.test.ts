import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container } from 'kubernetes-types/core/v1';
import { servesNginxAnnotations } from '../../../../src/traffic/traefik/counters/pods.ts';

/** Whether a pod with these containers serves Ingresses by the annotations of ingress-nginx. */
const serves = (...containers: Omit<Container, 'name'>[]) =>
  servesNginxAnnotations({ spec: { containers: containers.map((each) => ({ name: 'traefik', ...each })) } });

describe('servesNginxAnnotations: whether a pod of Traefik follows the annotations of ingress-nginx', () => {
  const TABLE: [args: string[], expected: boolean][] = [
    [[], false],
    [['--providers.kubernetesingress=true'], false],
    [['--providers.kubernetesingressnginx=true'], true],
    [['--providers.kubernetesingressnginx'], true],
    [['--providers.kubernetesIngressNGINX=true'], true],
    [['--providers.kubernetesingressnginx.watchnamespace=shop'], true],
    [['--providers.kubernetesingressnginx=false'], false],
    [['--providers.kubernetesingressnginxother=true'], false],
    [['--entrypoints.web.address=:80', '--providers.kubernetesingressnginx=true', '--ping'], true],
    [['x--providers.kubernetesingressnginx=true'], false],
  ];
  for (const [args, expected] of TABLE) {
    it(`${args.join(' ') || 'no arguments'}: ${expected}`, () => assert.equal(serves({ args }), expected));
  }

  it('by its command, and by any of its containers', () => {
    assert.ok(serves({ command: ['traefik', '--providers.kubernetesingressnginx=true'] }));
    assert.ok(serves({ image: 'proxy' }, { args: ['--providers.kubernetesingressnginx=true'] }));
  });

  it('not without containers', () => {
    assert.equal(servesNginxAnnotations({}), false);
    assert.equal(serves(), false);
  });
});
