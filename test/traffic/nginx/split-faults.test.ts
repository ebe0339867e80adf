import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { ANNOTATION_TABLE } from '../../../src/traffic/nginx/annotation-table.ts';
import { type SplitQuestion, splitFault, splitWarnings } from '../../../src/traffic/nginx/split-faults.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const CLASSES: IngressClass[] = [
  { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } },
  { metadata: { name: 'alb' }, spec: { controller: 'ingress.k8s.aws/alb' } },
];
const ASKED: SplitQuestion = {
  services: ['web'],
  namespace: 'shop',
  classes: CLASSES,
  controllers: [],
  insists: false,
};

function ingress(annotations: Record<string, string> = {}, spec: Ingress['spec'] = {}): Ingress {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  return {
    metadata: {
      name: 'web',
      namespace: 'shop',
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [PREFIX + name, value]),
      ),
    },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      ...spec,
    },
  };
}

const vhost = (host: string) => ({ 'upstream-vhost': host, 'service-upstream': 'true' });
const l5d = (name: string) => ({
  [name]: 'proxy_set_header l5d-dst-override $service_name.$namespace.svc.cluster.local:$service_port;',
});

describe('traffic/nginx/split-faults: what cannot be split', () => {
  const cases: [what: string, ingress: Ingress, code: string | undefined, users?: RegExp][] = [
    ['a plain Ingress', ingress(), undefined],
    [
      'a class of another product',
      ingress({}, { ingressClassName: 'alb' }),
      'ingress-class',
      /\(class "alb" of ingress\.k8s\.aws\/alb\)$/,
    ],
    [
      'ssl-passthrough',
      ingress({ 'ssl-passthrough': 'true' }),
      'unsplittable',
      /^those of Ingress\/web \(ssl-passthrough\)$/,
    ],
    [
      'ssl-passthrough as Go writes it',
      ingress({ 'ssl-passthrough': 'True' }),
      'unsplittable',
      /passthrough/,
    ],
    ['ssl-passthrough: false', ingress({ 'ssl-passthrough': 'false' }), undefined],
    ['a permanent redirect', ingress({ 'permanent-redirect': 'https://new.example.com' }), 'unsplittable'],
    ['a temporal redirect', ingress({ 'temporal-redirect': 'https://new.example.com' }), 'unsplittable'],
    ['a redirect to https, which all have', ingress({ 'force-ssl-redirect': 'true' }), undefined],
    [
      'upstream-vhost that names the Service',
      ingress(vhost('web.shop.svc.cluster.local')),
      'unsplittable',
      /upstream-vhost/,
    ],
    [
      'the same with a port',
      ingress(vhost('web.shop.svc.cluster.local:8080')),
      'unsplittable',
      /upstream-vhost/,
    ],
    ['the same in short', ingress(vhost('web.shop')), 'unsplittable', /upstream-vhost/],
    ['upstream-vhost of any other host', ingress(vhost('shop.internal.example.com')), undefined],
    [
      'upstream-vhost of the same Service elsewhere',
      ingress(vhost('web.other.svc.cluster.local')),
      undefined,
    ],
    [
      "Linkerd's header in a snippet",
      ingress(l5d('configuration-snippet')),
      'unsplittable',
      /l5d-dst-override/,
    ],
    [
      "Linkerd's header in a snippet of the server",
      ingress(l5d('server-snippet')),
      'unsplittable',
      /l5d-dst-override/,
    ],
    ['any other snippet', ingress({ 'configuration-snippet': 'more_set_headers "X: y";' }), undefined],
    ['a sticky session', ingress({ affinity: 'cookie' }), undefined],
    [
      'a default backend that no request reaches',
      ingress(
        {},
        {
          defaultBackend: { service: { name: 'web', port: { number: 80 } } },
          rules: [
            {
              host: 'a.example.com',
              http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'api' } } }] },
            },
          ],
        },
      ),
      'unsplittable',
    ],
  ];
  for (const [what, given, code, users] of cases) {
    it(`${what}: ${code ?? 'split'}`, () => {
      const fault = splitFault(given, ASKED);
      assert.equal(fault?.refusal.code, code);
      if (users) assert.match(fault?.users ?? '', users);
      else assert.equal(fault?.users, undefined);
    });
  }

  it('believes who insists that there is no mesh, and says what that means', () => {
    const given = ingress(vhost('web.shop.svc.cluster.local'));
    assert.equal(splitFault(given, { ...ASKED, insists: true }), undefined);
    assert.match(splitWarnings(given, { ...ASKED, insists: true })[0] ?? '', /a service mesh would send/);
  });

  it('no annotation but those that are looked at changes the answer, whatever its value', () => {
    for (const [name, { treatment }] of ANNOTATION_TABLE) {
      if (treatment === 'looked-at') continue;
      for (const value of ['true', 'web.shop.svc.cluster.local', 'proxy_pass http://x;']) {
        assert.equal(splitFault(ingress({ [name]: value }), ASKED), undefined, name);
      }
    }
  });
});

describe('traffic/nginx/split-faults: warnings', () => {
  const cases: [what: string, annotations: Record<string, string>, warnings: RegExp[]][] = [
    ['a plain Ingress', {}, []],
    [
      'error pages of another Service',
      { 'custom-http-errors': '404,503', 'default-backend': 'errors' },
      [/error pages of its own \(custom-http-errors: "404,503"/],
    ],
    ['error pages of the controller', { 'custom-http-errors': '404' }, []],
    ['a Service for when there are no pods', { 'default-backend': 'errors' }, []],
    ['pods chosen by a key', { 'upstream-hash-by': '$request_uri' }, [/one key gets pods of both versions/]],
    [
      'a snippet that sends elsewhere',
      { 'server-snippet': 'location /old { proxy_pass http://old; }' },
      [/snippet with proxy_pass/],
    ],
    ['a snippet that does not', { 'configuration-snippet': 'proxy_set_header X y;' }, []],
    ['sticky sessions, which the plan tells by whose they are', { affinity: 'cookie' }, []],
  ];
  for (const [what, annotations, warnings] of cases) {
    it(what, () => {
      const found = splitWarnings(ingress(annotations), ASKED);
      assert.equal(found.length, warnings.length, found.join('\n'));
      for (const [index, warning] of warnings.entries()) assert.match(found[index] ?? '', warning);
    });
  }
});
