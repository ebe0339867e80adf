import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { controllerOf } from '../../../src/traffic/nginx/controllers.ts';
import { classVerdict } from '../../../src/traffic/nginx/ingress-class.ts';

const NGINX = 'k8s.io/ingress-nginx';
const OTHER = 'example.com/other';

function ingress(name?: string, annotation?: string): Ingress {
  return {
    metadata: annotation === undefined ? {} : { annotations: { 'kubernetes.io/ingress.class': annotation } },
    spec: name === undefined ? {} : { ingressClassName: name },
  };
}

function classOf(name: string, controller?: string, isDefault?: string): IngressClass {
  const annotations =
    isDefault === undefined
      ? {}
      : { annotations: { 'ingressclass.kubernetes.io/is-default-class': isDefault } };
  return { metadata: { name, ...annotations }, spec: controller === undefined ? {} : { controller } };
}

describe('traffic/nginx/ingress-class', () => {
  const usual = [classOf('nginx', NGINX), classOf('other', OTHER)];
  const cases: [
    what: string,
    ingress: Ingress,
    classes: IngressClass[] | undefined,
    found: RegExp | undefined,
  ][] = [
    ['named', ingress('nginx'), usual, undefined],
    ['by the older annotation', ingress(undefined, 'nginx'), usual, undefined],
    ['of another name', ingress('public'), [classOf('public', NGINX)], undefined],
    ['another controller', ingress('other'), usual, /^class "other" of example\.com\/other$/],
    ['another controller, by annotation', ingress(undefined, 'other'), usual, /"other" of example/],
    [
      'the name nginx of another controller',
      ingress('nginx'),
      [classOf('nginx', OTHER)],
      /"nginx" of example/,
    ],
    [
      'a second controller, as its documentation names it',
      ingress('in'),
      [classOf('in', 'k8s.io/internal-ingress-nginx')],
      undefined,
    ],
    [
      'a second controller by suffix',
      ingress('pub'),
      [classOf('pub', 'k8s.io/ingress-nginx-public')],
      undefined,
    ],
    [
      'a controller of a company',
      ingress('edge'),
      [classOf('edge', 'shop.example.com/ingress-nginx')],
      undefined,
    ],
    [
      'the application routing of AKS',
      ingress('aks'),
      [classOf('aks', 'webapprouting.kubernetes.azure.com/nginx')],
      undefined,
    ],
    [
      'a second one of AKS',
      ingress('aks'),
      [classOf('aks', 'webapprouting.kubernetes.azure.com/nginx/internal')],
      undefined,
    ],
    [
      'the controller of F5, which is another',
      ingress('f5'),
      [classOf('f5', 'nginx.org/ingress-controller')],
      /"f5" of nginx/,
    ],
    [
      'Traefik during a migration of RKE2',
      ingress('nginx'),
      [classOf('nginx', 'rke2.cattle.io/ingress-nginx-migration')],
      /migration/,
    ],
    ['no controller', ingress('bare'), [classOf('bare')], /^class "bare" of no controller$/],
    ['the name beats the annotation', ingress('other', 'nginx'), usual, /"other"/],
    ['the name beats the annotation, too', ingress('nginx', 'other'), usual, undefined],
    ['a class that does not exist', ingress('gone'), usual, /^unknown class "gone"$/],
    ['nginx, which does not exist as a class', ingress('nginx'), [], /^unknown class "nginx"$/],
    ['nginx by annotation, which needs no class', ingress(undefined, 'nginx'), [], undefined],
    ['another annotation without a class', ingress(undefined, 'gone'), [], /^unknown class "gone"$/],
    [
      'no class, the default is ours',
      ingress(),
      [classOf('a', OTHER), classOf('b', NGINX, 'true')],
      undefined,
    ],
    [
      'no class, the default is not ours',
      ingress(),
      [classOf('a', OTHER, 'true'), ...usual],
      /^class "a" of/,
    ],
    ['no class, and no default', ingress(), usual, /^no class, and no default class$/],
    ['no class, a default that is none', ingress(), [classOf('n', NGINX, 'false')], /no default class/],
    ['no spec', {}, usual, /no default class/],
    ['classes unreadable, nginx', ingress('nginx'), undefined, undefined],
    ['classes unreadable, nginx by annotation', ingress(undefined, 'nginx'), undefined, undefined],
    ['classes unreadable, none named', ingress(), undefined, undefined],
    ['classes unreadable, another name', ingress('other'), undefined, /^class "other"$/],
  ];
  for (const [what, given, classes, found] of cases) {
    it(`${what}: ${found === undefined ? 'ours' : 'not ours'}`, () => {
      const verdict = classVerdict(given, classes);
      assert.equal(verdict.ours, found === undefined);
      if (!verdict.ours) assert.match(verdict.found, found ?? /^never$/);
    });
  }

  const started: [what: string, ingress: Ingress, classes: IngressClass[] | undefined, args: string[]][] = [
    [
      'a class with a name of its own (--controller-class)',
      ingress('edge'),
      [classOf('edge', 'example.com/edge')],
      ['--controller-class=example.com/edge'],
    ],
    ['an annotation (--ingress-class)', ingress(undefined, 'edge'), usual, ['--ingress-class', 'edge']],
    ['no class (--watch-ingress-without-class)', ingress(), usual, ['--watch-ingress-without-class=true']],
  ];
  for (const [what, given, classes, args] of started) {
    it(`a controller runs that says so, ${what}: ours`, () => {
      const pod = { spec: { containers: [{ name: 'controller', args }] } };
      assert.equal(classVerdict(given, classes, false, [controllerOf(pod)]).ours, true);
      assert.equal(classVerdict(given, classes, false, [controllerOf({})]).ours, false);
      assert.equal(classVerdict(given, classes, false).ours, false);
    });
  }

  const insisted: [what: string, ingress: Ingress, classes: IngressClass[] | undefined, ours: boolean][] = [
    ['a controller of a name of its own', ingress('edge'), [classOf('edge', 'example.com/edge')], true],
    ['no class (--watch-ingress-without-class)', ingress(), usual, true],
    ['an annotation without an object (--ingress-class)', ingress(undefined, 'nginx-internal'), usual, true],
    ['classes unreadable', ingress('edge'), undefined, true],
    ['a load balancer of AWS', ingress('alb'), [classOf('alb', 'ingress.k8s.aws/alb')], false],
    ['Traefik', ingress('t'), [classOf('t', 'traefik.io/ingress-controller')], false],
    ['an annotation of GKE', ingress(undefined, 'gce'), [], false],
    ['classes unreadable, a name of another product', ingress('haproxy'), undefined, false],
  ];
  for (const [what, given, classes, ours] of insisted) {
    it(`\`traffic: nginx\`, ${what}: ${ours ? 'believed' : 'not ours all the same'}`, () => {
      assert.equal(classVerdict(given, classes, true).ours, ours);
      assert.equal(classVerdict(given, classes, false).ours, false);
    });
  }
});
